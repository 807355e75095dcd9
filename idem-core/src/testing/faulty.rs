//! A store that fails when it is told to.

use std::any::TypeId;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Verb;
use crate::key::RecordId;
use crate::record::{Owner, Record};
use crate::store::{
    Claim, Claimed, Completion, Extension, Failure, Listing, Page, Release, Resolution, Store,
    StoreError, StoreFuture, Written,
};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Before it takes effect, with an error of this kind: [`Failure::Transient`] is a request that is lost,
    /// [`Failure::Permanent`] one that is refused.
    Before(Failure),
    /// After it took effect, with a transient error: the answer is lost.
    After,
    /// Before it takes effect, and it is never answered.
    SilentBefore,
    /// After it took effect, and it is never answered.
    SilentAfter,
}

/// A store that fails when it is told to, and else does what the store in it does. Clones share the plan.
///
/// # Example: a result whose record is answered late
///
/// ```
/// # use idem_core as idem_lambda;
/// use std::time::Duration;
/// use idem_lambda::clock::UnixMillis;
/// use idem_lambda::testing::{Fault, FaultyStore, ManualClock, Verb};
/// use idem_lambda::{Error, Idempotency, store::Memory};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let clock = ManualClock::at(UnixMillis(1_800_000_000_000));
/// let store = FaultyStore::new(Memory::new());
/// let idempotency = Idempotency::builder(store.clone()).clock(clock.clone()).build();
///
/// store.fail(Verb::Complete, 1, Fault::After);
/// let call = idempotency.call("charge", "order-17").ttl(Duration::from_hours(1));
/// let call = call.run(async || Ok::<_, Error>(17));
/// let (receipt, ()) = tokio::join!(call, async { clock.advance(Duration::from_secs(1)) });
/// assert_eq!(receipt?, 17, "it was sent again, and found itself");
/// assert!(store.has_failed(), "what was planned has happened");
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    faults: Vec<Planned>,
    /// How many faults have begun and not yet happened.
    under_way: usize,
}

#[derive(Debug)]
struct Planned {
    /// `None`: of any verb.
    verb: Option<Verb>,
    /// After how many calls of it.
    nth: usize,
    fault: Fault,
}

impl FaultyStore {
    /// Fails in the place of `store`, once it is told to.
    pub fn new(store: impl Store) -> Self {
        Self {
            inner: Arc::new(store),
            plan: Arc::default(),
        }
    }

    /// The `nth` call from now on, of this verb or of any (`None`), fails like this; the next one is the first.
    pub fn fail(&self, verb: impl Into<Option<Verb>>, nth: usize, fault: Fault) {
        let verb = verb.into();
        self.lock().faults.push(Planned { verb, nth, fault });
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    /// Whether all that was planned has happened: a test whose fault never comes shows nothing.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        let plan = self.lock();
        plan.faults.is_empty() && plan.under_way == 0
    }

    /// How the call of this verb that comes now fails.
    fn next(&self, verb: Verb) -> Option<Fault> {
        let mut plan = self.lock();
        for planned in &mut plan.faults {
            if planned.verb.is_none_or(|of| of == verb) {
                planned.nth = planned.nth.saturating_sub(1);
            }
        }
        let is_due = |planned: &Planned| planned.nth == 0;
        let due = plan.faults.iter().position(is_due)?;
        // Of several faults of one call the one that was planned first happens.
        let fault = plan.faults[due].fault;
        plan.faults.retain(|planned| !is_due(planned));
        plan.under_way += 1;
        Some(fault)
    }

    fn has_happened(&self) {
        self.lock().under_way -= 1;
    }

    fn call<'a, T: Send + Unpin + 'a>(
        &'a self,
        verb: Verb,
        call: impl FnOnce(&'a dyn Store) -> StoreFuture<'a, T>,
    ) -> StoreFuture<'a, T> {
        let Some(fault) = self.next(verb) else {
            return call(&*self.inner);
        };
        let takes_effect = matches!(fault, Fault::After | Fault::SilentAfter);
        let reply = takes_effect.then(|| call(&*self.inner));
        StoreFuture::new(async move {
            if let Some(reply) = reply {
                // Whatever it is, the caller does not get it.
                _ = reply.await;
            }
            self.has_happened();
            let failure = match fault {
                Fault::Before(failure) => failure,
                Fault::After => Failure::Transient,
                Fault::SilentBefore | Fault::SilentAfter => pending().await,
            };
            Err(StoreError::new(failure, "a planned fault"))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for FaultyStore {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.inner.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.call(Verb::Claim, |store| store.claim(claim))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        self.call(Verb::Complete, |store| store.complete(completion))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.call(Verb::Release, |store| store.release(release))
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.call(Verb::Extend, |store| store.extend(extension))
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        self.call(Verb::Read, |store| store.read(id))
    }

    fn changed<'a>(&'a self, id: &'a RecordId, generation: u64) -> StoreFuture<'a, ()> {
        self.inner.changed(id, generation)
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        self.call(Verb::Resolve, |store| store.resolve(resolution))
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        self.call(Verb::List, |store| store.list(listing))
    }

    fn commits(&self, effect: TypeId) -> bool {
        self.inner.commits(effect)
    }
}
