use idem_lambda::{Error, idempotent};

#[idempotent(key = |event| { if event.id == 0 { return 1; } event.id }, ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
