use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_error = "release")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = "reconcile(ask)")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = "wait(5s)")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = "5s")]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_overrun = "end")]
async fn cancel(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_missing_key = "")]
async fn quote(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
