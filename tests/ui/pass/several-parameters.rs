#![deny(warnings)]

use idem_lambda::{Error, Idempotency, idempotent};

#[idempotent(key = "$", ttl = "1h", event = order, runtime = idempotency)]
async fn named(idempotency: &Idempotency, order: String, note: &str) -> Result<usize, Error> {
    let _ = idempotency;
    Ok(order.len() + note.len())
}

#[idempotent(key = "$", ttl = "1h", runtime = if fast { a } else { b })]
async fn first(
    mut order: String,
    fast: bool,
    a: &Idempotency,
    b: &Idempotency,
) -> Result<String, Error> {
    order.push('!');
    Ok(order)
}

fn main() {
    let _ = (named, first);
}
