use idem_lambda::{Error, idempotent};

#[idempotent(key = header("X-Amzn-Trace-Id"), ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = json("$.headers['Date']", "$.id"), ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = header("traceparent"), ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$..['x-amzn-trace-id']", ttl = "1h")]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
