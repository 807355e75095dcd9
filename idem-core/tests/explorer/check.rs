//! What must hold in every state: the promises, by their letters, and what they rest on.

use std::cell::RefCell;
use std::collections::HashSet;

use idem_core::clock::UnixMillis;
use idem_core::engine::{BodyEnd, Engine, Input, Outcome, Refusal, Step};
use idem_core::policy::{OnAbandoned, OnError, OnOverrun};
use idem_core::record::{Record, Status};
use idem_core::store::Written;

use super::scenario::Scenario;
use super::shared::Shared;
use super::store;
use super::turn::Turn;
use super::world::{At, Body, Execution, World, execution_of};

/// Failed checks: a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Flaws(u16);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// (a) Two executions of one key never overlap while both hold a valid lease, and no body starts without one.
    Overlap,
    /// (b) A result that a caller has seen is what every later caller sees until the ttl ends, or an error of ours.
    Seen,
    /// (c) Nobody erases or overwrites a record that another execution owns.
    Overwritten,
    /// (d) Whatever died: one lease and the margin later a fresh call gets through.
    Free,
    /// (e) A call is never blocked by its own claim.
    OwnClaim,
    /// (f) Effect and record commit together.
    Commit,
    /// A record that is held, by a policy or after an abandoned execution, is never run.
    Held,
    /// Each body that starts has a higher generation than all before, and no claim is granted that has ended.
    Generation,
}

impl Check {
    pub(crate) const ALL: [Self; 8] = [
        Self::Overlap,
        Self::Seen,
        Self::Overwritten,
        Self::Free,
        Self::OwnClaim,
        Self::Commit,
        Self::Held,
        Self::Generation,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Overlap => "a_no_overlap_under_valid_leases",
            Self::Seen => "b_what_was_seen_stays",
            Self::Overwritten => "c_nobody_overwrites_anothers_record",
            Self::Free => "d_free_after_lease_and_margin",
            Self::OwnClaim => "e_never_blocked_by_own_claim",
            Self::Commit => "f_effect_and_record_commit_together",
            Self::Held => "held_is_never_run",
            Self::Generation => "generations_grow_and_ended_claims_stay_ended",
        }
    }

    pub(crate) fn holds(self, scenario: &Scenario, world: &World) -> bool {
        match self {
            Self::Overlap => !world.ghost.flaws.has(self) && polled(scenario, world) <= 1,
            Self::Free => !scenario.frees() || is_free(scenario, world),
            _ => !world.ghost.flaws.has(self),
        }
    }
}

impl Flaws {
    pub(crate) fn has(self, check: Check) -> bool {
        self.0 >> check as u16 & 1 == 1
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn add(&mut self, check: Check) {
        self.0 |= 1 << check as u16;
    }
}

/// How many bodies would be polled now, under a lease that has not ended.
fn polled(scenario: &Scenario, world: &World) -> usize {
    let would_be = |execution: &Execution| {
        let now = scenario.clock(world.moment, execution.is_ahead);
        is_guarded(execution)
            && matches!(execution.at, At::Runs(wake_at) if wake_at.is_none_or(|wake_at| now < wake_at))
            // Who may overrun its lease holds none past its end.
            && (scenario.policy.on_overrun == OnOverrun::Stop || now < execution.leased_until)
    };
    let executions = world.executions.iter();
    executions.filter(|execution| would_be(execution)).count()
}

/// Whether its claim was confirmed: who runs without holds no lease.
pub(crate) fn is_guarded(execution: &Execution) -> bool {
    let engine = execution.engine.as_ref();
    engine.is_some_and(|engine| engine.lease().is_some())
}

/// What a fresh call meets depends on the record and the moment alone, which many states share.
fn is_free(scenario: &Scenario, world: &World) -> bool {
    type Known = HashSet<(Option<Shared<Record>>, u8, &'static str)>;
    thread_local! {
        static KNOWN: RefCell<Known> = RefCell::default();
    }
    let key = (world.record.clone(), world.moment, scenario.name);
    if KNOWN.with_borrow(|known| known.contains(&key)) {
        return true;
    }
    let is_free = fresh_call_gets_through(scenario, world);
    // Without a guard, what holds is another thing.
    if is_free && !cfg!(idem_ablate) {
        KNOWN.with_borrow_mut(|known| known.insert(key));
    }
    is_free
}

/// Everybody is gone and nothing of theirs arrives any more: a fresh call, undisturbed, when every lease that could have
/// been asked for by now is over, and the margin.
fn fresh_call_gets_through(scenario: &Scenario, world: &World) -> bool {
    let now = world
        .now(scenario)
        .after(scenario.skew + scenario.longest_lease() + scenario.policy.margin);
    let deadline = scenario.deadline.map(|left| now.after(left));
    let fresh = idem_core::record::Owner(0xEE00);
    let mut engine = Engine::new(scenario.policy, fresh, None, deadline);
    let mut record: Option<Record> = None;
    let mut is_changed = false;
    let mut step = engine.on(now, Input::Tick);
    for _ in 0..8 {
        let found = if is_changed {
            record.as_ref()
        } else {
            world.found()
        };
        step = match step {
            Step::Claim(request) => {
                let (written, reply) = store::claimed(found, &request);
                if written.is_some() {
                    (record, is_changed) = (written, true);
                }
                let reply = reply.as_ref().map_err(|failure| *failure);
                engine.on(now, Input::Claimed(reply))
            }
            Step::Run(_) => engine.on(now, Input::BodyEnded(BodyEnd::Result)),
            Step::Complete(request) => {
                let reply = match store::completed(found, &request, Some(0)) {
                    Some(_) => Written::Done,
                    None => store::lost(found),
                };
                engine.on(now, Input::Completed(Ok(&reply)))
            }
            Step::Return(outcome) => {
                return match outcome {
                    Outcome::Own | Outcome::Replay => true,
                    // It is done, which is all that can be said of it.
                    Outcome::Refused(Refusal::DoneNoResult) => {
                        scenario.unstorable || scenario.refusals > 0
                    }
                    _ => false,
                };
            }
            _ => return false,
        };
    }
    false
}

/// Checks of what happens, as opposed to what is.
impl Turn<'_> {
    fn flaw(&mut self, check: Check) {
        self.world.ghost.flaws.add(check);
    }

    /// How far clocks differ: a moment that is so near to the end of a ttl may count as either side of it.
    fn is_live(&self, result: usize) -> bool {
        let now = self.world.now(self.scenario).after(self.scenario.skew);
        now < self.world.ghost.due[result]
    }

    fn is_seen(&self, result: usize) -> bool {
        self.world.ghost.seen >> result & 1 == 1
    }

    /// Before the record that is there is erased or written over, by a claim or by the backend.
    pub(crate) fn check_erased(&mut self) {
        let world = &self.world;
        let Some(record) = world.record.clone() else {
            return;
        };
        let by = execution_of(record.owner).map(|of| &world.executions[of]);
        match record.status {
            Status::InProgress => {
                let is_leased = match by {
                    Some(by) => self.scenario.clock(world.moment, by.is_ahead) < by.leased_until,
                    None => world.now(self.scenario) < record.lease_until,
                };
                if is_leased {
                    self.flaw(Check::Overwritten);
                }
                if self.scenario.policy.on_abandoned == OnAbandoned::Hold {
                    self.flaw(Check::Held);
                }
            }
            Status::Held => self.flaw(Check::Held),
            Status::Completed | Status::Failed | Status::DoneNoResult => {
                let completer = record.completed_by.and_then(execution_of);
                let gives = completer.map(|of| usize::from(world.executions[of].gives));
                if gives.is_some_and(|gives| self.is_live(gives)) {
                    self.flaw(Check::Overwritten);
                }
                // What happens from here on is another run.
                self.world.ghost.effects = 0;
            }
            _ => {}
        }
    }

    /// Before the backend deletes the record. A claim that has been travelling since before then brings a generation of
    /// its own time along: numbers grow only where no request outlives a record.
    pub(crate) fn check_deleted(&mut self) {
        let claims = |execution: &Shared<Execution>| {
            let mut requests = execution.late.iter().chain(&execution.sent);
            requests.any(|request| request.claim().is_some())
        };
        if self.world.executions.iter().any(claims) {
            self.world.ghost.generation = 0;
        }
    }

    /// After a claim was granted.
    pub(crate) fn check_granted(&mut self, record: &Record) {
        // Once another has claimed the record, or the backend deleted it, nothing tells that a late copy is one.
        if self
            .world
            .found()
            .is_some_and(|found| found.owner == record.owner)
        {
            self.flaw(Check::Generation);
        }
        // What a record in progress holds is nobody's result.
        if record.result.is_some() || record.completed_by.is_some() {
            self.flaw(Check::Seen);
        }
        let live = |of| self.is_seen(of) && self.is_live(of);
        if (0..self.world.executions.len()).any(live) {
            self.flaw(Check::Seen);
        }
    }

    /// Before a completion, release or extension takes effect.
    pub(crate) fn check_ended(&mut self, owner: idem_core::record::Owner) {
        let found = self.world.found();
        if found.is_none_or(|record| record.status != Status::InProgress || record.owner != owner) {
            self.flaw(Check::Overwritten);
        }
    }

    /// Before a body is polled for the first time.
    pub(crate) fn check_begins(&mut self, execution: &Execution) {
        if self.clock(execution) >= execution.leased_until {
            self.flaw(Check::Overlap);
        }
        if execution.generation <= self.world.ghost.generation {
            self.flaw(Check::Generation);
        }
        self.world.ghost.generation = execution.generation;
    }

    pub(crate) fn check_effects(&mut self) {
        if self.scenario.is_once() && self.world.ghost.effects > 1 {
            self.flaw(Check::Held);
        }
    }

    /// After a call returned, with the record that came back last.
    pub(crate) fn check_returned(
        &mut self,
        who: usize,
        execution: &Execution,
        outcome: Outcome,
        found: Option<&Record>,
    ) {
        let failed = matches!(execution.body, Body::Ended(end) if end.is_error());
        let result = match outcome {
            Outcome::Own if failed && self.scenario.policy.on_error != OnError::Remember => None,
            Outcome::Own => Some(who),
            Outcome::Reconciled => Some(usize::from(execution.gives)),
            // The shell looks for the result in that record, and reports an error where there is none.
            Outcome::Replay | Outcome::ReplayError => found
                .and_then(|record| record.result.as_ref())
                .map(|result| usize::from(result.as_bytes()[0])),
            _ => None,
        };
        if let Some(result) = result {
            self.check_seen(who, result, execution, outcome);
        }
        if let (Outcome::Refused(refusal), Some(found)) = (outcome, found) {
            self.check_own_claim(who, execution, refusal, found);
        }
        if self.scenario.transactional {
            self.check_commits(execution, outcome, result);
        }
    }

    fn check_seen(&mut self, who: usize, result: usize, execution: &Execution, outcome: Outcome) {
        if matches!(outcome, Outcome::Own | Outcome::Reconciled) {
            let due = due(self.scenario, execution.done_at);
            let known = &mut self.world.ghost.due[result];
            *known = due.max(*known);
        }
        // What was recorded, and was on its way when its ttl ended, may come after a newer result was seen.
        let is_replay = matches!(outcome, Outcome::Replay | Outcome::ReplayError);
        let is_recorded = is_replay || execution.ended.is_some();
        let is_over = is_recorded && !self.is_live(result);
        let is_another = |of| of != result && self.is_seen(of) && self.is_live(of);
        if !is_over && (0..self.world.executions.len()).any(is_another) {
            self.flaw(Check::Seen);
        }
        let scenario = self.scenario;
        let asked = |of: usize| scenario.fingerprint(u8::try_from(of).unwrap_or_default());
        if asked(result) != asked(who) {
            self.flaw(Check::Seen);
        }
        self.world.ghost.seen |= 1 << result;
    }

    fn check_own_claim(
        &mut self,
        who: usize,
        execution: &Execution,
        refusal: Refusal,
        found: &Record,
    ) {
        let is_own = |owner| execution_of(owner) == Some(who);
        let has_ended = matches!(execution.body, Body::Ended(_));
        let previous = found.provenance.previous();
        let by_itself = match refusal {
            Refusal::InProgress(_) | Refusal::Mismatch => {
                found.status == Status::InProgress && is_own(found.owner)
            }
            Refusal::LeaseLost | Refusal::DoneNoResult | Refusal::Held => {
                // Where its end was deleted since, it would have lost the claim without a late copy, too.
                let is_late = execution.ended.is_some();
                found.status == Status::InProgress && is_own(found.owner) && !is_late
                    || has_ended && found.completed_by.is_some_and(is_own)
                    || found.status == Status::Released && is_own(found.owner)
                    || previous.is_some_and(|previous| {
                        is_own(previous.owner) && Some(previous.status) == execution.ended
                    })
            }
            _ => false,
        };
        if by_itself {
            self.flaw(Check::OwnClaim);
        }
    }

    fn check_commits(&mut self, execution: &Execution, outcome: Outcome, result: Option<usize>) {
        let commits_of = |of: usize| self.world.executions[of].commits;
        let holds = match (outcome, result) {
            (Outcome::Own, Some(_)) => execution.commits == 1,
            (Outcome::Own, None) | (Outcome::Refused(Refusal::Canceled), _) => {
                execution.commits == 0
            }
            (Outcome::Replay, Some(result)) => commits_of(result) == 1,
            _ => true,
        };
        if !holds {
            self.flaw(Check::Commit);
        }
    }

    /// After effects were committed.
    pub(crate) fn check_committed(&mut self) {
        if self.world.ghost.effects > 1 {
            self.flaw(Check::Commit);
        }
    }
}

/// The end of the ttl of a result whose body ended then.
pub(crate) fn due(scenario: &Scenario, done_at: UnixMillis) -> UnixMillis {
    done_at.after(scenario.policy.ttl)
}
