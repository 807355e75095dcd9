use idem_lambda::{Error, idempotent};

#[idempotent(key = order_id, ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = ORDER_ID, ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
