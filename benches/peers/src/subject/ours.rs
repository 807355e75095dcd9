//! The attribute, on either store.

use aws_sdk_dynamodb::Client;
use idem_lambda::store::Memory;
use idem_lambda::{Idempotency, idempotent};
use lambda_runtime::{Error, LambdaEvent};

use super::Subject;
use super::handler::{Receipt, charge};
use crate::client;
use crate::events::Order;

#[idempotent(key = "$.orderId", ttl = "1h")]
pub(super) async fn guarded(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    charge(event).await
}

/// A runtime is installed.
pub(super) struct Ours(());

impl Ours {
    pub(super) fn on_memory() -> crate::Result<Self> {
        Idempotency::new(Memory::new()).install()?;
        Ok(Self(()))
    }

    pub(super) fn on_dynamodb() -> crate::Result<Self> {
        let client = Client::from_conf(client::config_from_env()?.build());
        Idempotency::new(client::store(client)).install()?;
        Ok(Self(()))
    }
}

impl Subject for Ours {
    async fn call(&self, event: LambdaEvent<Order>) -> Result<Receipt, Error> {
        guarded(event).await
    }
}
