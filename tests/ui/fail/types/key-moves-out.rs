use idem_lambda::{Error, idempotent};
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: String,
}

struct Key<'k>(&'k str);

#[idempotent(key = |order| order.id, ttl = "1h")]
async fn charge(order: Order) -> Result<usize, Error> {
    Ok(order.id.len())
}

fn main() {
    let _ = Key("");
}
