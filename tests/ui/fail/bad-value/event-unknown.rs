use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h", event = oder)]
async fn charge(times: usize, order: String) -> Result<usize, Error> {
    Ok(order.len() * times)
}

fn main() {}
