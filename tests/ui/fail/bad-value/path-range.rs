use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.ids[9007199254740992]", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
