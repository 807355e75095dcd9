use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h", runtime = let store)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
