use idem_lambda::idempotent;
use lambda_http::{Body, Error, Request, Response};

#[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http)]
async fn order(request: Request) -> Result<Response<Body>, Error> {
    Ok(Response::new(request.into_body()))
}

fn main() {}
