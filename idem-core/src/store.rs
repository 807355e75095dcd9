//! The contract of a store, and what goes over it.
//!
//! The [engine](crate::engine) decides, a store obeys: it keeps records and carries out verbs, each in one atomic step:
//! four of executions, two of those who wait, and two of people who look after records. Stores never read this machine's clock; times come in with the requests.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::ablation::{Guard, is_removed};
use crate::clock::UnixMillis;
use crate::decision::Terms;
use crate::key::{Marks, RecordId};
use crate::record::{
    Attempt, History, Origin, Owner, PASTS, Past, Provenance, Record, Status, StoredResult,
};

#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[cfg(feature = "memory")]
pub mod memory;

#[cfg(feature = "dynamodb")]
pub use dynamodb::DynamoDb;

#[cfg(feature = "memory")]
pub use memory::Memory;

/// A place for records.
///
/// # Contract
///
/// 1. Each verb is one atomic step: of any number of claims of one id that arrive together, at most one is granted.
/// 2. A claim is granted where [`decide`](crate::decision::decide) grants it for the record found, and nowhere else.
/// 3. A granted claim writes [`Record::granted`]: generation plus one, provenance carried on, and nothing else of the
///    former record (result, owner of the completion) left.
/// 4. A claim that finds its own claim in progress changes nothing and is answered as granted.
/// 5. A claim that is not granted changes nothing and brings back the record that it lost to, from the same step.
/// 6. `complete` takes effect only where the record is in progress and its owner is the one that asks; it keeps
///    generation, fingerprint and provenance.
/// 7. `release` takes effect only under the same condition; it leaves the record as [`Status::Released`], so that
///    generations go on.
/// 8. `extend` takes effect only under the same condition; it changes `lease_until` and `expires_at` alone, and never to
///    an earlier end: one that comes late, after a longer one, changes nothing and is answered as done.
/// 9. A `complete`, `release` or `extend` without effect changes nothing and brings back the record that stands there,
///    or none.
/// 10. What a store cannot read is answered as [`Status::Foreign`] and never overwritten.
/// 11. A record is not deleted before its `expires_at`; one without `expires_at` is never deleted.
/// 12. A result comes back byte for byte as it was completed, with the name of its codec.
/// 13. A store that is full, or a result that is too large, refuses with an error and changes nothing.
/// 14. An error of a verb says whether sending it once more can help ([`Failure`]); after any error the caller may
///     re-send the same request, and it counts once.
/// 15. No two owners that it names are the same, in whatever process, or copy of one, that reaches these records.
/// 16. The effects of a completion take effect in the same step as the completion, or neither does. A store that cannot
///     do that refuses the completion with [`Failure::Canceled`] and says so before, in [`commits`](Store::commits).
///
/// 17. `read` gives the record as it stands after every write that was answered before, and changes nothing.
/// 18. `changed` never ends while the record is in progress in that generation.
/// 19. `resolve` takes effect only where the record is as it was seen, and then as a whole; else as in number 9.
/// 20. `list` gives every record that is there all the time and meets the condition, once, and changes nothing.
///
/// The functions of the module `conformance` (feature `testing`) check these, number by number.
///
/// # Wrappers
///
/// `Box<S>` and `Arc<S>` of a store are stores. A wrapper must keep every number above.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Names a new owner.
    ///
    /// [`Owner::random`] serves every store. A generator inside the process would repeat itself in every copy that the
    /// platform restores from one snapshot; only a store whose records are copied along may count.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the operating system gave no random bits.
    fn owner(&self) -> Result<Owner, StoreError>;

    /// Asks for the right to run.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the claim may or may not have taken effect.
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed>;

    /// Writes how the execution ended.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the completion may or may not have taken effect.
    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written>;

    /// Gives the claim back.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the release may or may not have taken effect.
    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written>;

    /// Moves the end of the lease.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the extension may or may not have taken effect.
    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written>;

    /// Reads a record; none where there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: it could not be read.
    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>>;

    /// Ends once the record is not in progress in this generation any more, as far as the store can tell. By default it
    /// cannot tell: this never ends, and who waits looks again after a while.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: it cannot tell any more.
    fn changed<'a>(&'a self, id: &'a RecordId, generation: u64) -> StoreFuture<'a, ()> {
        let _ = (id, generation);
        StoreFuture::new(std::future::pending())
    }

    /// Writes what a person decided about a record that nobody runs on.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: it may or may not have taken effect.
    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written>;

    /// Lists records, page by page.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: they could not be read.
    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page>;

    /// Whether a completion may carry [`Effects`] of this type. None by default.
    ///
    /// It is asked before the handler runs: one whose writes could not be committed must not start.
    fn commits(&self, effect: TypeId) -> bool {
        let _ = effect;
        false
    }
}

/// The request of [`Store::claim`]: the whole condition, and what to write if it holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// Which record.
    pub id: RecordId,
    /// What [`decide`](crate::decision::decide) compares the record with.
    pub terms: Terms,
    /// Until when the claim is to be leased.
    pub lease_until: UnixMillis,
    /// When the backend may delete the record at the earliest, in Unix seconds; `None`: never.
    pub expires_at: Option<u64>,
    /// What brought the event.
    pub origin: Origin,
    /// What tells which part of the fingerprint differs, where it has several.
    pub marks: Option<Marks>,
}

/// The reply of [`Store::claim`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Claimed {
    /// The claim is granted; this is the record as it now stands.
    Granted(Arc<Record>),
    /// It is not; this is the record that it lost to.
    Lost(Arc<Record>),
}

/// The request of [`Store::complete`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Completion {
    /// Which record.
    pub id: RecordId,
    /// Who must hold it.
    pub owner: Owner,
    /// How it ends: any status but [`Status::InProgress`], [`Status::Released`] and [`Status::Foreign`].
    pub status: Status,
    /// The encoded result, where there is one.
    pub result: Option<StoredResult>,
    /// The end of the ttl in Unix seconds; `None`: never.
    pub expires_at: Option<u64>,
    /// What is to be committed with it, where there is anything.
    pub effects: Option<Effects>,
}

/// Writes of a handler that are committed together with its record. Cloning shares them.
///
/// They are a list of a type that the store takes, as it says in [`Store::commits`]; nobody else looks inside.
#[derive(Clone)]
pub struct Effects(Arc<dyn Any + Send + Sync>);

impl Effects {
    /// Takes the writes.
    #[must_use]
    pub fn new<T: Send + Sync + 'static>(effects: Vec<T>) -> Self {
        Self(Arc::new(effects))
    }

    /// The writes, where they are of this type.
    #[must_use]
    pub fn get<T: 'static>(&self) -> Option<&[T]> {
        self.0.downcast_ref::<Vec<T>>().map(Vec::as_slice)
    }
}

/// Effects are equal where they are the same.
impl PartialEq for Effects {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Effects {}

impl Hash for Effects {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Effects(..)")
    }
}

/// The request of [`Store::release`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Release {
    /// Which record.
    pub id: RecordId,
    /// Who must hold it.
    pub owner: Owner,
    /// When the backend may delete what stays, in Unix seconds.
    pub expires_at: Option<u64>,
}

/// The request of [`Store::extend`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Which record.
    pub id: RecordId,
    /// Who must hold it.
    pub owner: Owner,
    /// The new end of the lease.
    pub lease_until: UnixMillis,
    /// When the backend may delete the record at the earliest, in Unix seconds; `None`: never.
    pub expires_at: Option<u64>,
}

/// The request of [`Store::resolve`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resolution {
    /// The record as it was seen. It must still have this owner, generation, status and end of lease.
    pub seen: Record,
    /// What becomes of it.
    pub resolved: Resolved,
}

/// What becomes of a record that a person resolves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resolved {
    /// It is completed with this result.
    Completed {
        /// The encoded result.
        result: StoredResult,
        /// Who completes it: an owner that never claimed it, and whose record it is from here on, so that no execution
        /// takes this for its own completion.
        by: Owner,
        /// The end of the ttl in Unix seconds.
        expires_at: u64,
    },
    /// It is released, as by [`Store::release`].
    Released {
        /// When the backend may delete what stays, in Unix seconds.
        expires_at: u64,
    },
    /// It is deleted, with its result.
    Forgotten,
}

/// The request of [`Store::list`].
#[derive(Clone, Debug)]
pub struct Listing {
    /// Which records.
    pub which: Which,
    /// Where the page before ended; `None` for the first.
    pub after: Option<Cursor>,
}

/// Which records are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// Those that are [`Status::Held`].
    Held,
    /// Those that are [`Status::InProgress`] with a lease that was over at this moment.
    Abandoned(UnixMillis),
}

impl Which {
    /// Whether a record is one of them.
    #[must_use]
    pub fn includes(self, record: &Record) -> bool {
        match self {
            Self::Held => record.status == Status::Held,
            Self::Abandoned(at) => record.status == Status::InProgress && record.lease_until <= at,
        }
    }
}

/// The reply of [`Store::list`].
#[derive(Clone, Debug)]
pub struct Page {
    /// The records, without their results where the store keeps these apart. There may be none on a page that is not the
    /// last.
    pub records: Vec<Record>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

/// Where a page of a listing ended; only the store that made it can read it. Cloning shares it.
#[derive(Clone)]
pub struct Cursor(Arc<dyn Any + Send + Sync>);

impl Cursor {
    /// Takes what the store needs to go on.
    #[must_use]
    pub fn new<T: Send + Sync + 'static>(place: T) -> Self {
        Self(Arc::new(place))
    }

    /// What the store needs, where it is of this type.
    #[must_use]
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(..)")
    }
}

/// The reply of [`Store::complete`], [`Store::release`], [`Store::extend`] and [`Store::resolve`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// It took effect.
    Done,
    /// The record is not in progress under this owner: this one stands there, or none.
    Lost(Option<Arc<Record>>),
}

impl Record {
    /// The record that a granted claim writes over what it found.
    #[must_use]
    pub fn granted(claim: &Claim, found: Option<&Record>) -> Self {
        let now = claim.terms.now;
        Self {
            id: claim.id.clone(),
            status: Status::InProgress,
            owner: claim.terms.owner,
            // From the claim's time, so that the numbers grow on after a record was deleted.
            generation: found
                .map_or(now.0, |record| record.generation)
                .saturating_add(1),
            lease_until: claim.lease_until,
            expires_at: claim.expires_at,
            fingerprint: claim.terms.fingerprint.map(Arc::new),
            marks: claim.marks.clone(),
            result: found
                .filter(|_| is_removed(Guard::GrantClearsTheResult))
                .and_then(|record| record.result.clone()),
            completed_by: found
                .filter(|_| is_removed(Guard::GrantClearsTheResult))
                .and_then(|record| record.completed_by),
            provenance: Provenance {
                attempts: found
                    .map_or(0, |record| record.provenance.attempts)
                    .saturating_add(1),
                started_at: now,
                origin: claim.origin.clone(),
                history: found.map(|record| Arc::new(record.history())),
            },
        }
    }

    /// What the next attempt keeps of this one, and of those before it.
    fn history(&self) -> History {
        let Provenance {
            started_at,
            origin,
            history,
            ..
        } = &self.provenance;
        let mut pasts = [None; PASTS];
        if let Some(history) = history {
            pasts[1..].copy_from_slice(&history.pasts[..PASTS - 1]);
            pasts[0] = Some(Past {
                started_at: history.previous.started_at,
                status: history.previous.status,
            });
        }
        History {
            first: self.provenance.first().clone(),
            first_started_at: self.provenance.first_started_at(),
            previous: Attempt {
                owner: self.owner,
                started_at: *started_at,
                lease_until: self.lease_until,
                status: self.status,
                origin: origin.clone(),
            },
            pasts,
        }
    }

    /// Whether nothing has happened to the record since it was `seen`: the condition of `resolve`.
    #[must_use]
    pub fn is_as_seen(&self, seen: &Record) -> bool {
        let place = |record: &Self| {
            let Self {
                status,
                owner,
                generation,
                lease_until,
                ..
            } = *record;
            (status, owner, generation, lease_until)
        };
        place(self) == place(seen)
    }

    /// The record after a resolution; none where it is forgotten.
    #[must_use]
    pub fn resolved(&self, resolved: &Resolved) -> Option<Self> {
        match resolved {
            Resolved::Completed {
                result,
                by,
                expires_at,
            } => Some(Self {
                status: Status::Completed,
                owner: *by,
                result: Some(result.clone()),
                completed_by: Some(*by),
                expires_at: Some(*expires_at),
                ..self.clone()
            }),
            Resolved::Released { expires_at } => Some(Self {
                status: Status::Released,
                result: None,
                completed_by: None,
                expires_at: Some(*expires_at),
                ..self.clone()
            }),
            Resolved::Forgotten => None,
        }
    }

    /// Whether `owner` holds the claim: the condition of `complete`, `release` and `extend`.
    #[must_use]
    pub fn is_held_by(&self, owner: Owner) -> bool {
        (self.status == Status::InProgress || is_removed(Guard::OnlyProgressEnds))
            && (self.owner == owner || is_removed(Guard::OwnerIsCompared))
    }
}

/// What a store answers with; a reply that is there at once costs no allocation.
pub struct StoreFuture<'a, T>(Reply<'a, T>);

enum Reply<'a, T> {
    Ready(Option<Result<T, StoreError>>),
    Boxed(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

impl<'a, T> StoreFuture<'a, T> {
    /// A reply that is still to come.
    pub fn new(reply: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Self {
        Self(Reply::Boxed(Box::pin(reply)))
    }

    /// A reply that is there.
    #[must_use]
    pub fn ready(reply: Result<T, StoreError>) -> Self {
        Self(Reply::Ready(Some(reply)))
    }
}

impl<T: Unpin> Future for StoreFuture<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Reply::Ready(reply) => reply.take().map_or(Poll::Pending, Poll::Ready),
            Reply::Boxed(reply) => reply.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for StoreFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreFuture").finish_non_exhaustive()
    }
}

/// Whether sending a request once more can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The store did not answer, or asks to come back: it may or may not have taken effect.
    Transient,
    /// The store refuses, and will refuse again: it did not take effect.
    Permanent,
    /// The result is too large for the store: it did not take effect.
    TooLarge,
    /// The store refuses the effects that the completion carries, by a condition of theirs perhaps: neither they nor the
    /// completion took effect.
    Canceled,
}

/// A store did not carry out a verb, or did not say so.
#[derive(Debug)]
pub struct StoreError {
    failure: Failure,
    message: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// An error with a message of the form "failed to reach the table". It must not hold keys or payloads.
    #[must_use]
    pub fn new(failure: Failure, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            failure,
            message: message.into(),
            source: None,
        }
    }

    /// Adds what it came from. It must not hold keys or payloads.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, with other consequences.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn with_failure(mut self, failure: Failure) -> Self {
        self.failure = failure;
        self
    }

    /// Whether sending once more can help.
    #[must_use]
    pub fn failure(&self) -> Failure {
        self.failure
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

// Stands here because of its error, which is a store's.
impl Owner {
    /// 128 bits from the operating system.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: it gave none.
    pub fn random() -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| {
            StoreError::new(Failure::Permanent, "failed to get a random owner").with_source(error)
        })?;
        Ok(Self(u128::from_be_bytes(bytes)))
    }
}

macro_rules! forward {
    ($($wrapper:ident),*) => {$(
        impl<S: Store + ?Sized> Store for $wrapper<S> {
            fn owner(&self) -> Result<Owner, StoreError> {
                (**self).owner()
            }

            fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
                (**self).claim(claim)
            }

            fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
                (**self).complete(completion)
            }

            fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
                (**self).release(release)
            }

            fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
                (**self).extend(extension)
            }

            fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
                (**self).read(id)
            }

            fn changed<'a>(&'a self, id: &'a RecordId, generation: u64) -> StoreFuture<'a, ()> {
                (**self).changed(id, generation)
            }

            fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
                (**self).resolve(resolution)
            }

            fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
                (**self).list(listing)
            }

            fn commits(&self, effect: TypeId) -> bool {
                (**self).commits(effect)
            }
        }
    )*};
}

forward!(Box, Arc);
