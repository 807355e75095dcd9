use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_error)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = )]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy("5s"))]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
