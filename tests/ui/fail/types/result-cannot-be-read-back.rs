use idem_lambda::{Error, idempotent};

#[derive(serde::Serialize)]
struct Receipt;

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) -> Result<Receipt, Error> {
    Ok(Receipt)
}

fn main() {}
