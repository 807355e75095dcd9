#![deny(warnings)]

use idem_lambda::{Error, idempotent};
use lambda_runtime::LambdaEvent;
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: String,
    cents: u64,
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn taken_apart(LambdaEvent { payload, context: _ }: LambdaEvent<Order>) -> Result<u64, Error> {
    Ok(payload.cents)
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn mutable(Order { mut id, .. }: Order, (a, b): (u8, u8)) -> Result<String, Error> {
    id.push(char::from(a.max(b)));
    Ok(id)
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn ignored(_: Order) -> Result<(), Error> {
    Ok(())
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn bound(order @ Order { .. }: Order) -> Result<u64, Error> {
    Ok(order.cents)
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn unused(#[expect(unused_variables)] Order { id, cents }: Order) -> Result<(), Error> {
    Ok(())
}

fn main() {
    let _ = (taken_apart, mutable, ignored, bound, unused);
}
