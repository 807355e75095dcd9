use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_error = oops)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = oops)]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = oops)]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_overrun = oops)]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_missing_key = oops)]
async fn cancel(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_store_failure = oops)]
async fn quote(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
