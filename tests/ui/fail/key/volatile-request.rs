use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.requestContext.requestTimeEpoch", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$.headers", ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$..requestTimeEpoch", ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$.requestContext.authorizer", ttl = "1h")]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
