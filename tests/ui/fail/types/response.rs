use idem_lambda::idempotent;
use lambda_http::{Error, IntoResponse, Request};

#[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http)]
async fn order(_request: Request) -> Result<impl IntoResponse, Error> {
    Ok(17)
}

fn main() {}
