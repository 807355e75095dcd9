//! What one run of a handler shares with its guard.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::clock::{Clock, UnixMillis};
use crate::engine::Input;
use crate::idempotency::Idempotency;
use crate::record::{Attempt, Owner, Record};
use crate::store::StoreError;
use crate::verdict::Verdict;

/// What one run of a handler shares with its guard: what the claim found out, how long the lease lasts, and what the
/// handler asks of the guard.
#[derive(Default)]
pub(crate) struct Run {
    /// `None` where nothing runs.
    runtime: Option<Idempotency>,
    /// What tokens are made from.
    pub(super) seed: [u8; 32],
    pub(super) deadline: Option<UnixMillis>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    generation: u64,
    attempt: u32,
    previous: Option<Attempt>,
    verdict: Option<Verdict>,
    /// `None` where there is no lease.
    lease_until: Option<UnixMillis>,
    question: Question,
    extension: Extension,
    /// The guard is gone.
    is_over: bool,
    /// Who polls the guard.
    guard: Option<Waker>,
    /// Who waits for the guard: the handler's own tasks, and what they have joined.
    bodies: Vec<Waker>,
}

/// How the question stands what became of the attempt before.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Question {
    /// There is none, or its answer lets the handler run.
    #[default]
    None,
    Asked,
    Answered(Answer),
    /// The guard knows the answer, and has not let the handler run.
    Taken,
}

/// What the question brought, where it brought no result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    NeverHappened,
    Unknown,
}

/// How the handler's wishes for a longer lease stand; those for an earlier moment are part of those for a later one.
#[derive(Clone, Copy, Default)]
struct Extension {
    wanted: Option<UnixMillis>,
    /// What the guard is at work on.
    taken: Option<UnixMillis>,
    /// Up to here wishes came true, as far as the deadline lets them.
    granted: Option<UnixMillis>,
    /// How many came to nothing.
    failed: u32,
}

impl Run {
    /// One that is going to be guarded; tokens are made from `seed`.
    pub(crate) fn new(
        runtime: Option<&Idempotency>,
        seed: [u8; 32],
        deadline: Option<UnixMillis>,
    ) -> Self {
        Self {
            runtime: runtime.cloned(),
            seed,
            deadline,
            state: Mutex::new(State {
                attempt: 1,
                ..State::default()
            }),
        }
    }

    /// One that nothing guards, with tokens of its own.
    pub(crate) fn unguarded(
        runtime: Option<&Idempotency>,
        deadline: Option<UnixMillis>,
    ) -> Result<Self, StoreError> {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(&Owner::random()?.0.to_be_bytes());
        Ok(Self::new(runtime, seed, deadline))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // What the guard says and asks.

    /// The claim is granted, and this is what it wrote.
    pub(crate) fn claimed(&self, record: &Record) {
        let mut state = self.state();
        state.generation = record.generation;
        state.attempt = record.provenance.attempts;
        state.previous = record.provenance.previous().cloned();
        state.lease_until = Some(record.lease_until);
    }

    /// Why the event came, where its key was claimed before.
    pub(crate) fn judged(&self, verdict: Verdict) {
        self.state().verdict = Some(verdict);
    }

    /// The lease as the engine has it, and whether it is still at work on what the handler wants.
    pub(crate) fn leased(&self, lease: Option<(UnixMillis, bool)>) {
        let mut state = self.state();
        let Some((until, is_at_work)) = lease else {
            state.lease_until = None;
            state.extension.taken = None;
            wake_all(&mut state.bodies);
            return;
        };
        state.lease_until = Some(until);
        if is_at_work {
            return;
        }
        if let Some(taken) = state.extension.taken.take() {
            let longest = self.longest();
            if until >= longest.map_or(taken, |longest| taken.min(longest)) {
                state.extension.granted = state.extension.granted.max(Some(taken));
            } else {
                state.extension.failed += 1;
            }
            wake_all(&mut state.bodies);
        }
    }

    /// Has the handler ask what became of the attempt before.
    pub(crate) fn ask(&self) {
        let mut state = self.state();
        if state.question == Question::None {
            state.question = Question::Asked;
        }
    }

    /// Lets the handler run.
    pub(crate) fn go(&self) {
        let mut state = self.state();
        if state.question == Question::Taken {
            state.question = Question::None;
            wake_all(&mut state.bodies);
        }
    }

    /// What the handler tells or asks, once; else the guard is woken when it does.
    pub(crate) fn news(&self, context: &Context<'_>) -> Option<Input<'static>> {
        let mut state = self.state();
        if let Question::Answered(answer) = state.question {
            state.question = Question::Taken;
            return Some(match answer {
                Answer::NeverHappened => Input::NeverHappened,
                Answer::Unknown => Input::Unknown,
            });
        }
        let is_free = state.extension.taken.is_none();
        if let Some(wanted) = state.extension.wanted.take_if(|_| is_free) {
            state.extension.taken = Some(wanted);
            return Some(Input::Extend(wanted));
        }
        let waker = context.waker();
        if state
            .guard
            .as_ref()
            .is_none_or(|guard| !guard.will_wake(waker))
        {
            state.guard = Some(waker.clone());
        }
        None
    }

    /// Whether the handler has something to tell or to ask.
    pub(crate) fn has_news(&self) -> bool {
        let state = self.state();
        let wants = state.extension.wanted.is_some() && state.extension.taken.is_none();
        wants || matches!(state.question, Question::Answered(_))
    }

    /// The guard is gone: nothing is answered any more.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        wake_all(&mut state.bodies);
    }

    // What the handler says and asks.

    pub(super) fn now(&self) -> UnixMillis {
        let clock = self.runtime.as_ref().map(Idempotency::clock);
        clock.map_or(UnixMillis(0), Clock::now)
    }

    pub(super) fn generation(&self) -> u64 {
        self.state().generation
    }

    pub(super) fn attempt(&self) -> u32 {
        self.state().attempt
    }

    pub(super) fn previous(&self) -> Option<Attempt> {
        self.state().previous.clone()
    }

    pub(super) fn verdict(&self) -> Option<Verdict> {
        self.state().verdict
    }

    pub(super) fn lease_until(&self) -> Option<UnixMillis> {
        self.state().lease_until
    }

    pub(super) fn is_asked(&self) -> bool {
        self.state().question == Question::Asked
    }

    pub(super) fn answer(&self, answer: Answer) {
        let mut state = self.state();
        state.question = Question::Answered(answer);
        wake(&mut state.guard);
    }

    /// Ready once the guard lets the handler run.
    pub(super) fn may_run(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.question == Question::None {
            return Poll::Ready(());
        }
        note(&mut state.bodies, context);
        Poll::Pending
    }

    /// Wants a lease until then; the answer is that of [`extended`](Self::extended), which needs what this gives.
    pub(super) fn want(&self, until: UnixMillis) -> u32 {
        let mut state = self.state();
        state.extension.wanted = state.extension.wanted.max(Some(until));
        wake(&mut state.guard);
        state.extension.failed
    }

    /// Whether the lease lasts until then, or as long as it can; `false` where it was not extended.
    pub(super) fn extended(
        &self,
        until: UnixMillis,
        failed: u32,
        context: &Context<'_>,
    ) -> Poll<bool> {
        let mut state = self.state();
        if state.is_over {
            return Poll::Ready(false);
        }
        let is_long_enough = state.lease_until.is_none_or(|lease| lease >= until);
        if is_long_enough || self.needs_no_lease() || state.extension.granted >= Some(until) {
            return Poll::Ready(true);
        }
        if state.extension.failed != failed {
            return Poll::Ready(false);
        }
        note(&mut state.bodies, context);
        Poll::Pending
    }

    /// In shadow mode nobody is stopped at the end of a lease: what became of it is no reason to fail.
    fn needs_no_lease(&self) -> bool {
        self.runtime.as_ref().is_some_and(Idempotency::is_shadow)
    }

    /// No lease is longer.
    fn longest(&self) -> Option<UnixMillis> {
        let grace = self.runtime.as_ref()?.policy().kill_grace;
        self.deadline.map(|deadline| deadline.after(grace))
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

fn wake_all(wakers: &mut Vec<Waker>) {
    wakers.drain(..).for_each(Waker::wake);
}

fn note(wakers: &mut Vec<Waker>, context: &Context<'_>) {
    let waker = context.waker();
    if !wakers.iter().any(|noted| noted.will_wake(waker)) {
        wakers.push(waker.clone());
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}
