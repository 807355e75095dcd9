use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_error = hold("1h"))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = retry())]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = fail(409))]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_overrun = run(1, 2))]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
