//! What observers are told of a call, and that nothing they do changes how it ends.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use idem_core::clock::{Clock, ManualClock, UnixMillis};
use idem_core::observe::{EndedCall, Measures, Observer, Outcome};
use idem_core::policy::OnBusy;
use idem_core::store::Memory;
use idem_core::testing::Verb;
use idem_core::{Builder, Error, Idempotency};
use support::slow::Slow;
use support::{Door, Manual, Runs, START, TTL, World, execution, fault, now, poll, quick, secs};

/// How long each answer of the slow store takes.
const ANSWER: Duration = Duration::from_millis(30);

/// What was told of one call.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    at: UnixMillis,
    outcome: Outcome,
    measures: Measures,
}

/// Keeps what it is told.
#[derive(Clone, Debug, Default)]
struct Ear(Arc<Mutex<Vec<Told>>>);

impl Observer for Ear {
    fn call_ended(&self, call: &EndedCall<'_>) {
        self.0.lock().unwrap().push(Told {
            at: call.at,
            outcome: call.outcome,
            measures: call.measures,
        });
    }
}

impl Ear {
    /// What it was told since it was last asked.
    fn told(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The same, where that should be one call.
    #[track_caller]
    fn once(&self) -> Told {
        let told = self.told();
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].clone()
    }
}

/// Panics whatever it is told.
#[derive(Debug)]
struct Broken;

impl Observer for Broken {
    fn call_ended(&self, _: &EndedCall<'_>) {
        panic!("this observer is broken");
    }
}

/// A runtime with an ear, over a store that takes its time.
fn slow() -> (ManualClock, Idempotency, Ear) {
    let (clock, ear) = (ManualClock::at(START), Ear::default());
    let builder = Idempotency::builder(Slow::new(&clock, ANSWER));
    let runtime = builder.clock(clock.clone()).observer(ear.clone()).build();
    (clock, runtime, ear)
}

/// One call whose body takes this long, with 10 seconds until its deadline.
fn call<'a>(
    clock: &'a ManualClock,
    runtime: &'a Idempotency,
    takes: Duration,
) -> Manual<'a, Result<u32, Error>> {
    let invocation = idem_core::Invocation {
        deadline: Some(clock.now().after(secs(10))),
        ..Default::default()
    };
    let call = runtime.call("charge", "order-17").ttl(TTL);
    Box::pin(call.invocation(invocation).run(async move || {
        clock.advance(takes);
        Ok(1234)
    }))
}

#[test]
fn a_first_call_is_measured_from_claim_to_completion() {
    let (clock, runtime, ear) = slow();
    now(call(&clock, &runtime, secs(4))).unwrap();
    let told = ear.once();
    assert_eq!(told.outcome, Outcome::Ran);
    assert_eq!(told.at, START.after(secs(4) + 2 * ANSWER), "when it ended");
    assert_eq!(told.measures.store, 2 * ANSWER, "claim and completion");
    assert_eq!(told.measures.waiting, Duration::ZERO);
    // Of 11 seconds, the kill grace among them, what was not over when the completion was sent.
    let over = secs(4) + ANSWER;
    assert_eq!(told.measures.lease_left, secs(11).checked_sub(over));
    assert_eq!(told.measures.stored_bytes, Some(4), "1234");
}

#[test]
fn a_replay_is_measured_in_the_store_and_writes_nothing() {
    let (clock, runtime, ear) = slow();
    now(call(&clock, &runtime, secs(4))).unwrap();
    ear.once();
    now(call(&clock, &runtime, secs(4))).unwrap();
    let told = ear.once();
    assert_eq!(told.outcome, Outcome::Replayed);
    assert_eq!(told.measures.store, ANSWER);
    assert_eq!(told.measures.lease_left, None);
    assert_eq!(told.measures.stored_bytes, None);
}

#[test]
fn a_pause_before_a_request_is_sent_again_is_time_in_the_store() {
    let (world, ear) = (World::new(), Ear::default());
    let runtime = world.builder().observer(ear.clone()).build();
    world.store.plan(Verb::Claim, &[fault::LOST]);
    let runs = Runs::default();
    let mut first = quick(&runtime, world.invocation(), &runs);
    assert!(poll(&mut first).is_pending());
    world.clock.advance(secs(1));
    now(first).unwrap();
    assert_eq!(ear.once().measures.store, secs(1));
}

#[test]
fn an_end_is_measured_that_was_written_although_its_reply_is_lost() {
    let (world, ear) = (World::new(), Ear::default());
    let runtime = world.builder().observer(ear.clone()).build();
    world.store.plan(Verb::Complete, &[fault::REPLY_LOST]);
    let runs = Runs::default();
    let mut first = quick(&runtime, world.invocation(), &runs);
    assert!(poll(&mut first).is_pending());
    world.clock.advance(secs(1));
    let result = now(first).unwrap();
    let measures = ear.once().measures;
    let bytes = format!("\"{result}\"").len() as u64;
    assert_eq!(measures.stored_bytes, Some(bytes));
    assert_eq!(measures.lease_left, Some(secs(10)));
}

#[test]
fn nobody_waits_for_a_lease_that_is_renewed() {
    let (clock, runtime, ear) = slow();
    let door = Door::default();
    let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(10));
    let mut call: Manual<'_, Result<u32, Error>> = Box::pin(call.run(async || {
        door.pass().await;
        Ok(1)
    }));
    assert!(poll(&mut call).is_pending());
    clock.advance(secs(6));
    assert!(poll(&mut call).is_pending(), "and it is renewed");
    door.open();
    now(call).unwrap();
    let measures = ear.once().measures;
    assert_eq!(measures.store, 2 * ANSWER, "claim and completion");
    let left = measures.lease_left.unwrap();
    assert!(left > secs(9), "of the renewed lease: {left:?}");
}

#[test]
fn the_time_spent_waiting_for_another_is_told_apart() {
    let (clock, runtime, ear) = slow();
    let (runs, door) = (Runs::default(), Door::default());
    let invocation = idem_core::Invocation::default();
    let mut first = execution(&runtime, invocation, &runs, &door, "the first's");
    assert!(poll(&mut first).is_pending());
    let second = runtime.call("charge", "order-17").ttl(TTL);
    let second = second.on_busy(OnBusy::Wait(secs(5)));
    let mut second: Manual<'_, support::Outcome> =
        Box::pin(second.run(async || unreachable!("it waits for the first's result")));
    assert!(poll(&mut second).is_pending());
    door.open();
    now(first).unwrap();
    ear.once();
    clock.advance(secs(3));
    assert_eq!(now(second).unwrap(), "the first's");
    let told = ear.once();
    assert_eq!(told.outcome, Outcome::Replayed);
    assert_eq!(told.measures.store, ANSWER, "its claim");
    // The first's completion, the pause, and the look that found it.
    assert_eq!(told.measures.waiting, secs(3) + 2 * ANSWER);
}

#[test]
fn a_call_that_fails_has_stored_nothing() {
    let (_, runtime, ear) = slow();
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let failed = call.run(async || Err::<u32, _>(Idempotency::current().unwrap_err()));
    now(failed).unwrap_err();
    let told = ear.once();
    assert_eq!(told.outcome, Outcome::Failed);
    assert_eq!(told.measures.store, 2 * ANSWER, "claim and release");
    assert_eq!(told.measures.lease_left, None);
    assert_eq!(told.measures.stored_bytes, None);
}

#[test]
fn a_call_without_a_record_is_told_without_measures() {
    let (_, runtime, ear) = slow();
    let call = runtime.call("charge", "").ttl(TTL);
    now(call.run(async || Ok::<_, Error>(1))).unwrap_err();
    let told = ear.once();
    assert_eq!(told.outcome, Outcome::Refused);
    assert_eq!(told.at, START);
    assert_eq!(told.measures, Measures::default());
}

/// A runtime whose observers are these, in this order.
fn observed(world: &World, observers: impl IntoIterator<Item = Option<Ear>>) -> Idempotency {
    let add = |builder: Builder, ear: Option<Ear>| match ear {
        Some(ear) => builder.observer(ear),
        None => builder.observer(Broken),
    };
    observers.into_iter().fold(world.builder(), add).build()
}

#[test]
fn each_observer_is_told_once_of_each_call() {
    let (world, runs) = (World::new(), Runs::default());
    let ears = [Ear::default(), Ear::default(), Ear::default()];
    let runtime = observed(&world, ears.clone().map(Some));
    for outcome in [Outcome::Ran, Outcome::Replayed] {
        now(quick(&runtime, world.invocation(), &runs)).unwrap();
        for ear in &ears {
            assert_eq!(ear.once().outcome, outcome);
        }
    }
}

#[test]
fn an_observer_that_panics_changes_nothing_for_the_caller_nor_for_the_others() {
    let (world, runs) = (World::new(), Runs::default());
    let ears = [Ear::default(), Ear::default()];
    let [before, after] = ears.clone().map(Some);
    let runtime = observed(&world, [before, None, after]);
    for outcome in [Outcome::Ran, Outcome::Replayed] {
        let result = now(quick(&runtime, world.invocation(), &runs));
        assert_eq!(result.unwrap(), "run 1");
        for ear in &ears {
            assert_eq!(ear.once().outcome, outcome);
        }
    }
    assert_eq!(world.store.sent(), ["claim", "complete", "claim"]);
    let refused = runtime.call("charge", "").ttl(TTL);
    let refused = now(refused.run(async || Ok::<_, Error>(1))).unwrap_err();
    assert!(refused.is_missing_key(), "{refused}");
}

#[test]
fn an_observer_that_panics_leaves_the_handlers_panic_as_it_is() {
    let world = World::new();
    let runtime = observed(&world, [None]);
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let call = call.run(async || -> Result<u32, Error> { panic!("the handler's own") });
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| now(call))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the handler's own"));
}

#[test]
fn nothing_is_told_of_calls_that_nothing_guards() {
    let (world, ear) = (World::new(), Ear::default());
    let runtime = observed(&world, [Some(ear.clone())]);
    now(runtime.scope(async {
        let disabled = Idempotency::disabled();
        let call = disabled.call("charge", "order-17").ttl(TTL);
        call.run(async || Ok::<_, Error>(1)).await
    }))
    .unwrap();
    assert_eq!(ear.told(), []);
}

/// Counts how often it is asked for the time.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<AtomicU32>);

impl Clock for Asked {
    fn now(&self) -> UnixMillis {
        self.0.fetch_add(1, Ordering::Relaxed);
        START
    }

    fn sleep_until(
        &self,
        _: UnixMillis,
    ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn the_clock_is_not_read_for_nobody() {
    let asked = |observers: usize| {
        let clock = Asked::default();
        let mut builder = Idempotency::builder(Memory::new()).clock(clock.clone());
        for _ in 0..observers {
            builder = builder.observer(Ear::default());
        }
        let runtime = builder.build();
        let runs = Runs::default();
        now(quick(&runtime, idem_core::Invocation::default(), &runs)).unwrap();
        clock.0.load(Ordering::Relaxed)
    };
    // Claim and completion are timed, and the call's end is noted.
    assert_eq!(asked(1), asked(0) + 5);
    assert_eq!(asked(2), asked(1));
}
