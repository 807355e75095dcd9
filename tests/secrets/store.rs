//! A store whose errors come from others that say too much.

use std::sync::Arc;

use idem_lambda::key::RecordId;
use idem_lambda::record::{Owner, Record};
use idem_lambda::store::{
    Claim, Claimed, Completion, Extension, Failure, Listing, Memory, Page, Release, Resolution,
    Store, StoreError, StoreFuture, Written,
};
use idem_lambda::testing::Verb;

use crate::witness::secret;

/// The store, and which verb of it fails.
#[derive(Debug)]
pub(crate) struct Talkative(pub(crate) Memory, pub(crate) Verb);

impl Talkative {
    fn answer<'a, T>(
        &'a self,
        verb: Verb,
        answer: impl FnOnce(&'a Memory) -> StoreFuture<'a, T>,
    ) -> StoreFuture<'a, T> {
        if verb == self.1 {
            let error = StoreError::new(Failure::Permanent, "the table is closed today");
            return StoreFuture::ready(Err(error.with_source(secret("source-of-the-store"))));
        }
        answer(&self.0)
    }
}

impl Store for Talkative {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.0.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.answer(Verb::Claim, |store| store.claim(claim))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        self.answer(Verb::Complete, |store| store.complete(completion))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.answer(Verb::Release, |store| store.release(release))
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.answer(Verb::Extend, |store| store.extend(extension))
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        self.answer(Verb::Read, |store| store.read(id))
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        self.answer(Verb::Resolve, |store| store.resolve(resolution))
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        self.answer(Verb::List, |store| store.list(listing))
    }
}
