//! One call of a handler under test, and what it came to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::recorder::Seen;
use crate::idempotency::Idempotency;

/// One call of the handler, as [`Crashes`](super::Crashes) makes them. Clones are handles.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(super) runtime: Idempotency,
    pub(super) ledger: Arc<Ledger>,
}

/// The effects of one call.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) effects: AtomicU32,
    /// Those that came when the call was over.
    pub(super) strays: AtomicU32,
    pub(super) is_over: AtomicBool,
}

impl Attempt {
    /// Says that the handler has an effect outside the store. To be called by the test's stand-in for the outside world.
    pub fn effect(&self) {
        let ledger = &self.ledger;
        let count = if ledger.is_over.load(Ordering::Relaxed) {
            &ledger.strays
        } else {
            &ledger.effects
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// The runtime of this call, for handlers that are given theirs.
    #[must_use]
    pub fn runtime(&self) -> &Idempotency {
        &self.runtime
    }
}

/// What one call came to.
#[derive(Debug)]
pub(super) struct Ended {
    /// The JSON of its result, or its error in words.
    pub(super) result: Result<Vec<u8>, String>,
    pub(super) effects: u32,
    pub(super) seen: Seen,
    pub(super) ledger: Arc<Ledger>,
}

impl Ended {
    /// The effects that came when it was over; more may still come.
    pub(super) fn strays(&self) -> u32 {
        self.ledger.strays.load(Ordering::Relaxed)
    }
}
