//! What the protocol's tests share: a world with a clock that stands still, a store that can be made to fail, and
//! futures that are polled by hand, so that every order of events is chosen and none depends on timing.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may fail here")]

pub(crate) mod bank;
pub(crate) mod slow;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use idem_core::clock::{Clock, ManualClock, UnixMillis};
use idem_core::key::RecordId;
use idem_core::record::{Owner, Record, Status};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Listing, Memory, Page, Release, Resolution, Store,
    StoreError, StoreFuture, Written,
};
use idem_core::testing::{CountingStore, Fault, FaultyStore, Verb};
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
        Idempotency::builder(self.store.calls.clone()).clock(self.clock.clone())
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
pub(crate) mod fault {
    use idem_core::store::Failure;
    use idem_core::testing::Fault;

    /// It never arrives.
    pub(crate) const LOST: Fault = Fault::Before(Failure::Transient);
    /// It takes effect, and its reply is lost.
    pub(crate) const REPLY_LOST: Fault = Fault::After;
    /// The store refuses for good.
    pub(crate) const REFUSED: Fault = Fault::Before(Failure::Permanent);
    /// The store refuses what is to be committed.
    pub(crate) const CANCELED: Fault = Fault::Before(Failure::Canceled);
    /// It takes effect, and is never answered.
    pub(crate) const STALLED: Fault = Fault::SilentAfter;
}

/// A store whose requests fail as planned, and are counted.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    pub(crate) inner: Arc<dyn Store>,
    faults: FaultyStore,
    calls: CountingStore,
}

impl Faulty {
    fn over(inner: impl Store) -> Self {
        let inner: Arc<dyn Store> = Arc::new(inner);
        let faults = FaultyStore::new(Arc::clone(&inner));
        Self {
            inner,
            calls: CountingStore::new(faults.clone()),
            faults,
        }
    }

    /// The next requests of this verb fail like this, in this order.
    pub(crate) fn plan(&self, verb: Verb, faults: &[Fault]) {
        for (before, fault) in faults.iter().enumerate() {
            self.faults.fail(verb, before + 1, *fault);
        }
    }

    /// From now on nothing is planned.
    pub(crate) fn heal(&self) {
        self.faults.heal();
    }

    /// The verbs that were sent, and forgets them.
    pub(crate) fn sent(&self) -> Vec<&'static str> {
        let calls = self.calls.calls();
        self.calls.reset();
        calls.into_iter().map(Verb::as_str).collect()
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
        StoreFuture::ready(Ok(Claimed::Lost(Arc::new(Record {
            status: Status::Foreign,
            ..record
        }))))
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

    fn read<'a>(&'a self, _: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
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
