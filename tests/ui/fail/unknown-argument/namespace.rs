use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h", namespace = "payments")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
