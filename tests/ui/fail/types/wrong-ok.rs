use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) -> Result<String, Error> {
    Ok(1)
}

fn main() {}
