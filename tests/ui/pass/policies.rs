#![deny(warnings)]

use idem_lambda::{Error, idempotent};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
enum Declined {
    Card,
    Guard(String),
}

impl From<Error> for Declined {
    fn from(error: Error) -> Self {
        Self::Guard(error.to_string())
    }
}

#[idempotent(
    key = "$",
    ttl = "1h",
    on_error = release,
    on_abandoned = retry,
    on_busy = fail,
    on_overrun = stop,
    on_missing_key = fail,
    on_store_failure = fail
)]
async fn as_by_default(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(
    key = "$",
    ttl = "1h",
    on_error = remember,
    on_abandoned = hold,
    on_busy = wait("1m 500ms"),
    on_overrun = run,
    on_missing_key = run,
    on_store_failure = run
)]
async fn the_other_way(order: String) -> Result<usize, Declined> {
    if order.is_empty() {
        return Err(Declined::Card);
    }
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_error = hold, on_busy = (wait(("1ms"))))]
async fn held(order: String) -> Result<usize, lambda_runtime::Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_error = remember)]
async fn remembers<T: Serialize + DeserializeOwned>(order: T) -> Result<T, Declined> {
    Ok(order)
}

macro_rules! handler {
    ($name:ident, $error:ident, $wait:literal) => {
        #[idempotent(key = "$", ttl = "1h", on_error = $error, on_busy = wait($wait))]
        async fn $name(event: String) -> Result<usize, Error> {
            Ok(event.len())
        }
    };
}
handler!(by_macro, hold, "5s");

fn main() {
    let _ = (as_by_default, the_other_way, held, remembers::<String>, by_macro);
}
