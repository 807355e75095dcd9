use idem_lambda::{Error, idempotent};

#[idempotent(key = json("$.body").orderId, ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = headers["Idempotency-Key"], ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
