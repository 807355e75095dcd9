use idem_lambda::{Error, idempotent};

#[idempotent(key = r"$['\ud83d\ude00']", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
