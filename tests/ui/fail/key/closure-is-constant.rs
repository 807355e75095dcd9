use idem_lambda::{Error, idempotent};

#[idempotent(key = |_| { &-1 }, ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = |_| concat!("$.", "id"), ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = |_| VERSION, ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = |_| ("x".to_string(), 1, Some("y")), ttl = "1h")]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = |_| format!("{{id}} {}", true), ttl = "1h")]
async fn open(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = |_| if true { String::from("x") } else { String::new() }, ttl = "1h")]
async fn cancel(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = |_| std::time::SystemTime::now(), ttl = "1h")]
async fn track(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = |_| "{id}", ttl = "1h")]
async fn notify(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
