use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
