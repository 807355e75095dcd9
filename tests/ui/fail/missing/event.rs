use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge() -> Result<usize, Error> {
    Ok(0)
}

fn main() {}
