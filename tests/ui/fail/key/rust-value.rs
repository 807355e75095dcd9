use idem_lambda::{Error, idempotent};

#[idempotent(key = event.payload.id, ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = Order::id, ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = Order::id(event), ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = format!("{}", event.id), ttl = "1h")]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
