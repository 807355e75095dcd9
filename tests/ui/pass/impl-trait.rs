#![deny(warnings)]

use idem_lambda::{Error, idempotent};
use serde::Serialize;

#[idempotent(key = "$.id", ttl = "1h")]
async fn argument(event: impl Serialize, scale: impl Fn(u64) -> u64) -> Result<u64, Error> {
    drop(event);
    Ok(scale(1))
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn nested(event: String) -> Result<impl Serialize, Error> {
    if event.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![event])
}

fn main() {
    let _ = argument("order", |cents| cents * 2);
    let _ = nested(String::new());
}
