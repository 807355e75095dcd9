use idem_lambda::{Error, idempotent};

struct Declined;

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) -> Result<String, Error> {
    Err(Declined)?;
    Ok(order)
}

fn main() {}
