use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_error = relase)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = Hold)]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_busy = wiat("5s"))]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_error = OnError::Release)]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_error = policy::remember)]
async fn cancel(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
