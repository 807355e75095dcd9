use idem_lambda::{Error, idempotent};

#[idempotent(key = "header('Idempotency-Key')", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "|event| event.payload.id", ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "request_id", ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "powertools_json(body).orderId", ttl = "1h")]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "json($.body)", ttl = "1h")]
async fn open(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
