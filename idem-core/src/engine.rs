//! The protocol of one execution, without I/O: told what came back, it says what to do next.
//!
//! ```text
//! start --> Claim --> (Wait --> Claim)* --> Run --> (Extend --> Run)* --> Complete --> (Wait --> Complete)* --> Return
//!                 \-> Return                   \-> Return (lease over)  \-> Release                         \-> Return
//! ```
//!
//! It reads no clock and awaits nothing: every input comes with the time. The guard carries the steps
//! out; tests and models can drive the same engine through any order of events.

mod step;

use std::time::Duration;

pub use step::{
    BodyEnd, ClaimRequest, CompleteRequest, ExtendRequest, Input, Outcome, Reconciliation, Refusal,
    ReleaseRequest, Step,
};

use crate::clock::UnixMillis;
use crate::decision::{Decision, Terms, decide};
use crate::key::Fingerprint;
use crate::policy::{OnAbandoned, OnError, OnOverrun, Policy};
use crate::record::{Attempt, Owner, Record, Status};
use crate::store::{Claimed, Failure, Written};

/// How often a claim or a release that got no answer is sent once more.
const RESENDS: u32 = 2;
/// The first wait before a re-send; each further one doubles, up to [`BACKOFF_LIMIT`].
const BACKOFF: Duration = Duration::from_millis(50);
const BACKOFF_LIMIT: Duration = Duration::from_secs(2);
/// A renewal that failed is not repeated sooner than this.
const RENEWAL_PAUSE: Duration = Duration::from_millis(100);
/// What a call ends with whose effects were refused.
const CANCELED: Outcome = Outcome::Refused(Refusal::Canceled);

/// One execution of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Engine {
    policy: Policy,
    owner: Owner,
    fingerprint: Option<Fingerprint>,
    /// The invocation's deadline; `None` where it is unknown.
    deadline: Option<UnixMillis>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Ready,
    Claiming {
        request: ClaimRequest,
        failures: u32,
        /// The first claim lost to a record that was takeable a moment later.
        again: bool,
    },
    Running(Lease),
    /// Taken over from an abandoned execution, and somebody is asked what became of it.
    Reconciling(Lease),
    Completing {
        request: CompleteRequest,
        then: Outcome,
        failures: u32,
    },
    Releasing {
        then: Outcome,
        failures: u32,
    },
    Finished,
}

/// The lease while the body runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Lease {
    until: UnixMillis,
    /// When to renew it; `None` where it is as long as it can be.
    renew_at: Option<UnixMillis>,
    /// The end that a renewal under way asks for.
    asked: Option<UnixMillis>,
}

impl Engine {
    /// An execution that has not begun. `deadline` is the invocation's, where it is known and believable.
    #[must_use]
    pub fn new(
        policy: Policy,
        owner: Owner,
        fingerprint: Option<Fingerprint>,
        deadline: Option<UnixMillis>,
    ) -> Self {
        Self {
            policy,
            owner,
            fingerprint,
            deadline,
            phase: Phase::Ready,
        }
    }

    /// Takes what came back at `now`, and says what to do next.
    ///
    /// An input that the present phase does not wait for is answered with what it does wait for.
    pub fn on(&mut self, now: UnixMillis, input: Input<'_>) -> Step {
        match (self.phase, input) {
            (Phase::Ready, _) => self.claim(now, false),
            (Phase::Claiming { request, again, .. }, Input::Claimed(Ok(reply))) => {
                self.claimed(now, request, again, reply)
            }
            (Phase::Claiming { .. }, Input::Claimed(Err(failure))) => {
                self.claim_failed(now, failure)
            }
            (Phase::Claiming { request, .. }, _) => Step::Claim(request),
            (Phase::Running(_) | Phase::Reconciling(_), Input::BodyEnded(end)) => {
                self.body_ended(now, end)
            }
            (Phase::Reconciling(lease), Input::Reconciled(found)) => {
                self.reconciled(now, lease, found)
            }
            (Phase::Running(lease) | Phase::Reconciling(lease), Input::Extended(reply)) => {
                self.extended(now, lease, reply)
            }
            (Phase::Running(lease) | Phase::Reconciling(lease), _) => self.go_on(now, lease),
            (Phase::Completing { then, .. }, Input::Completed(Ok(Written::Done))) => {
                self.finish(then)
            }
            (
                Phase::Completing { request, then, .. },
                Input::Completed(Ok(Written::Lost(found))),
            ) => {
                // What an earlier send of this completion wrote is this completion.
                let mine = |record: &Record| {
                    record.completed_by == Some(self.owner)
                        || self.is_previous(record, request.status)
                };
                match found {
                    // The effects were refused, but not those of an earlier send: it is they that took effect.
                    Some(record) if then == CANCELED && self.has_completed(record) => {
                        self.finish(Outcome::Own)
                    }
                    Some(record) if mine(record) => self.finish(then),
                    found => self.lost(now, found.as_deref()),
                }
            }
            (Phase::Completing { .. }, Input::Completed(Err(failure))) => {
                self.completion_failed(now, failure)
            }
            (Phase::Completing { request, .. }, _) => Step::Complete(request),
            (Phase::Releasing { then, .. }, Input::Released(Ok(written))) => {
                self.released(now, then, written)
            }
            (Phase::Releasing { then, failures }, Input::Released(Err(failure))) => {
                if failure != Failure::Transient || failures >= RESENDS {
                    // The claim stays until its lease ends; the caller learns what it would have learnt.
                    return self.finish(unconfirmed(then));
                }
                self.phase = Phase::Releasing {
                    then,
                    failures: failures + 1,
                };
                Step::Wait(now.after(backoff(failures)))
            }
            (Phase::Releasing { .. }, _) => self.send_release(now),
            (Phase::Finished, _) => Step::Return(Outcome::Refused(Refusal::LeaseLost)),
        }
    }

    fn claim(&mut self, now: UnixMillis, again: bool) -> Step {
        let lease_until = self.lease_from(now);
        if lease_until <= now {
            return self.refuse(Refusal::NotStarted);
        }
        let request = ClaimRequest {
            terms: self.terms(now),
            lease_until,
            expires_at: self.deletable_at(lease_until),
        };
        self.phase = Phase::Claiming {
            request,
            failures: 0,
            again,
        };
        Step::Claim(request)
    }

    fn claimed(
        &mut self,
        now: UnixMillis,
        request: ClaimRequest,
        again: bool,
        claimed: &Claimed,
    ) -> Step {
        let record = match claimed {
            Claimed::Granted(record) => return self.granted(now, request.lease_until, record),
            Claimed::Lost(record) => record,
        };
        match decide(Some(record), &self.terms(now)) {
            Decision::Mine => self.granted(now, request.lease_until, record),
            Decision::Grant if !again => {
                // No re-send but a claim of its own: it needs an owner of its own.
                self.owner = self.owner.next();
                self.claim(now, true)
            }
            Decision::Grant => self.refuse(Refusal::InProgress(now)),
            Decision::Busy(until) => self.refuse(Refusal::InProgress(until)),
            Decision::Mismatch => self.refuse(Refusal::Mismatch),
            Decision::Held => self.refuse(Refusal::Held),
            Decision::Replay => self.finish(Outcome::Replay),
            Decision::ReplayError => self.finish(Outcome::ReplayError),
            Decision::DoneNoResult => self.refuse(Refusal::DoneNoResult),
            Decision::Foreign => self.refuse(Refusal::Foreign),
        }
    }

    fn granted(&mut self, now: UnixMillis, until: UnixMillis, record: &Record) -> Step {
        let abandoned = |previous: &Attempt| previous.status == Status::InProgress;
        let took_over = record.provenance.previous.as_ref().is_some_and(abandoned);
        let must_ask = took_over && self.policy.on_abandoned == OnAbandoned::Reconcile;
        if until <= now {
            let then = Outcome::Refused(Refusal::NotStarted);
            // Released, the record would no longer say that somebody must be asked.
            return if must_ask {
                self.finish(then)
            } else {
                self.release(now, then)
            };
        }
        let lease = Lease {
            until,
            renew_at: self.renewal(now, until),
            asked: None,
        };
        if must_ask {
            // Asked at once, also where a renewal is due: until the answer is there, the body must not run.
            self.phase = Phase::Reconciling(lease);
            return Step::Reconcile(self.wake_at(lease));
        }
        self.phase = Phase::Running(lease);
        self.go_on(now, lease)
    }

    fn claim_failed(&mut self, now: UnixMillis, failure: Failure) -> Step {
        if let Phase::Claiming {
            request, failures, ..
        } = &mut self.phase
        {
            let resend_at = now.after(backoff(*failures));
            if failure == Failure::Transient
                && *failures < RESENDS
                && resend_at < request.lease_until
            {
                *failures += 1;
                return Step::Wait(resend_at);
            }
        }
        let then = Outcome::Refused(Refusal::ClaimUnconfirmed);
        if failure != Failure::Transient || self.policy.on_abandoned == OnAbandoned::Reconcile {
            return self.finish(then);
        }
        // It may have taken effect, and nothing ran: nobody need wait for its lease. Once, since the store is in trouble.
        self.phase = Phase::Releasing {
            then,
            failures: RESENDS,
        };
        self.send_release(now)
    }

    fn reconciled(&mut self, now: UnixMillis, lease: Lease, found: Reconciliation) -> Step {
        match found {
            Reconciliation::Completed => self.complete(now, Status::Completed, Outcome::Reconciled),
            Reconciliation::Unknown => {
                self.complete(now, Status::Held, Outcome::Refused(Refusal::Held))
            }
            Reconciliation::NeverHappened => {
                self.phase = Phase::Running(lease);
                self.go_on(now, lease)
            }
        }
    }

    /// The body, or the question, goes on: stops it at the end of its lease, and renews the lease in time.
    fn go_on(&mut self, now: UnixMillis, lease: Lease) -> Step {
        let overrun_at = self.overrun_at(lease);
        if overrun_at.is_some_and(|overrun_at| overrun_at <= now) {
            return self.refuse(Refusal::LeaseLost);
        }
        if lease.asked.is_none() && lease.renew_at.is_some_and(|renew_at| renew_at <= now) {
            let asked = self.lease_from(now);
            self.set_lease(Lease {
                asked: Some(asked),
                ..lease
            });
            return Step::Extend(ExtendRequest {
                owner: self.owner,
                lease_until: asked,
                expires_at: self.deletable_at(asked),
                wake_at: overrun_at,
            });
        }
        match self.phase {
            Phase::Reconciling(_) => Step::Reconcile(self.wake_at(lease)),
            _ => Step::Run(self.wake_at(lease)),
        }
    }

    /// When the lease must be looked at: to renew it, or to stop at its end.
    fn wake_at(&self, lease: Lease) -> Option<UnixMillis> {
        let renew_at = lease.renew_at.filter(|_| lease.asked.is_none());
        self.overrun_at(lease).into_iter().chain(renew_at).min()
    }

    fn overrun_at(&self, lease: Lease) -> Option<UnixMillis> {
        (self.policy.on_overrun == OnOverrun::Stop).then_some(lease.until)
    }

    fn extended(
        &mut self,
        now: UnixMillis,
        lease: Lease,
        reply: Result<&Written, Failure>,
    ) -> Step {
        let lease = match (reply, lease.asked) {
            (Ok(Written::Done), Some(until)) => Lease {
                until,
                renew_at: self.renewal(now, until),
                asked: None,
            },
            (Ok(Written::Lost(found)), _) if self.policy.on_overrun == OnOverrun::Stop => {
                return self.lost(now, found.as_deref());
            }
            // Runs on without a lease: the completion will find out what became of the claim.
            (Ok(_), _) => Lease {
                renew_at: None,
                asked: None,
                ..lease
            },
            (Err(_), _) => Lease {
                renew_at: Some(now.after((lease.until.since(now) / 2).max(RENEWAL_PAUSE))),
                asked: None,
                ..lease
            },
        };
        self.set_lease(lease);
        self.go_on(now, lease)
    }

    fn body_ended(&mut self, now: UnixMillis, end: BodyEnd) -> Step {
        match (end, self.policy.on_error) {
            (BodyEnd::Result, _) => self.complete(now, Status::Completed, Outcome::Own),
            (BodyEnd::UnstorableResult, _) => {
                self.complete(now, Status::DoneNoResult, Outcome::Own)
            }
            (BodyEnd::Error | BodyEnd::Panic, OnError::Hold) => {
                self.complete(now, Status::Held, Outcome::Own)
            }
            (BodyEnd::Error | BodyEnd::Panic, OnError::Release) => self.release(now, Outcome::Own),
        }
    }

    fn complete(&mut self, now: UnixMillis, status: Status, then: Outcome) -> Step {
        let lease_until = match self.phase {
            Phase::Running(lease) | Phase::Reconciling(lease) => lease.until,
            _ => now,
        };
        let end = self.deadline.unwrap_or(lease_until);
        let request = CompleteRequest {
            owner: self.owner,
            status,
            expires_at: (status != Status::Held)
                .then(|| now.after(self.policy.ttl).seconds_rounded_up()),
            give_up_at: end.before(self.policy.completion_reserve),
        };
        self.phase = Phase::Completing {
            request,
            then,
            failures: 0,
        };
        Step::Complete(request)
    }

    fn completion_failed(&mut self, now: UnixMillis, failure: Failure) -> Step {
        let Phase::Completing {
            request,
            then,
            failures,
        } = &mut self.phase
        else {
            return self.refuse(Refusal::CompletionUnknown);
        };
        if failure == Failure::Canceled {
            if self.policy.on_error == OnError::Release {
                return self.release(now, CANCELED);
            }
            *then = CANCELED;
            request.status = Status::Held;
            request.expires_at = None;
            return Step::Complete(*request);
        }
        if failure != Failure::Transient && request.status == Status::Completed {
            // It may be the result that the store refuses. That the body is done must be recorded all the same.
            request.status = Status::DoneNoResult;
            return Step::Complete(*request);
        }
        let resend_at = now.after(backoff(*failures));
        if failure == Failure::Transient && (*failures == 0 || resend_at < request.give_up_at) {
            *failures += 1;
            return Step::Wait(resend_at);
        }
        // A hold that could not be written leaves the claim to its lease; the caller's error says more than ours.
        let outcome = match request.status {
            Status::Held => unconfirmed(*then),
            _ => Outcome::Refused(Refusal::CompletionUnknown),
        };
        self.finish(outcome)
    }

    fn release(&mut self, now: UnixMillis, then: Outcome) -> Step {
        self.phase = Phase::Releasing { then, failures: 0 };
        self.send_release(now)
    }

    fn send_release(&self, now: UnixMillis) -> Step {
        Step::Release(ReleaseRequest {
            owner: self.owner,
            expires_at: now.after(self.policy.ttl).seconds_rounded_up(),
        })
    }

    fn released(&mut self, now: UnixMillis, then: Outcome, written: &Written) -> Step {
        let found = match written {
            Written::Done => return self.finish(then),
            Written::Lost(found) => found.as_deref(),
        };
        // What an earlier send of this release left is this release.
        let mine = |record: &Record| {
            (record.owner == self.owner && record.status == Status::Released)
                || self.is_previous(record, Status::Released)
        };
        match then {
            Outcome::Own if !found.is_some_and(mine) => self.lost(now, found),
            CANCELED if found.is_some_and(|record| self.has_completed(record)) => {
                self.finish(Outcome::Own)
            }
            _ => self.finish(then),
        }
    }

    /// The claim is gone. The successor's result is the answer; without one, nobody can tell what the outcome is.
    fn lost(&mut self, now: UnixMillis, found: Option<&Record>) -> Step {
        // A result that no execution of this protocol completed cannot be taken for a successor's.
        let successor = found.filter(|record| record.completed_by.is_some());
        let outcome = match successor.map(|record| decide(Some(record), &self.terms(now))) {
            Some(Decision::Replay) => Outcome::Replay,
            Some(Decision::ReplayError) => Outcome::ReplayError,
            Some(Decision::DoneNoResult) => Outcome::Refused(Refusal::DoneNoResult),
            _ => Outcome::Refused(Refusal::LeaseLost),
        };
        self.finish(outcome)
    }

    fn refuse(&mut self, refusal: Refusal) -> Step {
        self.finish(Outcome::Refused(refusal))
    }

    fn finish(&mut self, outcome: Outcome) -> Step {
        self.phase = Phase::Finished;
        Step::Return(outcome)
    }

    fn terms(&self, now: UnixMillis) -> Terms {
        Terms {
            owner: self.owner,
            now,
            margin: self.policy.margin,
            fingerprint: self.fingerprint,
            on_abandoned: self.policy.on_abandoned,
        }
    }

    /// Whether this execution completed the record with what its body gave, whatever became of the record since.
    fn has_completed(&self, record: &Record) -> bool {
        let is_end = |status| matches!(status, Status::Completed | Status::DoneNoResult);
        let previous = record.provenance.previous.as_ref();
        (record.completed_by == Some(self.owner) && is_end(record.status))
            || previous
                .is_some_and(|previous| previous.owner == self.owner && is_end(previous.status))
    }

    /// Whether this execution ended like that, and another has claimed the record since.
    fn is_previous(&self, record: &Record, status: Status) -> bool {
        let previous = record.provenance.previous.as_ref();
        previous.is_some_and(|previous| previous.owner == self.owner && previous.status == status)
    }

    fn set_lease(&mut self, lease: Lease) {
        self.phase = match self.phase {
            Phase::Reconciling(_) => Phase::Reconciling(lease),
            _ => Phase::Running(lease),
        };
    }

    /// The end of a lease that begins now: never past the moment at which the platform has surely killed the process.
    fn lease_from(&self, now: UnixMillis) -> UnixMillis {
        let killed_at = self
            .deadline
            .map(|deadline| deadline.after(self.policy.kill_grace));
        match (self.policy.lease, killed_at) {
            (None, Some(killed_at)) => killed_at,
            (Some(lease), Some(killed_at)) => now.after(lease).min(killed_at),
            (lease, None) => now.after(lease.unwrap_or(self.policy.default_lease)),
        }
    }

    /// When to renew a lease that ends at `until`: half-way; `None` where it cannot become longer.
    fn renewal(&self, now: UnixMillis, until: UnixMillis) -> Option<UnixMillis> {
        let longest = self
            .deadline
            .map(|deadline| deadline.after(self.policy.kill_grace));
        let can_grow = longest.is_none_or(|longest| until < longest);
        can_grow.then(|| now.after(until.since(now) / 2))
    }

    /// When the backend may delete a record leased until then: lease, margin and ttl must be over.
    fn deletable_at(&self, lease_until: UnixMillis) -> Option<u64> {
        let free_at = lease_until.after(self.policy.margin);
        (!self.policy.protects()).then(|| free_at.after(self.policy.ttl).seconds_rounded_up())
    }
}

/// How a call ends whose last write was not confirmed. An earlier send of refused effects may have been committed.
fn unconfirmed(then: Outcome) -> Outcome {
    match then {
        CANCELED => Outcome::Refused(Refusal::CompletionUnknown),
        then => then,
    }
}

fn backoff(failures: u32) -> Duration {
    (BACKOFF * 2_u32.pow(failures.min(10))).min(BACKOFF_LIMIT)
}
