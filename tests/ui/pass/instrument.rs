#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h")]
#[tracing::instrument(err, ret)]
async fn inside(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[tracing::instrument(skip_all, fields(length = order.len()))]
#[idempotent(key = "$", ttl = "1h")]
async fn outside(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {
    let _ = (inside, outside);
}
