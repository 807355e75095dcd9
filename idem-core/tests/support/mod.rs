//! What the protocol's tests share: a world with a clock that stands still, a store that can be made to fail, and
//! futures that are polled by hand, so that every order of events is chosen and none depends on timing.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may fail here")]

pub(crate) mod bank;

use std::any::TypeId;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use idem_core::clock::{Clock, ManualClock, UnixMillis};
use idem_core::key::RecordId;
use idem_core::record::{Owner, Record, Status};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Failure, Listing, Memory, Page, Release, Resolution,
    Store, StoreError, StoreFuture, Written,
};
use idem_core::{Builder, Error, Idempotency, Invocation};

pub(crate) const START: UnixMillis = UnixMillis(1_800_000_000_000);
pub(crate) const TTL: Duration = Duration::from_hours(1);
pub(crate) const MARGIN: Duration = Duration::from_secs(2);
pub(crate) const GRACE: Duration = Duration::from_secs(1);

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A clock, a store on it, and what they saw.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) store: Faulty,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(Memory::new())
    }

    pub(crate) fn over(store: impl Store) -> Self {
        Self {
            clock: ManualClock::at(START),
            store: Faulty::over(store),
        }
    }

    pub(crate) fn builder(&self) -> Builder {
        Idempotency::builder(self.store.clone()).clock(self.clock.clone())
    }

    pub(crate) fn runtime(&self) -> Idempotency {
        self.builder().build()
    }

    /// An invocation that the platform ends in 10 seconds.
    pub(crate) fn invocation(&self) -> Invocation<'static> {
        self.invocation_of(secs(10))
    }

    pub(crate) fn invocation_of(&self, timeout: Duration) -> Invocation<'static> {
        Invocation {
            request_id: Some("8f507cfc-xmpl-4697-b07a-ac58fc914c95"),
            deadline: Some(self.clock.now().after(timeout)),
            tenant: None,
        }
    }
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: it goes through.
    None,
    /// It never arrives.
    Lost,
    /// It takes effect, and its reply is lost.
    ReplyLost,
    /// The store refuses for good.
    Refused,
    /// The store refuses what is to be committed.
    Canceled,
    /// Neither request nor reply arrives until the world moves on: the reply never comes.
    Stalled,
}

#[derive(Debug, Default)]
struct Plan {
    faults: VecDeque<(&'static str, Fault)>,
    seen: Vec<&'static str>,
    claims: Vec<Claim>,
    extensions: Vec<Extension>,
}

/// A store whose requests fail as planned, in order, verb by verb.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    pub(crate) inner: Arc<dyn Store>,
    plan: Arc<Mutex<Plan>>,
}

impl Faulty {
    fn over(inner: impl Store) -> Self {
        Self {
            inner: Arc::new(inner),
            plan: Arc::default(),
        }
    }

    /// The next requests of this verb fail like this, in this order.
    pub(crate) fn plan(&self, verb: &'static str, faults: &[Fault]) {
        let mut plan = self.plan.lock().unwrap();
        plan.faults
            .extend(faults.iter().map(|fault| (verb, *fault)));
    }

    /// From now on nothing is planned.
    pub(crate) fn heal(&self) {
        self.plan.lock().unwrap().faults.clear();
    }

    /// The verbs that were sent, and forgets them.
    pub(crate) fn sent(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.plan.lock().unwrap().seen)
    }

    /// Copies of all claims and extensions so far arrive, late.
    pub(crate) fn deliver_copies(&self) {
        let plan = std::mem::take(&mut *self.plan.lock().unwrap());
        for claim in plan.claims {
            now(self.inner.claim(&claim)).unwrap();
        }
        for extension in plan.extensions {
            now(self.inner.extend(&extension)).unwrap();
        }
    }

    fn next(&self, verb: &'static str) -> Fault {
        let mut plan = self.plan.lock().unwrap();
        plan.seen.push(verb);
        let planned = plan.faults.iter().position(|(of, _)| *of == verb);
        planned
            .and_then(|at| plan.faults.remove(at))
            .map_or(Fault::None, |(_, fault)| fault)
    }

    fn send<'a, T: Send + Unpin + 'a>(
        &self,
        verb: &'static str,
        request: impl FnOnce() -> StoreFuture<'a, T>,
    ) -> StoreFuture<'a, T> {
        let no_answer = || StoreError::new(Failure::Transient, "no answer");
        match self.next(verb) {
            Fault::None => request(),
            Fault::Lost => StoreFuture::ready(Err(no_answer())),
            Fault::ReplyLost => {
                _ = poll(&mut Box::pin(request()));
                StoreFuture::ready(Err(no_answer()))
            }
            Fault::Refused => {
                StoreFuture::ready(Err(StoreError::new(Failure::Permanent, "access denied")))
            }
            Fault::Canceled => {
                StoreFuture::ready(Err(StoreError::new(Failure::Canceled, "already paid")))
            }
            Fault::Stalled => {
                _ = poll(&mut Box::pin(request()));
                StoreFuture::new(std::future::pending())
            }
        }
    }
}

impl Store for Faulty {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.inner.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.plan.lock().unwrap().claims.push(claim.clone());
        self.send("claim", || self.inner.claim(claim))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        self.send("complete", || self.inner.complete(completion))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.send("release", || self.inner.release(release))
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.plan.lock().unwrap().extensions.push(extension.clone());
        self.send("extend", || self.inner.extend(extension))
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Record>> {
        self.send("read", || self.inner.read(id))
    }

    fn changed<'a>(&'a self, id: &'a RecordId, generation: u64) -> StoreFuture<'a, ()> {
        self.inner.changed(id, generation)
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        self.send("resolve", || self.inner.resolve(resolution))
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        self.send("list", || self.inner.list(listing))
    }

    fn commits(&self, effect: TypeId) -> bool {
        self.inner.commits(effect)
    }
}

/// A store of which no record can be read.
#[derive(Clone, Debug)]
pub(crate) struct Unreadable;

impl Store for Unreadable {
    fn owner(&self) -> Result<Owner, StoreError> {
        Owner::random()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        let record = Record::granted(claim, None);
        StoreFuture::ready(Ok(Claimed::Lost(Record {
            status: Status::Foreign,
            ..record
        })))
    }

    fn complete<'a>(&'a self, _: &'a Completion) -> StoreFuture<'a, Written> {
        unreachable!("nothing was granted")
    }

    fn release<'a>(&'a self, _: &'a Release) -> StoreFuture<'a, Written> {
        unreachable!("nothing was granted")
    }

    fn extend<'a>(&'a self, _: &'a Extension) -> StoreFuture<'a, Written> {
        unreachable!("nothing was granted")
    }

    fn read<'a>(&'a self, _: &'a RecordId) -> StoreFuture<'a, Option<Record>> {
        unreachable!("nothing waits")
    }

    fn resolve<'a>(&'a self, _: &'a Resolution) -> StoreFuture<'a, Written> {
        unreachable!("nothing is resolved")
    }

    fn list<'a>(&'a self, _: &'a Listing) -> StoreFuture<'a, Page> {
        unreachable!("nothing is listed")
    }
}

/// A future that is polled by hand.
pub(crate) type Manual<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Polls once.
pub(crate) fn poll<T>(future: &mut Pin<Box<impl Future<Output = T> + ?Sized>>) -> Poll<T> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future that must be ready.
#[track_caller]
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match poll(&mut Box::pin(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future should be ready"),
    }
}

/// A door that a body waits at until the test opens it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Door(Arc<std::sync::atomic::AtomicBool>);

impl Door {
    pub(crate) fn open(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    pub(crate) async fn pass(&self) {
        let is_open = || self.0.load(std::sync::atomic::Ordering::Relaxed);
        std::future::poll_fn(|_| {
            if is_open() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// Counts runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs(Arc<std::sync::atomic::AtomicU32>);

impl Runs {
    pub(crate) fn note(&self) -> u32 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// What the executions here end with.
pub(crate) type Outcome = Result<String, Error>;

/// One execution of "order-17" on `runtime`: waits at the door, then returns `result`.
pub(crate) fn execution<'a>(
    runtime: &'a Idempotency,
    invocation: Invocation<'static>,
    runs: &'a Runs,
    door: &'a Door,
    result: &'static str,
) -> Manual<'a, Outcome> {
    Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(invocation)
            .run(move || async move {
                runs.note();
                door.pass().await;
                Ok(result.to_owned())
            }),
    )
}

/// An execution whose body is done at once.
pub(crate) fn quick<'a>(
    runtime: &'a Idempotency,
    invocation: Invocation<'static>,
    runs: &'a Runs,
) -> Manual<'a, Outcome> {
    Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(invocation)
            .run(move || async move { Ok(format!("run {}", runs.note())) }),
    )
}
