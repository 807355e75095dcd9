use idem_lambda::{Error, idempotent};

struct Receipt;

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) -> Result<Vec<Receipt>, Error> {
    Ok(vec![Receipt])
}

fn main() {}
