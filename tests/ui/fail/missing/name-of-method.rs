use idem_lambda::{Error, idempotent};

struct Payments;

impl Payments {
    #[idempotent(key = "$.id", ttl = "1h")]
    async fn charge(&self, order: String) -> Result<usize, Error> {
        Ok(order.len())
    }
}

fn main() {}
