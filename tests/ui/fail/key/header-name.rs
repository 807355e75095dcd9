use idem_lambda::{Error, idempotent};

#[idempotent(key = header("Idempotency Key"), ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = header("Idempotency-Key:"), ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = header("Idempotency\0Key"), ttl = "1h")]
async fn transfer(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
