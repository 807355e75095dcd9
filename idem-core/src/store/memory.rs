//! The embedded store.

mod owners;
mod table;

use std::sync::Arc as Shared;

use tokio::sync::Notify;

use self::sync::{Arc, AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError};
use self::table::Table;
use super::{
    Claim, Claimed, Completion, Cursor, Extension, Failure, Listing, Page, Record, Release,
    Resolution, Store, StoreError, StoreFuture, Written,
};
use crate::clock::UnixMillis;
use crate::decision::{Decision, decide};
use crate::key::RecordId;
use crate::record::{Owner, Status};

/// What the store is built from; a model checker brings its own.
mod sync {
    pub(super) use std::sync::PoisonError;

    #[cfg(not(idem_loom))]
    pub(super) use std::sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    };

    #[cfg(idem_loom)]
    pub(super) use loom::sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    };
}

/// A power of two. More shards: less waiting of threads for one another, and a shorter call where a map grows, which it does in
/// one call; each costs an empty map.
const SHARDS: usize = if cfg!(idem_loom) { 1 } else { 64 };

/// Records in the memory of this process.
///
/// It needs nothing. It forgets everything with the process, and two processes know nothing of each other: it guards
/// duplicates that one process sees, and serves tests and development. A Lambda function that scales out, is killed or
/// redeployed needs a store outside.
///
/// # Limits
///
/// It holds at most [`capacity`](Builder::capacity) records. Where it is full, it first deletes what has expired; if
/// nothing has, a new key is refused and nothing runs. A record that is still needed is never evicted.
///
/// # Example
///
/// ```
/// # use idem_core as idem_lambda;
/// use idem_lambda::store::Memory;
///
/// let small = Memory::builder().capacity(1_000).build();
/// ```
///
/// Cloning gives another handle to the same records.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Inner>);

/// Settings of a [`Memory`] store.
#[derive(Clone, Copy, Debug)]
#[must_use = "call `build`"]
pub struct Builder {
    capacity: usize,
    result_limit: usize,
}

struct Inner {
    shards: [Shard; SHARDS],
    settings: Builder,
    /// How many records there are, reservations included.
    records: AtomicUsize,
    /// No record can be deleted before this Unix second: until then a full store need not look.
    deletable_at: AtomicU64,
}

/// A part of the records. Each has cache lines of its own: else threads that work on different ones would wait for one
/// another all the same.
#[derive(Default)]
#[repr(align(128))]
struct Shard {
    table: Mutex<Table>,
    /// Tells those who wait that a record of it has changed.
    change: Notify,
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// A store for up to 100,000 records.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A store with limits of your own.
    pub fn builder() -> Builder {
        Builder {
            capacity: 100_000,
            result_limit: 6 * 1024 * 1024,
        }
    }

    fn shard(&self, digest: &[u8; 32]) -> &Shard {
        &self.0.shards[usize::from(digest[31]) % SHARDS]
    }

    fn is_running(&self, digest: &[u8; 32], generation: u64) -> bool {
        let table = self.shard(digest).lock();
        let record = table.get(digest);
        record.is_some_and(|record| {
            record.status == Status::InProgress && record.generation == generation
        })
    }

    fn claim_now(&self, claim: &Claim) -> Result<Claimed, StoreError> {
        let digest = claim.id.digest();
        if let Some(claimed) = self.try_claim(digest, claim) {
            return Ok(claimed);
        }
        self.sweep(claim.terms.now);
        self.try_claim(digest, claim).ok_or_else(|| {
            StoreError::new(
                Failure::Permanent,
                "the memory store is full; raise its capacity",
            )
        })
    }

    /// `None` where a record would have to be added and there is no room.
    fn try_claim(&self, digest: &[u8; 32], claim: &Claim) -> Option<Claimed> {
        let mut table = self.shard(digest).lock();
        let found = table.get_mut(digest);
        match decide(found.as_ref().map(|found| &***found), &claim.terms) {
            Decision::Grant => {
                if found.is_none() && !self.reserve() {
                    return None;
                }
                let before = found.as_ref().map(|found| &***found);
                let record = Shared::new(Record::granted(claim, before));
                self.note_expiry(record.expires_at);
                match found {
                    Some(found) => *found = Shared::clone(&record),
                    None => table.insert(Shared::clone(&record)),
                }
                Some(Claimed::Granted(record))
            }
            Decision::Mine => found.cloned().map(Claimed::Granted),
            _ => found.cloned().map(Claimed::Lost),
        }
    }

    /// Changes a record that `owner` holds.
    fn write(&self, digest: &[u8; 32], owner: Owner, change: impl FnOnce(&mut Record)) -> Written {
        let shard = self.shard(digest);
        let mut table = shard.lock();
        match table.get_mut(digest) {
            Some(record) if record.is_held_by(owner) => {
                // In place, where no reply holds it any more.
                change(Shared::make_mut(record));
                self.note_expiry(record.expires_at);
                shard.change.notify_waiters();
                Written::Done
            }
            found => Written::Lost(found.cloned()),
        }
    }

    fn resolve_now(&self, resolution: &Resolution) -> Written {
        let digest = resolution.seen.id.digest();
        let shard = self.shard(digest);
        let mut table = shard.lock();
        match table.get_mut(digest) {
            Some(record) if record.is_as_seen(&resolution.seen) => {
                if let Some(resolved) = record.resolved(&resolution.resolved) {
                    *record = Shared::new(resolved);
                    self.note_expiry(record.expires_at);
                } else {
                    table.remove(digest);
                    self.0.records.fetch_sub(1, Ordering::Relaxed);
                }
                shard.change.notify_waiters();
                Written::Done
            }
            found => Written::Lost(found.cloned()),
        }
    }

    /// A shard is a page.
    fn page(&self, listing: &Listing) -> Page {
        let number = listing.after.as_ref().and_then(Cursor::get).copied();
        let number = number.unwrap_or(0_usize);
        let table = self.0.shards[number % SHARDS].lock();
        let records = table.iter().filter(|record| listing.which.includes(record));
        Page {
            records: records.cloned().collect(),
            next: Some(number + 1)
                .filter(|next| *next < SHARDS)
                .map(Cursor::new),
        }
    }

    fn reserve(&self) -> bool {
        let capacity = self.0.settings.capacity;
        let one_more = |records: usize| (records < capacity).then_some(records + 1);
        let update = self
            .0
            .records
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        update.is_ok()
    }

    fn note_expiry(&self, expires_at: Option<u64>) {
        if let Some(expires_at) = expires_at {
            // Nearly always a look is enough, and cheaper than a locked write.
            if self.0.deletable_at.load(Ordering::Relaxed) > expires_at {
                self.0.deletable_at.fetch_min(expires_at, Ordering::Relaxed);
            }
        }
    }

    /// Deletes what has expired.
    fn sweep(&self, now: UnixMillis) {
        let seconds = now.0 / 1000;
        if self.0.deletable_at.load(Ordering::Relaxed) > seconds {
            return;
        }
        // Set back before the look at the shards: a record written meanwhile is either seen there or noted after this.
        self.0.deletable_at.store(u64::MAX, Ordering::Relaxed);
        for shard in &self.0.shards {
            let mut table = shard.lock();
            let before = table.len();
            table.retain(|record| {
                let keep = record
                    .expires_at
                    .is_none_or(|expires_at| expires_at > seconds);
                if keep {
                    self.note_expiry(record.expires_at);
                }
                keep
            });
            let deleted = before - table.len();
            self.0.records.fetch_sub(deleted, Ordering::Relaxed);
            if deleted > 0 {
                shard.change.notify_waiters();
            }
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// How many records it holds at most. Each costs about 300 bytes and its result.
    pub fn capacity(mut self, records: usize) -> Self {
        self.capacity = records;
        self
    }

    /// How many bytes a stored result may have; 6 MB by default, which is what Lambda lets a response have. A handler
    /// whose result is larger runs once all the same, and its duplicates get an error instead of the result.
    pub fn result_limit(mut self, bytes: usize) -> Self {
        self.result_limit = bytes;
        self
    }

    /// The store.
    #[must_use]
    pub fn build(self) -> Memory {
        Memory(Arc::new(Inner {
            shards: std::array::from_fn(|_| Shard::default()),
            settings: self,
            records: AtomicUsize::new(0),
            deletable_at: AtomicU64::new(u64::MAX),
        }))
    }
}

impl Store for Memory {
    /// Counts: a copy of the process is a copy of the records, too.
    fn owner(&self) -> Result<Owner, StoreError> {
        Ok(owners::next())
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        StoreFuture::ready(self.claim_now(claim))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        let size = completion
            .result
            .as_ref()
            .map_or(0, |result| result.as_bytes().len());
        if size > self.0.settings.result_limit {
            let message = "the result is larger than the memory store's limit";
            return StoreFuture::ready(Err(StoreError::new(Failure::TooLarge, message)));
        }
        if completion.effects.is_some() {
            let message = "the memory store commits nothing but its records";
            return StoreFuture::ready(Err(StoreError::new(Failure::Canceled, message)));
        }
        StoreFuture::ready(Ok(self.write(
            completion.id.digest(),
            completion.owner,
            |record| {
                record.status = completion.status;
                record.result.clone_from(&completion.result);
                record.expires_at = completion.expires_at;
                record.completed_by = Some(completion.owner);
            },
        )))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        StoreFuture::ready(Ok(self.write(
            release.id.digest(),
            release.owner,
            |record| {
                record.status = Status::Released;
                record.expires_at = release.expires_at;
            },
        )))
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        StoreFuture::ready(Ok(self.write(
            extension.id.digest(),
            extension.owner,
            |record| {
                if record.lease_until < extension.lease_until {
                    record.lease_until = extension.lease_until;
                    record.expires_at = extension.expires_at;
                }
            },
        )))
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Shared<Record>>> {
        StoreFuture::ready(Ok(self.shard(id.digest()).lock().get(id.digest()).cloned()))
    }

    fn changed<'a>(&'a self, id: &'a RecordId, generation: u64) -> StoreFuture<'a, ()> {
        let digest = id.digest();
        StoreFuture::new(async move {
            loop {
                // Listens before it looks, so that no change falls between the two.
                let mut change = std::pin::pin!(self.shard(digest).change.notified());
                change.as_mut().enable();
                if !self.is_running(digest, generation) {
                    return Ok(());
                }
                change.await;
            }
        })
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        StoreFuture::ready(Ok(self.resolve_now(resolution)))
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        StoreFuture::ready(Ok(self.page(listing)))
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("records", &self.records.load(Ordering::Relaxed))
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
