#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = ("$.account", "$.lines[0].sku", "$..cents",), ttl = "1h 30m",)]
async fn several(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = ("$.account",), ttl = "1h")]
async fn one(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = ("$.account"), ttl = "1h")]
async fn parenthesised(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {
    let _ = (several, one, parenthesised);
}
