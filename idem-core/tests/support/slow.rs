//! A store that takes its time.

use std::sync::Arc;
use std::time::Duration;

use idem_core::clock::ManualClock;
use idem_core::key::RecordId;
use idem_core::record::{Owner, Record};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Listing, Memory, Page, Release, Resolution, Store,
    StoreError, StoreFuture, Written,
};

/// A store each of whose answers takes this long, by this clock.
#[derive(Clone, Debug)]
pub(crate) struct Slow {
    records: Arc<Memory>,
    clock: ManualClock,
    answer: Duration,
}

impl Slow {
    pub(crate) fn new(clock: &ManualClock, answer: Duration) -> Self {
        Self {
            records: Arc::default(),
            clock: clock.clone(),
            answer,
        }
    }

    fn late<'a, T: Send + Unpin + 'a>(&'a self, reply: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        StoreFuture::new(async move {
            self.clock.advance(self.answer);
            reply.await
        })
    }
}

impl Store for Slow {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.records.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.late(self.records.claim(claim))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        self.late(self.records.complete(completion))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.late(self.records.release(release))
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.late(self.records.extend(extension))
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        self.late(self.records.read(id))
    }

    fn changed<'a>(&'a self, id: &'a RecordId, generation: u64) -> StoreFuture<'a, ()> {
        self.records.changed(id, generation)
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        self.late(self.records.resolve(resolution))
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        self.late(self.records.list(listing))
    }
}
