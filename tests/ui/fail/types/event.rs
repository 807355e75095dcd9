use idem_lambda::{Error, idempotent};

struct Order;

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: Vec<Order>) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
