//! The thin shell round the [engine](crate::engine): sends what it says, tells it what came back.
//!
//! All of it happens inside the caller's future. Nothing is spawned and nothing happens on drop: a future that is
//! dropped leaves its claim to the lease, because a completion may be in flight.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use crate::call::Call;
use crate::clock::{Clock, UnixMillis};
use crate::engine::{Engine, ExtendRequest, Input, Outcome, Reconciliation, Refusal, Step};
use crate::error::{Error, Kind};
use crate::port::Port;
use crate::record::{Record, Status, StoredResult};
use crate::store::{
    Claim, Claimed, Completion, Extension, Failure, Release, StoreError, StoreFuture, Written,
};

/// A request that has no answer after this counts as lost. Stores that retry by themselves must be done by then.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a guarded call ends, for the layer that knows the types.
pub(crate) enum Settled {
    /// With what the body ended with.
    Own,
    /// With a stored result.
    Replay(StoredResult),
    /// With an error of ours.
    Refused(Error),
}

/// What came back from the store last, for the outcome that is built from it.
#[derive(Default)]
struct Found {
    record: Option<Record>,
    error: Option<StoreError>,
}

/// Drives one call to its end. The body itself is polled by whoever polls this, as [`Port`] says.
pub(crate) async fn guard(call: &Call, port: &Port) -> Settled {
    let owner = match call.store.owner() {
        Ok(owner) => owner,
        Err(error) => return Settled::Refused(call.error(Kind::Store).caused_by(error)),
    };
    let store = &*call.store;
    let clock = call.runtime.clock();
    let mut engine = Engine::new(call.policy, owner, call.fingerprint, call.deadline);
    let mut found = Found::default();
    let mut now = clock.now();
    let mut step = engine.on(now, Input::Tick);
    loop {
        step = match step {
            Step::Claim(request) => {
                let claim = Claim {
                    id: call.id.clone(),
                    terms: request.terms,
                    lease_until: request.lease_until,
                    expires_at: request.expires_at,
                    request_id: call.request_id.clone(),
                };
                let reply = answer(clock, None, store.claim(&claim)).await;
                now = clock.now();
                let next = engine.on(
                    now,
                    Input::Claimed(reply.as_ref().map_err(StoreError::failure)),
                );
                found.claimed(reply);
                next
            }
            Step::Run(wake_at) => {
                let input = port.body(clock, now, wake_at).await;
                now = clock.now();
                engine.on(now, input)
            }
            // Nobody to ask: what became of the execution before stays unknown.
            Step::Reconcile(_) => engine.on(now, Input::Reconciled(Reconciliation::Unknown)),
            Step::Extend(request) => {
                let next = extend(call, port, &mut engine, &mut found, request).await;
                now = clock.now();
                next
            }
            Step::Complete(request) => {
                let completion = Completion {
                    id: call.id.clone(),
                    owner: request.owner,
                    status: request.status,
                    result: port
                        .result()
                        .filter(|_| request.status == Status::Completed)
                        .cloned(),
                    expires_at: request.expires_at,
                    effects: port
                        .effects()
                        .filter(|_| request.status != Status::Held)
                        .cloned(),
                };
                let reply =
                    answer(clock, Some(request.give_up_at), store.complete(&completion)).await;
                // A confirmed completion is the end, whatever the time.
                if !matches!(reply, Ok(Written::Done)) {
                    now = clock.now();
                }
                let next = engine.on(
                    now,
                    Input::Completed(reply.as_ref().map_err(StoreError::failure)),
                );
                found.written(reply);
                next
            }
            Step::Release(request) => {
                let release = Release {
                    id: call.id.clone(),
                    owner: request.owner,
                    expires_at: Some(request.expires_at),
                };
                let reply = answer(clock, None, store.release(&release)).await;
                now = clock.now();
                let next = engine.on(
                    now,
                    Input::Released(reply.as_ref().map_err(StoreError::failure)),
                );
                found.written(reply);
                next
            }
            Step::Wait(until) => {
                clock.sleep_until(until).await;
                now = clock.now();
                engine.on(now, Input::Tick)
            }
            Step::Return(outcome) => {
                let ran = port.end().is_some();
                return settle(call, outcome, found, ran, now);
            }
        };
    }
}

/// The store's answer, or that there is none in time. A timer is set only where the answer is not there at once.
async fn answer<T: Unpin>(
    clock: &dyn Clock,
    give_up_at: Option<UnixMillis>,
    mut reply: StoreFuture<'_, T>,
) -> Result<T, StoreError> {
    let mut timer = None;
    poll_fn(|context| {
        if let Poll::Ready(reply) = Pin::new(&mut reply).poll(context) {
            return Poll::Ready(reply);
        }
        let timer = timer.get_or_insert_with(|| {
            let patience = clock.now().after(PATIENCE);
            clock.sleep_until(give_up_at.map_or(patience, |give_up_at| patience.min(give_up_at)))
        });
        timer.as_mut().poll(context).map(|()| Err(no_answer()))
    })
    .await
}

fn no_answer() -> StoreError {
    StoreError::new(Failure::Transient, "the store did not answer in time")
}

/// Renews the lease while the body goes on.
async fn extend(
    call: &Call,
    port: &Port,
    engine: &mut Engine,
    found: &mut Found,
    request: ExtendRequest,
) -> Step {
    let clock = call.runtime.clock();
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
                let next = engine.on(
                    clock.now(),
                    Input::Extended(reply.as_ref().map_err(StoreError::failure)),
                );
                found.written(reply);
                return next;
            }
            Err(Input::Tick) if clock.now() >= give_up_at => {
                found.error = Some(no_answer());
                return engine.on(clock.now(), Input::Extended(Err(Failure::Transient)));
            }
            // The body's end matters more than the reply; an extension that arrives later changes nothing.
            Err(input) => match engine.on(clock.now(), input) {
                Step::Run(until) => wake_at = until,
                next => return next,
            },
        }
    }
}

impl Found {
    fn claimed(&mut self, reply: Result<Claimed, StoreError>) {
        match reply {
            Ok(Claimed::Lost(record)) => self.record = Some(record),
            Ok(Claimed::Granted(_)) => {}
            Err(error) => self.error = Some(error),
        }
    }

    fn written(&mut self, reply: Result<Written, StoreError>) {
        match reply {
            Ok(Written::Lost(record)) => self.record = record.map(|record| *record),
            Ok(Written::Done) => {}
            Err(error) => self.error = Some(error),
        }
    }
}

fn settle(call: &Call, outcome: Outcome, found: Found, ran: bool, now: UnixMillis) -> Settled {
    let refusal = match outcome {
        Outcome::Own => return Settled::Own,
        Outcome::Replay => {
            return match found.record.and_then(|record| record.result) {
                Some(result) => Settled::Replay(result),
                None if ran => Settled::Refused(call.error(Kind::LeaseLost)),
                None => Settled::Refused(call.error(Kind::Foreign)),
            };
        }
        Outcome::ReplayError | Outcome::Reconciled => {
            return Settled::Refused(call.error(Kind::ReplayDecode));
        }
        Outcome::Refused(refusal) => refusal,
    };
    let kind = match refusal {
        Refusal::InProgress(until) => Kind::InProgress {
            retry_after: until.since(now),
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
    Settled::Refused(match (refusal, found.error) {
        (
            Refusal::ClaimUnconfirmed | Refusal::CompletionUnknown | Refusal::Canceled,
            Some(cause),
        ) => error.caused_by(cause),
        _ => error,
    })
}
