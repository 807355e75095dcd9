#![deny(warnings)]

extern crate idem_lambda as renamed;

mod idem_lambda {}

mod reexported {
    pub use ::idem_lambda as facade;
}

#[renamed::idempotent(key = "$", ttl = "1h", crate = renamed)]
async fn charge(order: String) -> Result<usize, renamed::Error> {
    Ok(order.len())
}

#[renamed::idempotent(key = "$", ttl = "1h", crate = crate::reexported::facade)]
async fn refund(order: String) -> Result<usize, renamed::Error> {
    Ok(order.len())
}

fn main() {
    let _ = (charge, refund);
}
