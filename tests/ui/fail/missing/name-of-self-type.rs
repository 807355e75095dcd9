use idem_lambda::{Error, idempotent};

struct Payments;

impl Payments {
    #[idempotent(key = "$.id", ttl = "1h")]
    async fn charge(order: Vec<Self>) -> Result<usize, Error> {
        Ok(order.len())
    }
}

fn main() {}
