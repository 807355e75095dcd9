use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h", crate = "idem_lambda")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
