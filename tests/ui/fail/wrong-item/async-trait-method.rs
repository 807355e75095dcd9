use std::pin::Pin;

use idem_lambda::{Error, idempotent};

struct Payments;

// What `#[async_trait]` makes of an `async fn` before other attributes see it.
impl Payments {
    #[idempotent(key = "$.id", ttl = "1h", name = "payments/charge")]
    fn charge<'life0, 'async_trait>(
        &'life0 self,
        order: String,
    ) -> Pin<Box<dyn Future<Output = Result<usize, Error>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { Ok(order.len()) })
    }
}

fn main() {}
