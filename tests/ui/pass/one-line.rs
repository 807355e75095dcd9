#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> { Ok(order.len()) }

#[idempotent(key = "$", ttl = "1h")]
async fn macros(_order: String) -> Result<usize, Error> { todo!() }

#[idempotent(key = "$", ttl = "1h")]
async fn returns(_order: String) -> Result<(), Error> { return Ok(()); }

#[idempotent(key = "$", ttl = "1h")]
async fn unreachable(_order: String) -> Result<(), Error> { loop {} }

fn main() {
    let _ = (charge, macros, returns, unreachable);
}
