use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.Records[0].receiptHandle", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = ("$.Records[*].messageId", "$.Records[*].attributes.ApproximateReceiveCount"), ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$.Records[0]", ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
