use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h", runtime = store)]
async fn charge(order: String, store: u64) -> Result<u64, Error> {
    Ok(store)
}

fn main() {}
