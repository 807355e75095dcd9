#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h")]
async fn charge(charge: String) -> Result<usize, Error> {
    Ok(charge.len())
}

#[idempotent(key = "$", ttl = "1h")]
async fn drop(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h")]
async fn generic<T: Into<String> + serde::Serialize>(generic: T) -> Result<String, Error> {
    Ok(generic.into())
}

mod inner {
    use idem_lambda::{Error, idempotent};

    #[idempotent(key = "$", ttl = "1h")]
    pub(super) async fn charge(order: String) -> Result<usize, Error> {
        Ok(order.len())
    }
}

fn main() {
    let _ = (charge, drop, generic::<String>, inner::charge);
}
