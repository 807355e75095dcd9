//! A store that counts its calls.

use std::any::TypeId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Verb;
use crate::key::RecordId;
use crate::record::{Owner, Record};
use crate::store::{
    Claim, Claimed, Completion, Extension, Listing, Page, Release, Resolution, Store, StoreError,
    StoreFuture, Written,
};

/// A store that counts its calls. Clones share the count.
///
/// # Example: what a replay costs
///
/// ```
/// # use idem_core as idem_lambda;
/// use std::time::Duration;
/// use idem_lambda::testing::{CountingStore, Verb};
/// use idem_lambda::{Error, Idempotency, store::Memory};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = CountingStore::new(Memory::new());
/// let idempotency = Idempotency::new(store.clone());
/// let call = || idempotency.call("charge", "order-17").ttl(Duration::from_hours(1));
///
/// call().run(async || Ok::<_, Error>(17)).await?;
/// assert_eq!(store.calls(), [Verb::Claim, Verb::Complete]);
///
/// call().run(async || Ok::<_, Error>(17)).await?;
/// assert_eq!(store.count(Verb::Claim), 2);
/// assert_eq!(store.count(Verb::Complete), 1, "a replay writes nothing");
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct CountingStore {
    inner: Arc<dyn Store>,
    calls: Arc<Mutex<Vec<Verb>>>,
}

impl CountingStore {
    /// Counts the calls of `store`.
    pub fn new(store: impl Store) -> Self {
        Self {
            inner: Arc::new(store),
            calls: Arc::default(),
        }
    }

    /// How many calls of this verb there were.
    #[must_use]
    pub fn count(&self, verb: Verb) -> usize {
        self.lock().iter().filter(|called| **called == verb).count()
    }

    /// All calls, in their order.
    #[must_use]
    pub fn calls(&self) -> Vec<Verb> {
        self.lock().clone()
    }

    /// Counts from zero again.
    pub fn reset(&self) {
        self.lock().clear();
    }

    fn note(&self, verb: Verb) {
        self.lock().push(verb);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Verb>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for CountingStore {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.inner.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.note(Verb::Claim);
        self.inner.claim(claim)
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        self.note(Verb::Complete);
        self.inner.complete(completion)
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.note(Verb::Release);
        self.inner.release(release)
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.note(Verb::Extend);
        self.inner.extend(extension)
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        self.note(Verb::Read);
        self.inner.read(id)
    }

    fn changed<'a>(&'a self, id: &'a RecordId, generation: u64) -> StoreFuture<'a, ()> {
        self.inner.changed(id, generation)
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        self.note(Verb::Resolve);
        self.inner.resolve(resolution)
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        self.note(Verb::List);
        self.inner.list(listing)
    }

    fn commits(&self, effect: TypeId) -> bool {
        self.inner.commits(effect)
    }
}
