use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "99999999999999999999s")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
