use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: Oder) -> Result<Reciept, Error> {
    Ok(order)
}

fn main() {}
