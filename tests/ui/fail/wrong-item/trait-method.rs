use idem_lambda::{Error, idempotent};

trait Payments {
    #[idempotent(key = "$.id", ttl = "1h", name = "payments/charge")]
    async fn charge(&self, order: String) -> Result<usize, Error>;
}

fn main() {}
