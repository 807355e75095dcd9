use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_busy = wait("0s"))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait("900us"))]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
