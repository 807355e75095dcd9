//! The thin shell round the [engine](crate::engine): sends what it says, tells it what came back.
//!
//! All of it happens inside the caller's future. Nothing is spawned and nothing happens on drop: a future that is
//! dropped leaves its claim to the lease, because a completion may be in flight.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::call::{Call, Prepared};
use crate::clock::{Clock, UnixMillis};
use crate::ended::{Ended, Settled};
use crate::engine::{
    ClaimRequest, CompleteRequest, Engine, ExtendRequest, Input, Outcome, Refusal, ReleaseRequest,
    Step, WatchRequest,
};
use crate::error::{Error, Kind};
use crate::execution::Run;
use crate::policy::OnStoreFailure;
use crate::port::Port;
use crate::record::{Owner, Record, Status, StoredResult};
use crate::reentrance;
use crate::report;
use crate::shadow;
use crate::stopwatch::Stopwatch;
use crate::store::{
    Claim, Claimed, Completion, Extension, Failure, Release, StoreError, StoreFuture, Written,
};
use crate::verdict::{self, Duplicate};

/// A request that has no answer after this counts as lost. Stores that retry by themselves must be done by then.
const PATIENCE: Duration = Duration::from_secs(5);

/// In shadow mode the handler is not kept waiting for longer.
const SHADOW_PATIENCE: Duration = Duration::from_secs(1);

/// What came back from the store last, for the outcome that is built from it.
#[derive(Default)]
struct Found {
    record: Option<Arc<Record>>,
    error: Option<StoreError>,
}

/// One call on its way: the engine, and what the shell keeps beside it.
struct Shell<'c> {
    call: &'c Call,
    port: &'c Port,
    engine: Engine,
    found: Found,
    now: UnixMillis,
    /// Whether anybody wants to know why it came.
    is_told: bool,
    duplicate: Option<Duplicate>,
    /// `None` where nobody observes.
    stopwatch: Option<Box<Stopwatch>>,
}

/// Drives one call to its end. The body itself is polled by whoever polls this, as [`Port`] says. `remembers`: the
/// handler's errors can be stored. None where nothing is to be guarded.
pub(crate) async fn guard(prepared: &Prepared, port: &Port, remembers: bool) -> Option<Ended> {
    let Prepared::Guarded(call) = prepared else {
        return None;
    };
    let ended = match begin(call, remembers) {
        Ok(owner) => {
            let mut shell = Shell {
                call,
                port,
                engine: Engine::new(
                    call.policy.carried_out(),
                    owner,
                    call.fingerprint,
                    call.deadline,
                ),
                found: Found::default(),
                now: call.runtime.clock().now(),
                is_told: call.run.is_some() || report::is_heard(&call.runtime),
                duplicate: None,
                stopwatch: call.runtime.is_observed().then(Box::default),
            };
            let outcome = shell.drive().await;
            Ended {
                settled: shell.settle(outcome),
                is_unguarded: shell.engine.is_unguarded(),
                duplicate: shell.duplicate,
                shadow: None,
                stopwatch: shell.stopwatch,
            }
        }
        Err(error) => Ended::refused(error),
    };
    Some(if call.policy.shadow {
        // Apart, so that no other call makes room for it.
        Box::pin(shadow::overrule(call, port, ended)).await
    } else {
        ended
    })
}

/// The owner of a call at its start, or why it must not begin.
fn begin(call: &Call, remembers: bool) -> Result<Owner, Error> {
    if reentrance::is_running(call) {
        return Err(call.error(Kind::Reentrant));
    }
    if let Some(error) = call.lacks(remembers) {
        return Err(error);
    }
    let owner = call.store.owner();
    owner.map_err(|error| call.error(Kind::Store).caused_by(error))
}

impl<'c> Shell<'c> {
    /// Sends what the engine says, until it says that the call is over.
    async fn drive(&mut self) -> Outcome {
        let mut step = self.engine.on(self.now, Input::Tick);
        loop {
            step = match step {
                Step::Claim(request) => self.claim(request).await,
                Step::Watch(request) => self.watch(request).await,
                Step::Look(give_up_at) => self.look(give_up_at).await,
                Step::Run(wake_at) => {
                    self.tell(Run::go);
                    self.body(wake_at).await
                }
                Step::Reconcile(wake_at) => {
                    self.tell(Run::ask);
                    self.body(wake_at).await
                }
                Step::Extend(request) => self.extend(request).await,
                Step::Complete(request) => self.complete(request).await,
                Step::Release(request) => self.release(request).await,
                Step::Wait(until) => self.wait(until).await,
                Step::Return(outcome) => return outcome,
            };
        }
    }

    fn clock(&self) -> &'c dyn Clock {
        self.call.runtime.clock()
    }

    /// Tells the engine what came back, and the time.
    fn tick(&mut self, input: Input<'_>) -> Step {
        self.now = self.clock().now();
        self.next(input)
    }

    fn next(&mut self, input: Input<'_>) -> Step {
        if let (Some(stopwatch), Some((until, _))) = (&mut self.stopwatch, self.engine.lease()) {
            stopwatch.lease_until = Some(until);
        }
        self.engine.on(self.now, input)
    }

    async fn claim(&mut self, request: ClaimRequest) -> Step {
        let claim = Claim {
            id: self.call.id.clone(),
            terms: request.terms,
            lease_until: request.lease_until,
            expires_at: request.expires_at,
            origin: self.call.origin.kept(),
            marks: self.call.marks.clone(),
        };
        let give_up_at = self.claim_until();
        self.start();
        let reply = answer(self.clock(), give_up_at, self.call.store.claim(&claim)).await;
        self.stop(Stopwatch::store);
        self.judge(&reply, &claim);
        // What has been done is the answer, however long that took; all else is a matter of time.
        if !matches!(&reply, Ok(Claimed::Lost(record)) if record.status == Status::Completed) {
            self.now = self.clock().now();
        }
        let next = self.next(Input::Claimed(reply.as_ref().map_err(StoreError::failure)));
        self.found.claimed(reply);
        self.begin();
        next
    }

    /// From when on an answer to a claim comes too late: a handler that is to run all the same needs time for it.
    fn claim_until(&self) -> Option<UnixMillis> {
        let policy = &self.call.policy;
        let third = || {
            let deadline = self.call.deadline?;
            Some(self.now.after(deadline.since(self.now) / 3))
        };
        if policy.shadow {
            let give_up_at = self.now.after(SHADOW_PATIENCE);
            return third().into_iter().chain([give_up_at]).min();
        }
        let runs = policy.on_store_failure == OnStoreFailure::Run;
        runs.then(third).flatten()
    }

    /// Waits for a change of the record, until this moment. A store that cannot tell of it is no reason to look at once.
    async fn watch(&mut self, request: WatchRequest) -> Step {
        self.start();
        let store = &self.call.store;
        let mut change = Some(store.changed(&self.call.id, request.generation));
        let mut timer = self.clock().sleep_until(request.until);
        poll_fn(|context| {
            let told = change.as_mut().map(|change| Pin::new(change).poll(context));
            match told {
                Some(Poll::Ready(Ok(()))) => return Poll::Ready(()),
                Some(Poll::Ready(Err(_))) => change = None,
                Some(Poll::Pending) | None => {}
            }
            timer.as_mut().poll(context)
        })
        .await;
        self.stop(Stopwatch::waiting);
        self.tick(Input::Tick)
    }

    /// Waits before a request is sent once more.
    async fn wait(&mut self, until: UnixMillis) -> Step {
        self.start();
        self.clock().sleep_until(until).await;
        self.stop(Stopwatch::store);
        self.tick(Input::Tick)
    }

    async fn look(&mut self, give_up_at: Option<UnixMillis>) -> Step {
        self.start();
        let read = self.call.store.read(&self.call.id);
        let reply = answer(self.clock(), give_up_at, read).await;
        self.stop(Stopwatch::waiting);
        let found = reply.as_ref().map(Option::as_deref);
        let next = self.tick(Input::Found(found.map_err(StoreError::failure)));
        self.found.read(reply);
        self.begin();
        next
    }

    /// Says why the event came, where its key was claimed before. The first answer counts: what a waiter finds later is
    /// not why it came.
    fn judge(&mut self, reply: &Result<Claimed, StoreError>, claim: &Claim) {
        if !self.is_told || self.duplicate.is_some() {
            return;
        }
        self.duplicate = match reply {
            Ok(Claimed::Granted(record)) => verdict::of_granted(record, &claim.origin),
            Ok(Claimed::Lost(record)) => verdict::of_lost(record, &claim.terms, &claim.origin),
            Err(_) => None,
        };
        if let (Some(duplicate), Some(run)) = (&self.duplicate, &self.call.run) {
            run.judged(duplicate.verdict);
        }
    }

    /// Tells the handler what the claim wrote, where it is going to run. Nobody else needs it any more, and a store that
    /// shares its records changes them in place once no reply holds them.
    fn begin(&mut self) {
        if self.engine.lease().is_some()
            && let Some(record) = self.found.record.take()
            && let Some(run) = &self.call.run
        {
            run.claimed(&record);
        }
    }

    /// Tells the handler how its lease stands, and this.
    fn tell(&self, what: fn(&Run)) {
        if let Some(run) = &self.call.run {
            run.leased(self.engine.lease());
            what(run);
        }
    }

    async fn body(&mut self, wake_at: Option<UnixMillis>) -> Step {
        let input = self.port.body(self.clock(), self.now, wake_at).await;
        self.tick(input)
    }

    /// Renews the lease while the body goes on.
    async fn extend(&mut self, request: ExtendRequest) -> Step {
        let (call, port, clock) = (self.call, self.port, self.clock());
        let extension = Extension {
            id: call.id.clone(),
            owner: request.owner,
            lease_until: request.lease_until,
            expires_at: request.expires_at,
        };
        let mut reply = pin!(call.store.extend(&extension));
        let give_up_at = clock.now().after(PATIENCE);
        let mut wake_at = request.wake_at;
        loop {
            let look_at = wake_at.map_or(give_up_at, |wake_at| wake_at.min(give_up_at));
            let either = {
                let mut body = pin!(port.body(clock, clock.now(), Some(look_at)));
                poll_fn(|context| {
                    if let Poll::Ready(input) = body.as_mut().poll(context) {
                        return Poll::Ready(Err(input));
                    }
                    reply.as_mut().poll(context).map(Ok)
                })
                .await
            };
            match either {
                Ok(reply) => {
                    let next =
                        self.tick(Input::Extended(reply.as_ref().map_err(StoreError::failure)));
                    self.found.written(reply);
                    return next;
                }
                Err(Input::Tick) if clock.now() >= give_up_at => {
                    self.found.error = Some(no_answer());
                    return self.tick(Input::Extended(Err(Failure::Transient)));
                }
                // The body's end matters more than the reply; an extension that arrives later changes nothing.
                Err(input) => match self.tick(input) {
                    Step::Run(until) => {
                        // Now, as the engine says: after the reply its lease may be over.
                        self.tell(Run::go);
                        wake_at = until;
                    }
                    Step::Reconcile(until) => wake_at = until,
                    next => return next,
                },
            }
        }
    }

    async fn complete(&mut self, request: CompleteRequest) -> Step {
        self.port.close();
        let (call, port) = (self.call, self.port);
        let has_result = matches!(request.status, Status::Completed | Status::Failed);
        let completion = Completion {
            id: call.id.clone(),
            owner: request.owner,
            status: request.status,
            result: port.result().filter(|_| has_result).cloned(),
            expires_at: request.expires_at,
            effects: port
                .effects()
                .filter(|_| request.status != Status::Held)
                .cloned(),
        };
        let mut give_up_at = request.give_up_at;
        if call.policy.shadow {
            give_up_at = give_up_at.min(self.now.after(SHADOW_PATIENCE));
        }
        self.start();
        let reply = answer(
            self.clock(),
            Some(give_up_at),
            call.store.complete(&completion),
        )
        .await;
        self.stop(Stopwatch::store);
        if let Some(stopwatch) = &mut self.stopwatch
            && has_written(&reply, request.owner)
        {
            stopwatch.completed(&completion, self.now);
        }
        // A confirmed completion is the end, whatever the time.
        if !matches!(reply, Ok(Written::Done)) {
            self.now = self.clock().now();
        }
        let input = Input::Completed(reply.as_ref().map_err(StoreError::failure));
        let next = self.engine.on(self.now, input);
        self.found.written(reply);
        next
    }

    /// The same of an answer to a release, in shadow mode: the handler's own error must reach the platform in time.
    fn release_until(&self) -> UnixMillis {
        let policy = &self.call.policy;
        let deadline = self.call.deadline;
        let reserve = deadline.map(|deadline| deadline.before(policy.completion_reserve));
        let give_up_at = self.now.after(SHADOW_PATIENCE);
        reserve.map_or(give_up_at, |reserve| reserve.min(give_up_at))
    }

    async fn release(&mut self, request: ReleaseRequest) -> Step {
        self.port.close();
        let release = Release {
            id: self.call.id.clone(),
            owner: request.owner,
            expires_at: Some(request.expires_at),
        };
        let give_up_at = self.call.policy.shadow.then(|| self.release_until());
        self.start();
        let reply = answer(self.clock(), give_up_at, self.call.store.release(&release)).await;
        self.stop(Stopwatch::store);
        let next = self.tick(Input::Released(reply.as_ref().map_err(StoreError::failure)));
        self.found.written(reply);
        next
    }
}

impl Shell<'_> {
    fn start(&mut self) {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.start(self.call.runtime.clock());
        }
    }

    fn stop(&mut self, what: fn(&mut Stopwatch) -> &mut Duration) {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.stop(self.call.runtime.clock(), what);
        }
    }
}

/// The store's answer, or that there is none in time. A timer is set only where the answer is not there at once.
fn answer<T: Unpin>(
    clock: &dyn Clock,
    give_up_at: Option<UnixMillis>,
    mut reply: StoreFuture<'_, T>,
) -> impl Future<Output = Result<T, StoreError>> {
    let mut timer = None;
    // No `async` block: it would hold the reply twice.
    poll_fn(move |context| {
        if let Poll::Ready(reply) = Pin::new(&mut reply).poll(context) {
            return Poll::Ready(reply);
        }
        let timer = timer.get_or_insert_with(|| {
            let patience = clock.now().after(PATIENCE);
            clock.sleep_until(give_up_at.map_or(patience, |give_up_at| patience.min(give_up_at)))
        });
        timer.as_mut().poll(context).map(|()| Err(no_answer()))
    })
}

/// Whether the record is completed by `owner`: now, or by an earlier send whose reply was lost.
fn has_written(reply: &Result<Written, StoreError>, owner: Owner) -> bool {
    match reply {
        Ok(Written::Done) => true,
        Ok(Written::Lost(Some(record))) => record.completed_by == Some(owner),
        Ok(Written::Lost(None)) | Err(_) => false,
    }
}

fn no_answer() -> StoreError {
    StoreError::new(Failure::Transient, "the store did not answer in time")
}

impl Found {
    fn result(&self) -> Option<StoredResult> {
        self.record.as_ref()?.result.clone()
    }

    fn claimed(&mut self, reply: Result<Claimed, StoreError>) {
        match reply {
            Ok(Claimed::Lost(record) | Claimed::Granted(record)) => self.record = Some(record),
            Err(error) => self.error = Some(error),
        }
    }

    fn read(&mut self, reply: Result<Option<Arc<Record>>, StoreError>) {
        match reply {
            Ok(record) => self.record = record,
            Err(error) => self.error = Some(error),
        }
    }

    fn written(&mut self, reply: Result<Written, StoreError>) {
        match reply {
            Ok(Written::Lost(record)) => self.record = record,
            Ok(Written::Done) => {}
            Err(error) => self.error = Some(error),
        }
    }
}

impl Shell<'_> {
    /// How the call ends, of what came back last.
    fn settle(&mut self, outcome: Outcome) -> Settled {
        let (call, found) = (self.call, &mut self.found);
        let refusal = match outcome {
            Outcome::Own => return Settled::Own,
            Outcome::Reconciled => return Settled::Reconciled,
            Outcome::Unguarded => return Settled::Unguarded(found.error.take()),
            Outcome::Replay | Outcome::ReplayError => {
                return match found.result() {
                    Some(result) if outcome == Outcome::Replay => Settled::Replay(result),
                    Some(result) => Settled::ReplayError(result),
                    None if self.port.end().is_some() => {
                        Settled::Refused(call.error(Kind::LeaseLost))
                    }
                    None => Settled::Refused(call.error(Kind::Foreign)),
                };
            }
            Outcome::Refused(refusal) => refusal,
        };
        let kind = match refusal {
            Refusal::InProgress(until) => Kind::InProgress {
                retry_after: until.since(self.now),
            },
            Refusal::Mismatch => Kind::Mismatch,
            Refusal::Held => Kind::Held,
            Refusal::DoneNoResult => Kind::DoneWithoutResult,
            Refusal::Foreign => Kind::Foreign,
            Refusal::ClaimUnconfirmed => Kind::Store,
            Refusal::NotStarted => Kind::NotStarted,
            Refusal::LeaseLost => Kind::LeaseLost,
            Refusal::CompletionUnknown => Kind::CompletionUnknown,
            Refusal::Canceled => Kind::Canceled,
        };
        let error = call.error(kind);
        Settled::Refused(match (refusal, &found.record, found.error.take()) {
            (Refusal::Mismatch, Some(record), _) => error.of_difference(call.difference(record)),
            (
                Refusal::ClaimUnconfirmed | Refusal::CompletionUnknown | Refusal::Canceled,
                _,
                Some(cause),
            ) => error.caused_by(cause),
            _ => error,
        })
    }
}
