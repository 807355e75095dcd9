#![deny(warnings)]

use idem_lambda::{Error, Idempotency, idempotent};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Order {
    id: String,
    cents: u64,
}

struct Payments {
    idempotency: Idempotency,
    charged: u64,
}

impl Payments {
    #[idempotent(key = "$.id", ttl = "1h", name = "payments/quote", runtime = self.idempotency)]
    async fn quote(&self, order: &Order) -> Result<u64, Error> {
        Ok(self.charged + order.cents)
    }

    #[idempotent(key = "$.id", ttl = "1h", name = "payments/charge", runtime = self.idempotency)]
    async fn charge(&mut self, order: Order) -> Result<u64, Error> {
        self.charged += order.cents;
        Ok(self.charged)
    }

    #[idempotent(key = "$.id", ttl = "1h", name = "payments/close")]
    async fn close(self, order: Order) -> Result<u64, Error> {
        let Self { charged, .. } = self;
        Ok(charged + order.cents)
    }

    #[idempotent(key = "$.id", ttl = "1h", name = "payments/refund")]
    pub(crate) async fn refund(order: Order) -> Result<u64, Error> {
        Self::again(order).await
    }

    async fn again(order: Order) -> Result<u64, Error> {
        Ok(order.cents)
    }
}

impl Order {
    #[idempotent(key = "$.id", ttl = "1h", name = "order/copy")]
    async fn copy(order: Self) -> Result<Self, Error> {
        Ok(Self { ..order })
    }
}

fn main() {
    let _ = (Payments::quote, Payments::charge, Payments::close, Payments::refund, Order::copy);
}
