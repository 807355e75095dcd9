//! A world: the time, what is going to happen in it, and what happens.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use fastrand::Rng;
use idem_core::clock::UnixMillis;
use idem_core::decision::Terms;
use idem_core::key::Namespace;
use idem_core::policy::OnAbandoned;
use idem_core::record::{Origin, Owner, Record, Status};
use idem_core::store::{Claim, Claimed, Memory, Store, StoreError, Written};

use crate::caller::{Calling, Outcome, calling};
use crate::network::{Answer, Fate, Mailbox, Message, Reply, Request, look, operation};
use crate::plan::{CALLERS, Deadline, Plan, SKEW, Scene, pick};
use crate::planted::Plant;
use crate::promises::{Breach, Promise, Promises};
use crate::support::bank::Bank;
use crate::support::{GRACE, MARGIN, START, now, poll};
use crate::tally::{Count, Tally};

/// What namespaces the keys of all worlds.
pub(crate) const FUNCTION: &str = "simulation";
pub(crate) const NAME: &str = "simulated";

/// More events than any call needs.
const ENDLESS: u32 = 100_000;

/// What a run is watched for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watch {
    /// Only for this promise.
    pub(crate) only: Option<Promise>,
    /// What happens is written down.
    pub(crate) trace: bool,
}

/// What came of a world.
pub(crate) struct Ended {
    pub(crate) breach: Option<Breach>,
    pub(crate) tally: Tally,
    pub(crate) trace: Vec<String>,
}

pub(crate) struct World {
    store: Arc<dyn Store>,
    bank: Bank,
    state: Mutex<State>,
}

struct State {
    now: u64,
    rng: Rng,
    scene: Scene,
    queue: BinaryHeap<Reverse<(u64, u32, Event)>>,
    messages: Vec<Option<Message>>,
    /// When all leases and the margin are over.
    free_at: u64,
    promises: Promises,
    tally: Tally,
    trace: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A caller is woken.
    Wake(usize),
    /// A message reaches the store, or the store goes on with it.
    Deliver(usize),
    /// Somebody claims another key, and the store makes room.
    Sweep(u32),
}

/// The process of a caller.
struct Process {
    calling: Option<Calling>,
    plan: Plan,
    polls: u32,
    stalled_until: u64,
    /// When the platform kills it.
    killed_at: u64,
}

impl World {
    /// Everything that happens in the world of this seed.
    pub(crate) fn run(seed: u64, plant: Plant, watch: Watch) -> Ended {
        let mut rng = Rng::with_seed(seed);
        let scene = Scene::draw(&mut rng);
        let calls: Vec<_> = (0..CALLERS).map(|_| Plan::draw(&mut rng, scene)).collect();
        let bank = Bank::over(Memory::builder().capacity(scene.keys).build());
        let namespace = Namespace::new(Some(FUNCTION), NAME);
        let ids = (0..scene.keys).map(|key| namespace.id_of_value(None, &key).unwrap());
        let world = Arc::new(Self {
            store: plant.over(&bank),
            bank,
            state: Mutex::new(State {
                now: START.0 + rng.u64(0..1_000),
                rng,
                scene,
                queue: BinaryHeap::new(),
                messages: Vec::new(),
                free_at: 0,
                promises: Promises::new(ids.collect(), &calls, watch.only),
                tally: Tally::default(),
                trace: watch.trace.then(Vec::new),
            }),
        });
        world.state().note(|| format!("{scene:?}"));
        world.unfold(calls);
        let mut state = world.state();
        Ended {
            breach: state.promises.take_breach(),
            tally: state.tally,
            trace: state.trace.take().unwrap_or_default(),
        }
    }

    fn unfold(self: &Arc<Self>, plans: Vec<Plan>) {
        let mut processes = Vec::new();
        for plan in plans {
            self.enter(&mut processes, plan);
        }
        let sweeps = pick(&mut self.state().rng, &[0, 3]);
        for number in 0..sweeps {
            self.state().plan_sweep(number);
        }
        self.until_all_have_ended(&mut processes);
        self.is_calm();
        let free_at = self.state().free_at;
        while self.step(&mut processes, free_at) {}
        {
            let mut state = self.state();
            state.now = state.now.max(free_at);
        }
        self.call_afresh(&mut processes);
        while self.step(&mut processes, u64::MAX) {}
        self.call_afresh(&mut processes);
        if self.state().scene.transacts {
            let (ledger, state) = (self.bank.ledger(), &mut *self.state());
            for _ in &ledger {
                state.tally.count(Count::Committed);
            }
            state.promises.all_is_over(&ledger);
        }
    }

    /// A caller that is going to call.
    fn enter(self: &Arc<Self>, processes: &mut Vec<Process>, plan: Plan) {
        let mut state = self.state();
        let caller = processes.len();
        let arrives = state.now + plan.arrives;
        state.note(|| format!("caller {caller} is {plan:?}"));
        state.plan_event(arrives, Event::Wake(caller));
        state.promises.enters(&plan);
        state.tally.count(Count::Call);
        let killed_at = match plan.deadline {
            Deadline::Kills(after, grace) => {
                arrives + 1 + after + grace.min(u64::try_from(GRACE.as_millis()).unwrap())
            }
            _ => u64::MAX,
        };
        let calling = calling(
            Arc::clone(self),
            caller,
            plan.clone(),
            state.scene.transacts,
        );
        processes.push(Process {
            calling: Some(calling),
            plan,
            polls: 0,
            stalled_until: arrives,
            killed_at,
        });
    }

    fn until_all_have_ended(&self, processes: &mut [Process]) {
        let mut events = 0;
        while let Some(caller) = processes
            .iter()
            .position(|process| process.calling.is_some())
        {
            let more = self.step(processes, u64::MAX);
            events += 1;
            if self.state().promises.is_broken() {
                return;
            }
            if !more || events > ENDLESS {
                return self.state().promises.break_of(Promise::Ends, || {
                    format!("caller {caller} waits for what never comes")
                });
            }
        }
    }

    /// From now on nothing goes wrong, but what is on its way may still arrive.
    fn is_calm(&self) {
        let mut state = self.state();
        state.scene.trouble = 0;
        state.scene.stalls = 0;
    }

    fn call_afresh(self: &Arc<Self>, processes: &mut Vec<Process>) {
        let keys = self.state().scene.keys;
        for key in 0..keys {
            if self.state().promises.is_broken() {
                return;
            }
            self.enter(processes, Plan::fresh(key));
            self.until_all_have_ended(processes);
        }
    }

    /// The next event, if one comes until then.
    fn step(&self, processes: &mut [Process], until: u64) -> bool {
        let event = {
            let mut state = self.state();
            match state.queue.peek() {
                Some(Reverse((at, ..))) if *at <= until && !state.promises.is_broken() => {}
                _ => return false,
            }
            let Some(Reverse((at, _, event))) = state.queue.pop() else {
                return false;
            };
            state.now = state.now.max(at);
            event
        };
        match event {
            Event::Wake(caller) => self.wake(caller, &mut processes[caller]),
            Event::Deliver(message) => self.deliver(message),
            Event::Sweep(number) => self.sweep(number),
        }
        true
    }

    fn wake(&self, caller: usize, process: &mut Process) {
        let mut state = self.state();
        let Some(calling) = &mut process.calling else {
            return;
        };
        if process.stalled_until > state.now {
            return state.plan_event(process.stalled_until, Event::Wake(caller));
        }
        if process.polls == 0 {
            state.promises.begins(caller);
        }
        process.polls += 1;
        let dies = process
            .plan
            .dies_after
            .is_some_and(|polls| process.polls > polls);
        if dies || process.killed_at <= state.now {
            state.note(|| format!("caller {caller} dies"));
            state.tally.count(Count::Crash);
            state.promises.is_gone(caller);
            process.calling = None;
            return;
        }
        if state.rng.u8(0..100) < state.scene.stalls {
            let ms = state.rng.u64(1..20_000);
            state.note(|| format!("caller {caller} stalls for {ms} ms after this"));
            state.tally.count(Count::Stall);
            process.stalled_until = state.now + ms;
        }
        if state.rng.u8(0..16) == 0 {
            // Nobody's reason to be woken, as `select` and `join` have it.
            let at = state.now + state.rng.u64(0..3_000);
            state.plan_event(at, Event::Wake(caller));
        }
        drop(state);
        let polled = catch_unwind(AssertUnwindSafe(|| poll(calling)));
        let outcome = match polled {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(ended)) => Outcome::from(ended),
            Err(_) => Outcome::Panic,
        };
        process.calling = None;
        self.returns(caller, &outcome, process.plan.is_fresh);
    }

    fn returns(&self, caller: usize, outcome: &Outcome, is_fresh: bool) {
        let state = &mut *self.state();
        state.note(|| format!("caller {caller} ends with {outcome:?}"));
        if let Some(count) = state.ending(caller, outcome) {
            state.tally.count(count);
        }
        state.promises.returns(caller, outcome);
        if is_fresh {
            state.promises.fresh_call_ends(state.now, caller, outcome);
        }
    }

    /// A request leaves its caller.
    pub(crate) fn send(&self, caller: usize, request: &Arc<Request>) -> Arc<Mailbox> {
        let mut state = self.state();
        let mailbox = Arc::new(Mailbox::default());
        let trouble = state.scene.trouble;
        let fate = Fate::draw(&mut state.rng, trouble, request);
        state.note(|| format!("caller {caller} sends {}: {fate:?}", request.verb()));
        if let Some(count) = fate.count {
            state.tally.count(count);
        }
        if matches!(**request, Request::Read(_)) {
            state.tally.count(Count::Look);
        }
        if let Some(lease) = request.lease() {
            let margin = u64::try_from(MARGIN.as_millis()).unwrap();
            let free_at = (lease + margin).saturating_add_signed(SKEW);
            state.free_at = state.free_at.max(free_at);
        }
        if let Some((after, failure)) = fate.refusal {
            let at = state.now + after;
            mailbox.put(at, Err(StoreError::new(failure, "the network says no")));
            state.plan_event(at, Event::Wake(caller));
        }
        let mut at_once = None;
        for (after, answer) in fate.copies {
            let message = state.messages.len();
            state.messages.push(Some(Message {
                caller,
                request: Arc::clone(request),
                operation: None,
                answer,
                mailbox: Arc::clone(&mailbox),
            }));
            if after == 0 && at_once.is_none() {
                at_once = Some(message);
            } else {
                let at = state.now + after;
                state.plan_event(at, Event::Deliver(message));
            }
        }
        drop(state);
        if let Some(message) = at_once {
            self.deliver(message);
        }
        mailbox
    }

    /// A message reaches the store, or the store goes on with it.
    fn deliver(&self, number: usize) {
        let Some(mut message) = self.state().messages[number].take() else {
            return;
        };
        let mut operation = message
            .operation
            .take()
            .unwrap_or_else(|| operation(Arc::clone(&self.store), Arc::clone(&message.request)));
        let polled = poll(&mut operation);
        let skew = self.state().promises.skew_of(message.caller);
        self.observe(Some((message.caller, &message.request)), skew);
        let state = &mut *self.state();
        let Poll::Ready(reply) = polled else {
            message.operation = Some(operation);
            state.messages[number] = Some(message);
            let at = state.now + state.rng.u64(0..100);
            return state.plan_event(at, Event::Deliver(number));
        };
        let caller = message.caller;
        state.note(|| {
            let verb = message.request.verb();
            format!("{verb} of caller {caller} is answered: {}", told(&reply))
        });
        let (after, reply) = match message.answer {
            Answer::After(after) => (after, reply),
            Answer::Error(after) => {
                let error = StoreError::new(idem_core::store::Failure::Transient, "no answer");
                (after, Err(error))
            }
            Answer::Nothing => return,
        };
        let at = state.now + after;
        message.mailbox.put(at, reply);
        state.plan_event(at, Event::Wake(caller));
    }

    /// Somebody claims another key for a moment, by a clock of their own: a full store deletes what has expired.
    fn sweep(&self, number: u32) {
        let skew = self.state().rng.i64(-SKEW..=SKEW);
        let at = UnixMillis(self.now().saturating_add_signed(skew));
        let claim = Claim {
            id: Namespace::new(Some(FUNCTION), "other")
                .id_of_value(None, &number)
                .unwrap(),
            terms: Terms {
                owner: Owner(u128::from(number)),
                now: at,
                margin: MARGIN,
                fingerprint: None,
                on_abandoned: OnAbandoned::Retry,
            },
            lease_until: at,
            expires_at: Some(0),
            origin: Origin::default(),
            marks: None,
        };
        // Where nothing has expired, there is no room for it.
        _ = now(self.bank.claim(&claim));
        self.observe(None, skew);
    }

    /// Looks at all records after a request, or a sweep.
    fn observe(&self, request: Option<(usize, &Request)>, skew: i64) {
        let state = &mut *self.state();
        let looks: Vec<_> = state
            .promises
            .ids()
            .map(|id| look(&self.bank, id))
            .collect();
        for (key, record) in looks.into_iter().enumerate() {
            let changed = state.promises.stands(state.now, key, record, request, skew);
            let Some((before, after)) = changed else {
                continue;
            };
            if let Some(count) = change(before.as_ref(), after.as_ref()) {
                state.tally.count(count);
            }
            let is = state.promises.told(after.as_ref());
            state.note(|| format!("the record of key {key} is {is}"));
        }
    }

    /// A caller takes note of a reply.
    pub(crate) fn learns(
        &self,
        caller: usize,
        request: &Request,
        reply: &Result<Reply, StoreError>,
    ) {
        let mut state = self.state();
        state.note(|| {
            let verb = request.verb();
            format!("caller {caller} gets the answer to {verb}: {}", told(reply))
        });
        match (request, reply) {
            (Request::Claim(claim), Ok(Reply::Claimed(Claimed::Granted(_)))) => {
                state.promises.is_leased(caller, claim.lease_until.0);
            }
            (_, Ok(Reply::Claimed(Claimed::Lost(record)))) => {
                state.promises.is_refused(caller, record);
            }
            (Request::Extend(extension), Ok(Reply::Written(Written::Done))) => {
                state.promises.is_leased(caller, extension.lease_until.0);
            }
            (_, Ok(Reply::Found(Some(record)))) => state.promises.is_refused(caller, record),
            _ => {}
        }
    }

    pub(crate) fn is_asked(&self) {
        self.state().tally.count(Count::Asked);
    }

    pub(crate) fn body_is_polled(&self, caller: usize) {
        let state = &mut *self.state();
        let stands = look(&self.bank, state.promises.id_of(caller));
        if state
            .promises
            .body_is_polled(state.now, caller, stands.as_ref())
        {
            state.note(|| format!("caller {caller} runs its body"));
            state.tally.count(Count::Run);
        }
    }

    pub(crate) fn body_ends(&self, caller: usize) {
        let mut state = self.state();
        state.note(|| format!("caller {caller} is done with its body"));
        state.promises.body_ends(caller);
    }

    pub(crate) fn wake_at(&self, caller: usize, at: u64) {
        self.state().plan_event(at, Event::Wake(caller));
    }

    pub(crate) fn now(&self) -> u64 {
        self.state().now
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn plan_event(&mut self, at: u64, event: Event) {
        let order = self.rng.u32(..);
        self.queue.push(Reverse((at, order, event)));
    }

    fn plan_sweep(&mut self, number: u32) {
        let longest = self.scene.spread + 20_000;
        let at = self.now + self.rng.u64(0..longest);
        self.plan_event(at, Event::Sweep(number));
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let ms = self.now - START.0;
            trace.push(format!("{:>4}.{:03} s  {}", ms / 1000, ms % 1000, what()));
        }
    }

    fn ending(&self, caller: usize, outcome: &Outcome) -> Option<Count> {
        let error = match outcome {
            Outcome::Value(_) if self.promises.ran(caller) => return None,
            Outcome::Value(_) => return Some(Count::Replay),
            Outcome::OwnError(_) => return Some(Count::OwnError),
            Outcome::Panic => return Some(Count::Panic),
            Outcome::Refused(error) => error,
        };
        let counts = [
            (error.is_in_progress(), Count::Busy),
            (error.is_mismatch(), Count::Mismatch),
            (error.is_held(), Count::Held),
            (error.is_done_without_result(), Count::DoneWithoutResult),
            (error.is_lease_lost(), Count::LeaseLost),
            (error.is_completion_unknown(), Count::CompletionUnknown),
            (error.is_canceled(), Count::Canceled),
            (error.is_not_started(), Count::NotStarted),
            (error.is_store(), Count::StoreDown),
        ];
        let count = counts.iter().find(|(is_so, _)| *is_so);
        count.map(|(_, count)| *count)
    }
}

/// What a change of a record is counted as.
fn change(before: Option<&Record>, after: Option<&Record>) -> Option<Count> {
    let Some(after) = after else {
        return Some(Count::Swept);
    };
    let before = before?;
    match (before.status, after.status) {
        (Status::InProgress, Status::InProgress) if before.owner == after.owner => {
            Some(Count::Renewal)
        }
        (Status::InProgress, Status::InProgress) => Some(Count::TakeOver),
        (Status::InProgress, Status::Failed) => Some(Count::Remembered),
        (Status::Completed | Status::Failed | Status::DoneNoResult, Status::InProgress) => {
            Some(Count::LateArrival)
        }
        _ => None,
    }
}

/// A reply in a few words.
fn told(reply: &Result<Reply, StoreError>) -> String {
    match reply {
        Ok(Reply::Claimed(Claimed::Granted(_))) => "granted".to_owned(),
        Ok(Reply::Claimed(Claimed::Lost(record))) => format!("lost to {:?}", record.status),
        Ok(Reply::Found(record)) => {
            format!("{:?}", record.as_ref().map(|record| record.status))
        }
        Ok(Reply::Written(Written::Done)) => "done".to_owned(),
        Ok(Reply::Written(Written::Lost(record))) => {
            format!("lost to {:?}", record.as_ref().map(|record| record.status))
        }
        Err(error) => format!("{error}"),
    }
}
