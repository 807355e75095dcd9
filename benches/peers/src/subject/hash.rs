//! The handler after a hash of its key, made by hand: the least that telling duplicates by a digest can cost.

use std::hint::black_box;

use lambda_runtime::{Error, LambdaEvent};
use sha2::{Digest, Sha256};

use super::Subject;
use super::handler::{Receipt, charge};
use crate::events::Order;

pub(super) struct Hash;

impl Subject for Hash {
    async fn call(&self, event: LambdaEvent<Order>) -> Result<Receipt, Error> {
        black_box(Sha256::digest(event.payload.order_id.as_bytes()));
        charge(event).await
    }
}
