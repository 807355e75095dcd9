use idem_lambda::{Error, idempotent};
use lambda_runtime::LambdaEvent;
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: String,
}

#[idempotent(key = |order: &Order| &order.id, ttl = "1h")]
async fn charge(order: LambdaEvent<Order>) -> Result<usize, Error> {
    Ok(order.payload.id.len())
}

fn main() {}
