use idem_lambda::{Error, idempotent};

struct Payments;

impl Payments {
    #[idempotent(key = "$.id", ttl = "1h", name = "payments/charge")]
    async fn charge(&self) -> Result<usize, Error> {
        Ok(0)
    }
}

fn main() {}
