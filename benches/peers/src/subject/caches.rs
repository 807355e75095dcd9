//! Caches in memory, as their documentation shows them.

use std::time::Duration;

use cached::macros::cached;
use lambda_runtime::{Error, LambdaEvent};
use moka::future::Cache;

use super::Subject;
use super::handler::{Receipt, charge};
use crate::events::Order;

#[cached(ttl_secs = 3_600, key = "String", convert = { event.payload.order_id.clone() })]
async fn memoized(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    charge(event).await
}

pub(super) struct Cached;

impl Subject for Cached {
    async fn call(&self, event: LambdaEvent<Order>) -> Result<Receipt, Error> {
        memoized(event).await
    }
}

pub(super) struct Moka(Cache<String, Receipt>);

impl Moka {
    pub(super) fn new() -> Self {
        let cache = Cache::builder().max_capacity(100_000);
        Self(cache.time_to_live(Duration::from_hours(1)).build())
    }
}

impl Subject for Moka {
    async fn call(&self, event: LambdaEvent<Order>) -> Result<Receipt, Error> {
        let key = event.payload.order_id.clone();
        let found = self.0.try_get_with(key, charge(event)).await;
        found.map_err(|error| error.to_string().into())
    }
}
