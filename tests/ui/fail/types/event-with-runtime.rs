use idem_lambda::{Error, Idempotency, idempotent};

struct Order(u64);

#[idempotent(key = "$.id", ttl = "1h", runtime = idempotency)]
async fn charge(order: Order, idempotency: &Idempotency) -> Result<u64, Error> {
    Ok(order.0)
}

fn main() {}
