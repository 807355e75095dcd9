//! A store that commits lines of a ledger together with its records.

use std::any::TypeId;
use std::sync::{Arc, Mutex};

use idem_core::Effect;
use idem_core::key::RecordId;
use idem_core::record::{Owner, Record};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Listing, Memory, Page, Release, Resolution, Store,
    StoreError, StoreFuture, Written,
};

use super::now;

/// A line of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paid(pub(crate) u32);

impl Effect for Paid {}

/// Commits lines of a ledger with its records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bank {
    records: Memory,
    ledger: Arc<Mutex<Vec<Paid>>>,
}

impl Bank {
    pub(crate) fn over(records: Memory) -> Self {
        Self {
            records,
            ledger: Arc::default(),
        }
    }

    pub(crate) fn ledger(&self) -> Vec<Paid> {
        self.ledger.lock().unwrap().clone()
    }

    /// Writes the lines that a completion carries.
    pub(crate) fn pay(&self, completion: &Completion) {
        let effects = completion.effects.as_ref();
        let lines = effects.map(|effects| effects.get::<Paid>().unwrap());
        let mut ledger = self.ledger.lock().unwrap();
        ledger.extend_from_slice(lines.unwrap_or_default());
    }
}

impl Store for Bank {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.records.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.records.claim(claim)
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        let record = Completion {
            effects: None,
            ..completion.clone()
        };
        let written = now(self.records.complete(&record));
        if let Ok(Written::Done) = written {
            self.pay(completion);
        }
        StoreFuture::ready(written)
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.records.release(release)
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.records.extend(extension)
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        self.records.read(id)
    }

    fn changed<'a>(&'a self, id: &'a RecordId, generation: u64) -> StoreFuture<'a, ()> {
        self.records.changed(id, generation)
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        self.records.resolve(resolution)
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        self.records.list(listing)
    }

    fn commits(&self, effect: TypeId) -> bool {
        effect == TypeId::of::<Paid>()
    }
}
