use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_busy = wait("5"))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait(""))]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait("1 fortnight"))]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait("-5s"))]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
