#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[cfg(not(any()))]
#[idempotent(key = "$", ttl = "1h")]
async fn chosen(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[cfg(any())]
#[idempotent(key = "$", ttl = "1h")]
async fn chosen(order: Missing) -> Result<usize, Error> {
    Ok(order.len())
}

#[cfg_attr(not(any()), idempotent(key = "$", ttl = "1h"))]
async fn conditional(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h")]
async fn parameter(order: String, #[cfg(any())] missing: Missing) -> Result<usize, Error> {
    #[cfg(any())]
    drop(missing);
    Ok(order.len())
}

fn main() {
    let _ = (chosen, conditional, parameter);
}
