use idem_lambda::{Error, idempotent};

#[idempotent(key = ("$.id", (5, "$.a", "$.a")), ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
