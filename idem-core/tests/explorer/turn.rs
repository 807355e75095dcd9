//! What an action does to a world. Executions are driven as the guard drives them: by the same engine, step for step.

use idem_core::ablation::{Guard, is_removed};
use idem_core::clock::UnixMillis;
use idem_core::engine::{
    BodyEnd, CompleteRequest, Engine, ExtendRequest, Input, Outcome, ReleaseRequest, Step,
    WatchRequest,
};
use idem_core::record::{Record, Status};
use idem_core::store::{Claimed, Failure, Written};

use super::action::{Action, Answer, Move};
use super::check::{due, is_guarded};
use super::forget::forget;
use super::scenario::{OUTSIDER, Scenario};
use super::shared::Shared;
use super::store;
use super::world::{At, Body, Execution, Reply, Request, Verb, World, owner};

pub(crate) struct Turn<'s> {
    pub(crate) scenario: &'s Scenario,
    pub(crate) world: World,
}

/// The world after this action, without what makes no difference any more; `None` where it cannot happen.
pub(crate) fn next(scenario: &Scenario, world: &World, action: Action) -> Option<World> {
    Some(forget(scenario, after(scenario, world, action)?))
}

/// The world after this action, with everything that has just happened.
pub(crate) fn after(scenario: &Scenario, world: &World, action: Action) -> Option<World> {
    let mut turn = Turn {
        scenario,
        world: world.clone(),
    };
    turn.act(action)?;
    Some(turn.world)
}

impl Turn<'_> {
    pub(crate) fn clock(&self, execution: &Execution) -> UnixMillis {
        self.world.clock(self.scenario, execution)
    }

    fn act(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Tick => {
                self.world.moment += 1;
                usize::from(self.world.moment)
                    .lt(&self.scenario.moments.len())
                    .then_some(())
            }
            Action::Delete => {
                let found = self.world.found()?;
                // What others write is theirs to answer for.
                (found.owner != OUTSIDER).then_some(())?;
                let expires_at = found.expires_at?;
                (expires_at * 1000 <= self.world.now(self.scenario).0).then_some(())?;
                self.check_erased();
                self.check_deleted();
                self.world.record = None;
                Some(())
            }
            Action::Of(who, what) => {
                let who = usize::from(who);
                let execution = self.world.executions.get(who)?;
                self.may(execution, what).then_some(())?;
                let mut execution = Execution::clone(execution);
                self.move_on(who, &mut execution, what)?;
                self.world.executions[who] = Shared::new(execution);
                Some(())
            }
        }
    }

    /// Whether it could happen, as far as that is quickly told.
    fn may(&self, execution: &Execution, what: Move) -> bool {
        let is_before = |until: Option<UnixMillis>| {
            let now = self.clock(execution);
            until.is_none_or(|until| now < until)
        };
        match (what, execution.at) {
            (Move::ArriveTwice, _) => self.world.duplicates > 0,
            (Move::Miss, _) => execution.unanswered > 0,
            (Move::Refuse(_), _) => self.world.refusals > 0 || execution.commits > 0,
            (Move::ReturnUnstorable, _) if !self.scenario.unstorable => false,
            (Move::Fail, _) if !self.scenario.errors => false,
            (Move::Affect, At::Runs(until)) => execution.body == Body::Begun && is_before(until),
            (Move::Return | Move::ReturnUnstorable, At::Runs(until)) => {
                execution.body == Body::Affected && is_before(until)
            }
            (Move::Wake, At::Runs(until)) => !is_before(until),
            _ => true,
        }
    }

    fn move_on(&mut self, who: usize, execution: &mut Execution, what: Move) -> Option<()> {
        let now = self.clock(execution);
        match what {
            Move::Start => {
                // They begin in order: which is which makes no difference, and every assignment of clocks is tried.
                let is_next = |of: &[Shared<Execution>]| of.iter().all(|one| one.at != At::Idle);
                (execution.at == At::Idle && is_next(&self.world.executions[..who]))
                    .then_some(())?;
                let of = u8::try_from(who).ok()?;
                let deadline = self.scenario.deadline.map(|left| now.after(left));
                execution.engine = Some(Engine::new(
                    self.scenario.policy,
                    owner(of),
                    self.scenario.fingerprint(of),
                    deadline,
                ));
                self.tell(who, execution, Input::Tick, None);
            }
            Move::Arrive => {
                let request = execution.sent.take()?;
                execution.reply = self.arrive(execution, request);
            }
            Move::ArriveTwice => {
                self.world.duplicates = self.world.duplicates.checked_sub(1)?;
                let request = execution.sent.take()?;
                execution.late.push(request.clone());
                execution.reply = self.arrive(execution, request);
            }
            Move::ArriveLate(nth) => {
                let nth = usize::from(nth);
                (nth < execution.late.len()).then_some(())?;
                let request = execution.late.remove(nth);
                self.arrive_late(execution, request);
            }
            Move::Refuse(failure) => self.refuse(execution, failure)?,
            Move::Hear => {
                let reply = execution.reply.take()?;
                self.hear(who, execution, &reply);
            }
            Move::Miss => {
                let sent = execution.sent.as_ref().map(Request::verb);
                let verb = sent.or(execution.reply.as_ref().map(Reply::verb))?;
                execution.unanswered = execution.unanswered.checked_sub(1)?;
                execution.reply = None;
                execution.late.extend(execution.sent.take());
                self.hear(who, execution, &Reply::Failed(verb, Failure::Transient));
            }
            Move::Affect | Move::Return | Move::ReturnUnstorable | Move::Fail => {
                self.poll(who, execution, now, what)?;
            }
            Move::Wake => {
                let is_due = match execution.at {
                    At::Runs(Some(wake_at)) | At::Asks(Some(wake_at)) => wake_at <= now,
                    At::Watches(request) => request.until <= now || self.has_changed(&request),
                    _ => false,
                };
                is_due.then_some(())?;
                self.tell(who, execution, Input::Tick, None);
            }
            Move::Learn(answer) => {
                let At::Asks(wake_at) = execution.at else {
                    return None;
                };
                wake_at.is_none_or(|wake_at| now < wake_at).then_some(())?;
                self.learn(who, execution, answer)?;
            }
            Move::Vanish => self.vanish(execution)?,
        }
        Some(())
    }

    /// Whether a store would tell that the execution that is watched has ended.
    fn has_changed(&self, request: &WatchRequest) -> bool {
        self.world.found().is_none_or(|record| {
            record.generation != request.generation || record.status != Status::InProgress
        })
    }

    /// Polls the body, as the port does: only while it may run.
    fn poll(
        &mut self,
        who: usize,
        execution: &mut Execution,
        now: UnixMillis,
        what: Move,
    ) -> Option<()> {
        let At::Runs(wake_at) = execution.at else {
            return None;
        };
        wake_at.is_none_or(|wake_at| now < wake_at).then_some(())?;
        let end = match (what, execution.body) {
            (Move::Affect, Body::Begun) => None,
            (Move::Return, Body::Affected) => Some(BodyEnd::Result),
            (Move::ReturnUnstorable, Body::Affected) if self.scenario.unstorable => {
                Some(BodyEnd::UnstorableResult)
            }
            (Move::Fail, Body::Begun | Body::Affected) if self.scenario.errors => {
                Some(BodyEnd::StorableError)
            }
            _ => return None,
        };
        match end {
            None => {
                execution.body = Body::Affected;
                if !self.scenario.transactional {
                    self.world.ghost.effects += 1;
                    self.check_effects();
                }
            }
            Some(end) => {
                execution.body = Body::Ended(end);
                execution.done_at = self.world.now(self.scenario);
                self.tell(who, execution, Input::BodyEnded(end), None);
            }
        }
        Some(())
    }

    /// Only the truth is told, or that nobody knows.
    fn learn(&mut self, who: usize, execution: &mut Execution, answer: Answer) -> Option<()> {
        let had_effect = |of: &Shared<Execution>| {
            of.body == Body::Affected || matches!(of.body, Body::Ended(BodyEnd::Result))
        };
        let first = self.world.executions.iter().position(had_effect);
        match answer {
            Answer::Completed => execution.gives = u8::try_from(first?).ok()?,
            Answer::NeverHappened => first.is_none().then_some(())?,
            Answer::Unknown => {}
        }
        execution.done_at = self.world.now(self.scenario);
        let input = match answer {
            Answer::Completed => Input::BodyEnded(BodyEnd::Result),
            Answer::NeverHappened => Input::NeverHappened,
            Answer::Unknown => Input::Unknown,
        };
        self.tell(who, execution, input, None);
        Some(())
    }

    /// The process dies, or its caller drops the future.
    fn vanish(&mut self, execution: &mut Execution) -> Option<()> {
        execution.engine.as_ref()?;
        self.world.crashes = self.world.crashes.checked_sub(1)?;
        execution.late.extend(execution.sent.take());
        if is_removed(Guard::DropReleasesNothing) {
            execution.late.push(Request::Release(ReleaseRequest {
                owner: execution.owner,
                expires_at: self
                    .clock(execution)
                    .after(self.scenario.policy.ttl)
                    .seconds_rounded_up(),
            }));
        }
        execution.at = At::Vanished;
        execution.engine = None;
        execution.reply = None;
        Some(())
    }

    fn hear(&mut self, who: usize, execution: &mut Execution, reply: &Reply) {
        let found = reply.found();
        let input = match reply {
            Reply::Claimed(claimed) => Input::Claimed(Ok(claimed)),
            Reply::Found(found) => Input::Found(Ok(found.as_deref())),
            Reply::Written(Verb::Complete, written) => Input::Completed(Ok(written)),
            Reply::Written(Verb::Release, written) => Input::Released(Ok(written)),
            Reply::Written(_, written) => Input::Extended(Ok(written)),
            Reply::Failed(Verb::Look, failure) => Input::Found(Err(*failure)),
            Reply::Failed(Verb::Claim, failure) => Input::Claimed(Err(*failure)),
            Reply::Failed(Verb::Complete, failure) => Input::Completed(Err(*failure)),
            Reply::Failed(Verb::Release, failure) => Input::Released(Err(*failure)),
            Reply::Failed(Verb::Extend, failure) => Input::Extended(Err(*failure)),
        };
        self.tell(who, execution, input, found);
    }

    /// Tells the engine, and does what it says.
    fn tell(
        &mut self,
        who: usize,
        execution: &mut Execution,
        input: Input<'_>,
        found: Option<&Record>,
    ) {
        let now = self.clock(execution);
        let Some(engine) = &mut execution.engine else {
            return;
        };
        let mut step = engine.on(now, input);
        // To be woken late, and to send what arrives late, are the same to everybody else.
        while let Step::Wait(_) = step {
            step = engine.on(now, Input::Tick);
        }
        match step {
            Step::Claim(request) => {
                execution.owner = request.terms.owner;
                execution.send(Request::Claim(request));
            }
            Step::Complete(request) => execution.send(Request::Complete(request)),
            Step::Release(request) => execution.send(Request::Release(request)),
            Step::Extend(request) => {
                let asks = matches!(execution.at, At::Asks(_));
                execution.send(Request::Extend(request));
                execution.at = if asks {
                    At::Asks(request.wake_at)
                } else {
                    At::Runs(request.wake_at)
                };
            }
            Step::Look(_) => execution.send(Request::Look),
            Step::Watch(request) => execution.at = At::Watches(request),
            Step::Run(wake_at) => {
                execution.at = At::Runs(wake_at);
                if execution.body == Body::Unstarted {
                    if is_guarded(execution) {
                        self.check_begins(execution);
                    }
                    execution.body = Body::Begun;
                }
            }
            Step::Reconcile(wake_at) => execution.at = At::Asks(wake_at),
            Step::Wait(_) => unreachable!("a wait is over at once"),
            Step::Return(outcome) => self.finish(who, execution, outcome, found),
        }
    }

    fn finish(
        &mut self,
        who: usize,
        execution: &mut Execution,
        outcome: Outcome,
        found: Option<&Record>,
    ) {
        execution.late.extend(execution.sent.take());
        execution.reply = None;
        execution.engine = None;
        execution.at = At::Returned(outcome);
        self.check_returned(who, execution, outcome, found);
    }

    /// The store carries out a request whose reply somebody waits for.
    fn arrive(&mut self, execution: &mut Execution, request: Request) -> Option<Reply> {
        let reply = match request {
            Request::Claim(request) => {
                if is_removed(Guard::ClaimIsOneStep) {
                    execution.sent = Some(Request::Write(request, self.world.record.clone()));
                    return None;
                }
                let (written, reply) = store::claimed(self.world.found(), &request);
                self.grant(execution, written);
                claim_reply(reply)
            }
            Request::Write(request, read) => {
                let (written, reply) = store::claimed(read.as_deref(), &request);
                self.grant(execution, written);
                claim_reply(reply)
            }
            Request::Look => Reply::Found(self.world.record.clone()),
            Request::Complete(request) => {
                Reply::Written(Verb::Complete, self.complete(execution, &request))
            }
            Request::Release(request) => {
                Reply::Written(Verb::Release, self.release(execution, &request))
            }
            Request::Extend(request) => {
                Reply::Written(Verb::Extend, self.extend(execution, &request))
            }
        };
        Some(reply)
    }

    /// The store carries out a request whose reply nobody waits for.
    fn arrive_late(&mut self, execution: &mut Execution, request: Request) {
        let sent = execution.sent.take();
        self.arrive(execution, request);
        // A claim that only read so far goes on being late.
        execution.late.extend(execution.sent.take());
        execution.sent = sent;
    }

    fn grant(&mut self, execution: &mut Execution, written: Option<Record>) {
        let Some(record) = written else {
            return;
        };
        self.check_erased();
        self.check_granted(&record);
        execution.generation = record.generation;
        execution.leased_until = record.lease_until;
        self.world.record = Some(Shared::new(record));
    }

    fn complete(&mut self, execution: &mut Execution, request: &CompleteRequest) -> Written {
        let has_result = matches!(request.status, Status::Completed | Status::Failed);
        let result = has_result.then_some(execution.gives);
        let Some(record) = store::completed(self.world.found(), request, result) else {
            return store::lost(self.world.found());
        };
        self.check_ended(request.owner);
        execution.ended = Some(request.status);
        self.world.ghost.due[usize::from(execution.gives)] = due(self.scenario, execution.done_at);
        if self.scenario.transactional && request.status != Status::Held {
            execution.commits += 1;
            self.world.ghost.effects += 1;
            self.check_committed();
        }
        self.world.record = Some(Shared::new(record));
        Written::Done
    }

    fn release(&mut self, execution: &mut Execution, request: &ReleaseRequest) -> Written {
        let left = match store::released(self.world.found(), request) {
            Ok(left) => left,
            Err(lost) => return lost,
        };
        self.check_ended(request.owner);
        execution.ended = Some(Status::Released);
        self.world.record = left.map(Shared::new);
        Written::Done
    }

    fn extend(&mut self, execution: &mut Execution, request: &ExtendRequest) -> Written {
        let Some(record) = store::extended(self.world.found(), request) else {
            return store::lost(self.world.found());
        };
        self.check_ended(request.owner);
        execution.leased_until = record.lease_until;
        self.world.record = Some(Shared::new(record));
        Written::Done
    }

    /// The store refuses a completion for good.
    fn refuse(&mut self, execution: &mut Execution, failure: Failure) -> Option<()> {
        let Some(Request::Complete(request)) = &execution.sent else {
            return None;
        };
        let has_result = matches!(request.status, Status::Completed | Status::Failed);
        let is_possible = if failure == Failure::Canceled {
            self.scenario.transactional && request.status != Status::Held
        } else {
            has_result
        };
        is_possible.then_some(())?;
        // What it committed itself may be why its conditions hold no more.
        if failure != Failure::Canceled || execution.commits == 0 {
            self.world.refusals = self.world.refusals.checked_sub(1)?;
        }
        execution.sent = None;
        execution.reply = Some(Reply::Failed(Verb::Complete, failure));
        Some(())
    }
}

fn claim_reply(reply: Result<Claimed, Failure>) -> Reply {
    match reply {
        Ok(claimed) => Reply::Claimed(Box::new(claimed)),
        Err(failure) => Reply::Failed(Verb::Claim, failure),
    }
}

impl Execution {
    fn send(&mut self, request: Request) {
        self.late.extend(self.sent.take());
        self.reply = None;
        self.sent = Some(request);
        self.at = At::Waits;
    }
}
