use idem_lambda::{Error, idempotent};

#[idempotent(key = request_id(), ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
