use idem_lambda::{Error, idempotent};
use lambda_runtime::LambdaEvent;

struct Order(u64);

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(event: LambdaEvent<Order>) -> Result<u64, Error> {
    Ok(event.payload.0)
}

fn main() {}
