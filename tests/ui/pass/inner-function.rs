#![deny(warnings)]

use idem_lambda::{Error, idempotent};

fn main() {
    #[idempotent(key = "$", ttl = "1h", name = "charge")]
    async fn charge(order: String) -> Result<usize, Error> {
        Ok(order.len())
    }
    let _ = charge;
}
