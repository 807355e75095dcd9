//! Keeps results encrypted, with a key from the environment.
//!
//! ```sh
//! RESULTS_KEY=$(openssl rand -base64 32) cargo run --example encrypted
//! ```
//!
//! runs a handler twice on one store, and then once more with another key, which does not open the result.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

mod sealed;

use idem_lambda::store::Memory;
use idem_lambda::{Error, Idempotency, idempotent};

use sealed::Sealed;

#[idempotent(key = "$.orderId", ttl = "1h")]
async fn charge(order: serde_json::Value) -> Result<String, Error> {
    println!("charging {}", order["orderId"]);
    Ok("card 4111-..-1111, approved".to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let key = std::env::var("RESULTS_KEY")
        .map_err(|_| "set RESULTS_KEY, for example to `openssl rand -base64 32`")?;
    let store = Memory::new();
    let order = serde_json::json!({ "orderId": "A-1001" });
    let sealed = Idempotency::builder(store.clone())
        .codec(Sealed::with_key(&key)?)
        .build();
    for delivery in 1..=2 {
        let receipt = sealed.scope(charge(order.clone())).await?;
        println!("delivery {delivery}: {receipt}");
    }
    let other = Idempotency::builder(store)
        .codec(Sealed::with_key(&format!("{}=", "A".repeat(43)))?)
        .build();
    match other.scope(charge(order)).await {
        Ok(receipt) => Err(format!("another key opened the result: {receipt}").into()),
        Err(error) if error.is_replay_decode() => {
            println!("with another key: {error}");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
