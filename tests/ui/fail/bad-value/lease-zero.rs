use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h", lease = "0s")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
