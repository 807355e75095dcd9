use idem_lambda::{Error, idempotent};
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: String,
}

macro_rules! out {
    () => {
        return Ok(0)
    };
}

async fn look(order: &Order) -> &str {
    &order.id
}

#[idempotent(key = |order| vec![if order.id.is_empty() { return Ok(0) } else { 1 }], ttl = "1h")]
async fn charge(order: Order) -> Result<usize, Error> {
    Ok(order.id.len())
}

#[idempotent(key = |order| { if order.id.is_empty() { out!() } order.id.len() }, ttl = "1h")]
async fn refund(order: Order) -> Result<usize, Error> {
    Ok(order.id.len())
}

#[idempotent(key = |order| format!("{}", order.id.parse::<u64>()?), ttl = "1h")]
async fn ship(order: Order) -> Result<usize, Error> {
    Ok(order.id.len())
}

#[idempotent(key = |order| format!("{}", look(order).await), ttl = "1h")]
async fn close(order: Order) -> Result<usize, Error> {
    Ok(order.id.len())
}

fn main() {}
