use idem_lambda::{Error, idempotent};

#[idempotent(key = json("$.body.id"), ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = json("$.Records[0].body", "$.Message", "$.id"), ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = json, ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
