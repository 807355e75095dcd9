use idem_lambda::{Error, idempotent};

#[idempotent(key = (header("X-Order"), header("X-Order")), ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = (header("X-Order"), header("x-order")), ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
