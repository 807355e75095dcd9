//! What a handler's calls do in the store, for the judgement on them.

use std::any::TypeId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Verb;
use crate::clock::UnixMillis;
use crate::decision::{Decision, decide};
use crate::key::RecordId;
use crate::record::{Owner, Record, Status};
use crate::store::{
    Claim, Claimed, Completion, Extension, Listing, Page, Release, Resolution, Store, StoreError,
    StoreFuture, Written,
};

/// A store that writes down what is asked of it.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    inner: Arc<dyn Store>,
    seen: Arc<Mutex<Seen>>,
}

/// What one attempt did.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Every call of the store.
    pub(super) calls: Vec<Verb>,
    /// The records that it asked for.
    pub(super) claimed: Vec<RecordId>,
    /// Those that it got, so that a body ran, and when.
    pub(super) granted: Vec<(RecordId, UnixMillis)>,
    /// Those that it completed, whether it learnt of it or not, and the end of their ttl in Unix seconds.
    pub(super) completed: Vec<(RecordId, Option<u64>)>,
    /// A person must look first.
    pub(super) is_held: bool,
    /// Another execution seems to run.
    pub(super) is_busy: bool,
    /// When its leases and the margin are over.
    pub(super) free_at: UnixMillis,
    margin: Duration,
}

impl Recorder {
    pub(super) fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            seen: Arc::default(),
        }
    }

    /// What was seen since this was asked last.
    pub(super) fn take(&self) -> Seen {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, verb: Verb) {
        self.lock().calls.push(verb);
    }
}

impl Seen {
    fn is_leased(&mut self, until: UnixMillis) {
        self.free_at = self.free_at.max(until.after(self.margin));
    }
}

impl Store for Recorder {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.inner.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.note(Verb::Claim);
        {
            let mut seen = self.lock();
            seen.claimed.push(claim.id.clone());
            seen.margin = claim.terms.margin;
            seen.is_leased(claim.lease_until);
        }
        StoreFuture::new(async move {
            let reply = self.inner.claim(claim).await?;
            let mut seen = self.lock();
            match &reply {
                Claimed::Granted(_) => seen.granted.push((claim.id.clone(), claim.terms.now)),
                Claimed::Lost(record) => match decide(Some(record), &claim.terms) {
                    Decision::Held => seen.is_held = true,
                    Decision::Busy(_) => seen.is_busy = true,
                    _ => {}
                },
            }
            drop(seen);
            Ok(reply)
        })
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        self.note(Verb::Complete);
        StoreFuture::new(async move {
            let reply = self.inner.complete(completion).await?;
            if reply == Written::Done && completion.status != Status::Held {
                let completed = (completion.id.clone(), completion.expires_at);
                self.lock().completed.push(completed);
            }
            Ok(reply)
        })
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.note(Verb::Release);
        self.inner.release(release)
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.note(Verb::Extend);
        self.lock().is_leased(extension.lease_until);
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
