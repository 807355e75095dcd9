#![deny(warnings)]

use idem_lambda::{Error, Outcome, idempotent};

struct Shop {
    name: String,
}

impl Shop {
    #[idempotent(key = "$", ttl = "1h", name = "shop/charge", on_replay = Self::mark)]
    async fn charge(&self, order: String) -> Result<String, Error> {
        Ok(order + &self.name)
    }

    #[idempotent(
        key = "$",
        ttl = "1h",
        name = "shop/refund",
        on_replay = |receipt| receipt.push_str(&self.name)
    )]
    async fn refund(&self, order: String) -> Result<String, Error> {
        Ok(order + &self.name)
    }

    fn mark(receipt: &mut String) {
        receipt.push('!');
    }
}

#[idempotent(key = "$", ttl = "1h", on_replay = |outcome: &mut Outcome<usize>| outcome.value += 1)]
async fn count(order: String) -> Result<Outcome<usize>, Error> {
    Ok(order.len().into())
}

fn main() {
    let shop = Shop {
        name: String::new(),
    };
    let _ = (
        shop.charge(String::new()),
        shop.refund(String::new()),
        count(String::new()),
    );
}
