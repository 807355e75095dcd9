use std::pin::Pin;

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
fn charge(order: String) -> Pin<Box<dyn Future<Output = Result<usize, Error>>>> {
    Box::pin(async move { Ok(order.len()) })
}

fn main() {}
