use idem_lambda::idempotent;
use lambda_http::{Error, IntoResponse};
use lambda_runtime::LambdaEvent;
use serde_json::Value;

#[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http)]
async fn order(_event: LambdaEvent<Value>) -> Result<impl IntoResponse, Error> {
    Ok("ordered")
}

fn main() {}
