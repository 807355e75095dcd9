use idem_lambda::{Error, idempotent};

#[idempotent(key = ["$.a", "$.b"], ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
