use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", fingerprint = sha256("$.body"), ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$.id", fingerprint = "lines", ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$.id", fingerprint = "$.requestContext", ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$.id", fingerprint = 5, ttl = "1h")]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
