use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.a, $.b", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "(account, number)", ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "[account, number]", ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
