use idem_lambda::{Error, idempotent};

#[idempotent(key = json("$.Records[*].body", "$.id"), ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = base64(json("$.body", "$..data")), ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
