use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", fail_open = true)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
