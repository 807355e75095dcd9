#![deny(warnings)]

use idem_lambda::{Error, idempotent};
use serde::Serialize;
use serde::de::DeserializeOwned;

trait Kind {
    type Event: Serialize;
    type Receipt;
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn handle<K>(event: K::Event, receipt: K::Receipt) -> Result<K::Receipt, Error>
where
    K: Kind,
    K::Receipt: Serialize + DeserializeOwned,
    for<'a> &'a K: Send,
{
    drop(event);
    Ok(receipt)
}

struct Payment;

impl Kind for Payment {
    type Event = String;
    type Receipt = u64;
}

fn main() {
    let _ = handle::<Payment>;
}
