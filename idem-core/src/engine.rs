//! The protocol of one execution, without I/O: told what came back, it says what to do next.
//!
//! ```text
//! start --> Claim --> (Wait --> Claim)* --> Run --> (Extend --> Run)* --> Complete --> (Wait --> Complete)* --> Return
//!            ^    \-> Return                   \-> Return (lease over)  \-> Release                         \-> Return
//!            |     \-> Watch --> Look --> Return
//!            \---------- another's run is over
//! ```
//!
//! It reads no clock and awaits nothing: every input comes with the time. The guard carries the steps
//! out; tests and models can drive the same engine through any order of events.

mod lease;
mod step;
mod wait;

use std::time::Duration;

pub use step::{
    BodyEnd, ClaimRequest, CompleteRequest, ExtendRequest, Input, Outcome, Refusal, ReleaseRequest,
    Step, WatchRequest,
};

use self::lease::Lease;
use self::wait::{Other, Wait};
use crate::ablation::{Guard, is_removed};
use crate::clock::UnixMillis;
use crate::decision::{Decision, Terms, decide};
use crate::key::Fingerprint;
use crate::policy::{OnAbandoned, OnError, OnStoreFailure, Policy};
use crate::record::{Attempt, Owner, Record, Status};
use crate::store::{Claimed, Failure, Written};

/// How often a claim or a release that got no answer is sent once more.
const RESENDS: u32 = 2;
/// The first wait before a re-send; each further one doubles, up to [`BACKOFF_LIMIT`].
const BACKOFF: Duration = Duration::from_millis(50);
const BACKOFF_LIMIT: Duration = Duration::from_secs(2);
/// What a call ends with whose effects were refused.
const CANCELED: Outcome = Outcome::Refused(Refusal::Canceled);

/// One execution of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Engine {
    policy: Policy,
    /// Who sends the present claim.
    owner: Owner,
    /// Who sent the first: owners from here on are this execution.
    first_owner: Owner,
    fingerprint: Option<Fingerprint>,
    /// The invocation's deadline; `None` where it is unknown.
    deadline: Option<UnixMillis>,
    /// How this execution waits for another, once it does.
    wait: Option<Wait>,
    /// The body runs although the claim was not confirmed.
    unguarded: bool,
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
    /// Another execution runs, and this one waits for its end.
    Watching(Other),
    /// It looks whether the other has ended.
    Looking(Other),
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
            first_owner: owner,
            fingerprint,
            deadline,
            wait: None,
            unguarded: false,
            phase: Phase::Ready,
        }
    }

    /// Whether the body runs, or ran, although the claim was not confirmed.
    #[must_use]
    pub fn is_unguarded(&self) -> bool {
        self.unguarded
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
            (Phase::Looking(_), Input::Found(Ok(record))) => self.found(now, record),
            // What came back says nothing new.
            (Phase::Looking(other), Input::Found(Err(_))) => self.busy(now, other),
            (Phase::Watching(other) | Phase::Looking(other), _) => {
                self.phase = Phase::Looking(other);
                Step::Look(self.look_until())
            }
            (Phase::Running(_), Input::BodyEnded(end)) => self.body_ended(now, end),
            (Phase::Reconciling(_), Input::BodyEnded(end)) => self.answered(now, end),
            (Phase::Reconciling(lease), Input::NeverHappened) if lease.until <= now => {
                self.refuse(Refusal::NotStarted)
            }
            (Phase::Reconciling(lease), Input::NeverHappened) => {
                self.phase = Phase::Running(lease);
                self.go_on(now, lease)
            }
            (Phase::Reconciling(_), Input::Unknown) => {
                self.complete(now, Status::Held, Outcome::Refused(Refusal::Held))
            }
            (Phase::Running(lease) | Phase::Reconciling(lease), Input::Extend(until)) => {
                self.extend(now, lease, until)
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
                    !is_removed(Guard::ResentCompletionIsOwn)
                        && (record.completed_by == Some(self.owner)
                            || self.is_previous(record, request.status))
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
                if failure != Failure::Transient
                    || failures >= RESENDS
                    || self.unguarded
                    || self.policy.shadow
                {
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
            Decision::Grant if !again => self.claim_anew(now, true),
            decision => self.decided(now, record, decision),
        }
    }

    /// What stands there, while this execution waits.
    fn found(&mut self, now: UnixMillis, record: Option<&Record>) -> Step {
        match (record, decide(record, &self.terms(now))) {
            (None, _) | (_, Decision::Grant) => self.claim_anew(now, false),
            (Some(record), decision) => self.decided(now, record, decision),
        }
    }

    /// A claim that is no re-send needs an owner of its own.
    fn claim_anew(&mut self, now: UnixMillis, again: bool) -> Step {
        self.owner = self.owner.next();
        self.claim(now, again)
    }

    fn decided(&mut self, now: UnixMillis, record: &Record, decision: Decision) -> Step {
        match decision {
            // A late copy of a claim that was refused before: it is this execution's all the same.
            Decision::Mine | Decision::Busy(_) | Decision::Grant if self.holds(record) => {
                self.owner = record.owner;
                self.granted(now, record.lease_until, record)
            }
            Decision::Mine | Decision::Grant => self.refuse(Refusal::InProgress(now)),
            Decision::Busy(free_at) => {
                let generation = record.generation;
                self.busy(
                    now,
                    Other {
                        generation,
                        free_at,
                    },
                )
            }
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
        let took_over = record.provenance.previous().is_some_and(abandoned);
        let asks = self.policy.on_abandoned == OnAbandoned::Reconcile && !self.policy.shadow;
        let must_ask = took_over && asks;
        let until = if is_removed(Guard::LeaseIsFixedWhenSent) {
            self.lease_from(now)
        } else {
            until
        };
        if until <= now && !is_removed(Guard::LeaseIsCheckedBeforeTheBody) {
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
            wanted: None,
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
        let mut lease_until = now;
        if let Phase::Claiming {
            request, failures, ..
        } = &mut self.phase
        {
            lease_until = request.lease_until;
            let resend_at = now.after(backoff(*failures));
            if failure == Failure::Transient
                && *failures < RESENDS
                && resend_at < request.lease_until
                && !self.policy.shadow
            {
                *failures += 1;
                return Step::Wait(resend_at);
            }
        }
        if self.policy.on_store_failure == OnStoreFailure::Run {
            if self.deadline.is_some_and(|deadline| deadline <= now) {
                return self.refuse(Refusal::NotStarted);
            }
            self.unguarded = true;
            self.phase = Phase::Running(Lease {
                until: lease_until,
                renew_at: None,
                asked: None,
                wanted: None,
            });
            return Step::Run(None);
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

    /// The question ended: with the result that the abandoned attempt had, or without an answer.
    fn answered(&mut self, now: UnixMillis, end: BodyEnd) -> Step {
        match end {
            BodyEnd::Result => self.complete(now, Status::Completed, Outcome::Reconciled),
            BodyEnd::UnstorableResult => {
                self.complete(now, Status::DoneNoResult, Outcome::Reconciled)
            }
            // Nothing is known still: once the lease is over, the next take-over asks again.
            _ => self.finish(Outcome::Own),
        }
    }

    fn body_ended(&mut self, now: UnixMillis, end: BodyEnd) -> Step {
        match (end, self.policy.on_error) {
            (BodyEnd::Result, _) => self.complete(now, Status::Completed, Outcome::Own),
            (BodyEnd::UnstorableResult, _) | (BodyEnd::UnstorableError, OnError::Remember) => {
                self.complete(now, Status::DoneNoResult, Outcome::Own)
            }
            (BodyEnd::StorableError, OnError::Remember) => {
                self.complete(now, Status::Failed, Outcome::Own)
            }
            (end, OnError::Hold) if end != BodyEnd::NothingDone => {
                self.complete(now, Status::Held, Outcome::Own)
            }
            _ => self.release(now, Outcome::Own),
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
            expires_at: (status != Status::Held).then(|| self.expiry(now, lease_until)),
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
            if self.policy.on_error != OnError::Hold {
                return self.release(now, CANCELED);
            }
            *then = CANCELED;
            request.status = Status::Held;
            request.expires_at = None;
            return Step::Complete(*request);
        }
        if self.unguarded {
            return self.finish(Outcome::Own);
        }
        let has_result = matches!(request.status, Status::Completed | Status::Failed);
        if failure != Failure::Transient && has_result {
            // It may be the result that the store refuses. That the body is done must be recorded all the same.
            request.status = Status::DoneNoResult;
            return Step::Complete(*request);
        }
        let resend_at = now.after(backoff(*failures));
        if failure == Failure::Transient
            && (*failures == 0 || resend_at < request.give_up_at)
            && !self.policy.shadow
        {
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
        if self.unguarded && self.policy.on_abandoned == OnAbandoned::Reconcile {
            // The claim may have taken over what somebody must be asked about, and a release would say that there is nothing.
            return self.finish(then);
        }
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
            !is_removed(Guard::ResentReleaseIsOwn)
                && ((record.owner == self.owner && record.status == Status::Released)
                    || self.is_previous(record, Status::Released))
        };
        match then {
            Outcome::Own if !found.is_some_and(mine) => self.lost(now, found),
            CANCELED if found.is_some_and(|record| self.has_completed(record)) => {
                self.finish(Outcome::Own)
            }
            // An earlier send may have been committed, and the record no longer tells.
            CANCELED
                if !found.is_some_and(|record| {
                    mine(record) || self.is_previous(record, Status::InProgress)
                }) =>
            {
                self.lost(now, found)
            }
            _ => self.finish(then),
        }
    }

    /// The claim is gone. The successor's result is the answer; without one, nobody can tell what the outcome is.
    fn lost(&mut self, now: UnixMillis, found: Option<&Record>) -> Step {
        if is_removed(Guard::LoserReturnsTheSuccessors) {
            return self.finish(Outcome::Own);
        }
        let terms = if is_removed(Guard::LoserComparesTheFingerprint) {
            Terms {
                fingerprint: None,
                ..self.terms(now)
            }
        } else {
            self.terms(now)
        };
        // A result that no execution of this protocol completed cannot be taken for a successor's.
        let successor = found.filter(|record| record.completed_by.is_some());
        let outcome = match successor.map(|record| decide(Some(record), &terms)) {
            Some(Decision::Replay) => Outcome::Replay,
            Some(Decision::ReplayError) => Outcome::ReplayError,
            Some(Decision::DoneNoResult) => Outcome::Refused(Refusal::DoneNoResult),
            _ => Outcome::Refused(self.gone()),
        };
        self.finish(outcome)
    }

    /// The claim is gone. Where the question was still open, nothing has run.
    fn gone(&self) -> Refusal {
        match self.phase {
            Phase::Reconciling(_) => Refusal::NotStarted,
            _ => Refusal::LeaseLost,
        }
    }

    fn refuse(&mut self, refusal: Refusal) -> Step {
        self.finish(Outcome::Refused(refusal))
    }

    fn finish(&mut self, outcome: Outcome) -> Step {
        self.phase = Phase::Finished;
        let outcome = match outcome {
            Outcome::Own | Outcome::Refused(Refusal::LeaseLost) if self.unguarded => {
                Outcome::Unguarded
            }
            outcome => outcome,
        };
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
        let is_end = |status| {
            matches!(
                status,
                Status::Completed | Status::Failed | Status::DoneNoResult
            )
        };
        let previous = record.provenance.previous();
        (record.completed_by == Some(self.owner) && is_end(record.status))
            || previous
                .is_some_and(|previous| previous.owner == self.owner && is_end(previous.status))
    }

    /// Whether this execution ended like that, and another has claimed the record since.
    fn is_previous(&self, record: &Record, status: Status) -> bool {
        let previous = record.provenance.previous();
        previous.is_some_and(|previous| previous.owner == self.owner && previous.status == status)
    }

    /// Whether a claim of this execution, be it a late copy of an earlier one, is in progress.
    fn holds(&self, record: &Record) -> bool {
        let nth = |owner: Owner| owner.0.wrapping_sub(self.first_owner.0);
        record.status == Status::InProgress
            && nth(record.owner) <= nth(self.owner)
            && !is_removed(Guard::ResentClaimIsOwn)
    }

    /// The end of the ttl of what is completed now.
    fn expiry(&self, now: UnixMillis, lease_until: UnixMillis) -> u64 {
        let ttl = self.policy.ttl;
        if is_removed(Guard::TtlCountsFromCompletion) {
            let lease = self.policy.lease.unwrap_or(self.policy.default_lease);
            return lease_until.before(lease).after(ttl).seconds_rounded_up();
        }
        if is_removed(Guard::TtlIsRoundedUp) {
            return now.after(ttl).0 / 1000;
        }
        now.after(ttl).seconds_rounded_up()
    }

    /// When the backend may delete a record leased until then: lease, margin and ttl must be over.
    fn deletable_at(&self, lease_until: UnixMillis) -> Option<u64> {
        let free_at = if is_removed(Guard::DeletionWaitsForTheLease) {
            lease_until.before(self.policy.lease.unwrap_or(self.policy.default_lease))
        } else {
            lease_until.after(self.policy.margin)
        };
        let is_protected = self.policy.protects() && !is_removed(Guard::ProtectedHasNoTtl);
        (!is_protected).then(|| free_at.after(self.policy.ttl).seconds_rounded_up())
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
