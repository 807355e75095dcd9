use idem_lambda::{Error, idempotent};

#[idempotent(key = "orderId", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "{{orderId}}", ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
