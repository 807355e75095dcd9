use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", payload_validation = "$.lines", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
