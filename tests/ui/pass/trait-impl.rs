#![deny(warnings)]

use idem_lambda::{Error, idempotent};

trait Handler {
    fn handle(&self, order: String) -> impl Future<Output = Result<usize, Error>> + Send;
}

struct Payments;

impl Handler for Payments {
    #[idempotent(key = "$", ttl = "1h", name = "payments/handle")]
    async fn handle(&self, order: String) -> Result<usize, Error> {
        Ok(order.len())
    }
}

fn main() {
    let _ = Payments.handle(String::new());
}
