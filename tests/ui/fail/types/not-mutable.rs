use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) -> Result<String, Error> {
    order.push('!');
    Ok(order)
}

fn main() {}
