#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.lines[?@.cents > 0].sku", ttl = "1h")]
async fn filtered(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$['lines'][-1]['order-id']", ttl = "1h")]
async fn from_the_end(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = r#"$["lines"][0].sku"#, ttl = "1h")]
async fn indexed(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {
    let _ = (filtered, from_the_end, indexed);
}
