#![deny(warnings)]

use std::pin::Pin;
use std::sync::Arc;

use idem_lambda::{Error, idempotent};

struct Payments(u64);

impl Payments {
    #[idempotent(key = "$", ttl = "1h", name = "payments/shared")]
    async fn shared(self: Arc<Self>, order: String) -> Result<u64, Error> {
        Ok(self.0 + order.len() as u64)
    }

    #[idempotent(key = "$", ttl = "1h", name = "payments/pinned")]
    async fn pinned(mut self: Pin<&mut Self>, order: String) -> Result<u64, Error> {
        self.0 += order.len() as u64;
        Ok(self.0)
    }
}

fn main() {
    let _ = Arc::new(Payments(1)).shared(String::new());
    let _ = Pin::new(&mut Payments(1)).pinned(String::new());
}
