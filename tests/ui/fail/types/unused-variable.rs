#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String, note: String) -> Result<usize, Error> {
    let cents = 1;
    Ok(order.len())
}

fn main() {}
