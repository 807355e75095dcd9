//! The crate `idempotent` on its memory store, in the steps of its documentation.

use std::time::Duration;

use idempotent::entry::ExistingEntry;
use idempotent::fingerprint::{DefaultFingerprintStrategy, FingerprintStrategy};
use idempotent::store::memory::MemoryStore;
use idempotent::store::{IdempotencyStore, InsertResult};
use idempotent::{CachedResponse, IdempotencyEntry, IdempotencyKey, Metadata};
use lambda_runtime::{Error, LambdaEvent};

use super::Subject;
use super::handler::{Receipt, charge};
use crate::events::Order;

const TTL: Duration = Duration::from_hours(1);

pub(super) struct Idempotent(MemoryStore);

impl Idempotent {
    /// Within a Tokio runtime, where the store is a task.
    pub(super) fn new() -> Self {
        Self(MemoryStore::new(16, Duration::from_mins(1)))
    }
}

impl Subject for Idempotent {
    async fn call(&self, event: LambdaEvent<Order>) -> Result<Receipt, Error> {
        let key = IdempotencyKey::new(event.payload.order_id.as_str())?;
        let fingerprint = DefaultFingerprintStrategy.compute("charge", &[]);
        let entry = IdempotencyEntry::new(fingerprint, TTL);
        match self.0.try_insert(&key, entry.clone()).await? {
            InsertResult::Claimed { fencing_token } => {
                let receipt = charge(event).await?;
                let response = CachedResponse {
                    status_code: 200,
                    metadata: Metadata::default(),
                    body: serde_json::to_vec(&receipt)?.into(),
                };
                let completed = entry.complete(response);
                self.0.complete(&key, completed, fencing_token).await?;
                Ok(receipt)
            }
            InsertResult::Exists(ExistingEntry::Completed(found)) => {
                Ok(serde_json::from_slice(&found.response().body)?)
            }
            InsertResult::Exists(ExistingEntry::Processing(_)) => Err("it is in progress".into()),
        }
    }
}
