use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_error = delete)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_error = cache)]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_error = throw)]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = rerun)]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = skip)]
async fn cancel(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = block)]
async fn quote(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_overrun = continue)]
async fn settle(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_missing_key = ignore)]
async fn notify(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_store_failure = raise)]
async fn book(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
