use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_busy = wait)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait())]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait(5))]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait(5s))]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait(LIMIT))]
async fn cancel(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wait("5s", "1s"))]
async fn quote(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
