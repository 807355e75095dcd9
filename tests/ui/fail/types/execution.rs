use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h")]
async fn charge(order: String, #[execution] execution: u64) -> Result<usize, Error> {
    Ok(order.len() + execution as usize)
}

fn main() {}
