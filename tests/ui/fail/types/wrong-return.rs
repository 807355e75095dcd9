use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) -> Result<String, Error> {
    if order.is_empty() {
        return Ok(0);
    }
    Ok(order)
}

fn main() {}
