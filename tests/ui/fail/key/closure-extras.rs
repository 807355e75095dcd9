use idem_lambda::{Error, idempotent};

#[idempotent(key = move |event| event.id, ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = async |event| event.id, ttl = "1h")]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = |event| -> u64 { event.id }, ttl = "1h")]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = #[inline] |event| event.id, ttl = "1h")]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = for<'a> |event: &'a Order| event.id, ttl = "1h")]
async fn open(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
