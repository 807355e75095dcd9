//! What is measured in Rust: the handler, bare or behind something.

mod caches;
pub(crate) mod handler;
mod hash;
mod idempotent;
mod ours;
mod sdk;

use lambda_runtime::{Error, LambdaEvent};

use crate::Result;
use crate::events::{Events, Order};
use crate::serve::turns;

use self::handler::Receipt;

/// One way to call the handler.
pub(crate) trait Subject {
    async fn call(&self, event: LambdaEvent<Order>) -> std::result::Result<Receipt, Error>;
}

/// Serves the subject of this name on standard input and output.
pub(crate) fn serve(name: &str, events: &str) -> Result<()> {
    let mut events = Events::read(events)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Some start a task of their own when they are made.
    let _entered = runtime.enter();
    match name {
        "handler" => turns(&runtime, &handler::Bare, events),
        "hash" => turns(&runtime, &hash::Hash, events),
        "memory" => turns(&runtime, &ours::Ours::on_memory()?, events),
        "cached" => turns(&runtime, &caches::Cached, events),
        "moka" => turns(&runtime, &caches::Moka::new(), events),
        "idempotent" => turns(&runtime, &idempotent::Idempotent::new(), events),
        "sdk" => {
            let sdk = runtime.block_on(sdk::Sdk::new(events.spare()?))?;
            turns(&runtime, &sdk, events)
        }
        "dynamodb" => turns(&runtime, &ours::Ours::on_dynamodb()?, events),
        _ => Err("there is no such subject".into()),
    }
}
