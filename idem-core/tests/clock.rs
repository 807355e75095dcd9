//! A clock that is set a year forward or back, before, in and after every step of a call: every call ends with a result
//! or an error that says what happened.
//!
//! What holds then: a clock that is set forward ends every lease, so that another execution may take over, and the one
//! before is stopped, or gets its successor's result. A clock that is set back makes every lease longer by that much:
//! calls are refused until the clock has caught up or is set right. Between two machines, leases are worth as much as
//! their clocks and the margin.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use idem_core::clock::{Clock, ManualClock, UnixMillis};
use idem_core::policy::{OnAbandoned, OnBusy, OnOverrun};
use idem_core::testing::Verb;
use idem_core::{Error, Idempotency, Invocation};
use support::{
    Door, GRACE, MARGIN, Manual, Outcome, Runs, START, TTL, World, execution, fault, now, poll,
    quick, secs,
};

const YEAR: Duration = Duration::from_hours(365 * 24);
const TIMEOUT: Duration = Duration::from_secs(10);
const LEASE: Duration = Duration::from_secs(30);
/// The lease where there is neither `lease` nor a deadline.
const DEFAULT_LEASE: Duration = Duration::from_mins(1);

fn a_year_ahead() -> UnixMillis {
    START.after(YEAR)
}

fn a_year_back() -> UnixMillis {
    START.before(YEAR)
}

/// An invocation whose deadline is true, whatever the clock shows.
fn invocation() -> Invocation<'static> {
    Invocation {
        request_id: Some("8f507cfc-xmpl-4697-b07a-ac58fc914c95"),
        deadline: Some(START.after(TIMEOUT)),
        tenant: None,
    }
}

/// An execution under a lease of its own, without a deadline, that waits at the door.
fn renewing<'a>(
    runtime: &'a Idempotency,
    runs: &'a Runs,
    door: &'a Door,
) -> Manual<'a, Result<u32, Error>> {
    let call = runtime.call("charge", "order-17").ttl(TTL).lease(LEASE);
    Box::pin(call.run(move || async move {
        let run = runs.note();
        door.pass().await;
        Ok(run)
    }))
}

/// When a refused caller is to come back.
#[track_caller]
fn busy_for<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Duration {
    outcome.unwrap_err().retry_after().unwrap()
}

#[test]
fn a_clock_set_forward_before_the_claim_starts_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.clock.set(a_year_ahead());
    let outcome = now(quick(&runtime, invocation(), &runs));
    assert!(
        outcome.unwrap_err().is_not_started(),
        "the deadline is over"
    );
    assert_eq!(runs.count(), 0);
    assert!(world.store.sent().is_empty());
}

#[test]
fn a_clock_set_back_before_the_claim_leases_until_the_same_deadline() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    world.clock.set(a_year_back());
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    let busy = busy_for(now(quick(&runtime, invocation(), &runs)));
    assert_eq!(busy, YEAR + TIMEOUT + GRACE + MARGIN);

    world.clock.set(START);
    let busy = busy_for(now(quick(&runtime, invocation(), &runs)));
    assert_eq!(busy, TIMEOUT + GRACE + MARGIN, "the same moment");
    door.open();
    assert_eq!(now(first).unwrap(), "first");
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_clock_set_back_before_the_claim_leases_for_the_lease_where_there_is_one() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    world.clock.set(a_year_back());
    let mut abandoned = renewing(&runtime, &runs, &door);
    assert!(poll(&mut abandoned).is_pending());
    drop(abandoned);
    assert_eq!(
        busy_for(now(quick(&runtime, invocation(), &runs))),
        LEASE + MARGIN
    );
    world.clock.advance(LEASE + MARGIN);
    assert_eq!(now(quick(&runtime, invocation(), &runs)).unwrap(), "run 2");
}

/// Its runtime was built by a clock that was wrong: every deadline is before that.
#[test]
fn a_clock_set_back_after_the_runtime_was_built_counts_deadlines_as_unknown() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    world.clock.set(a_year_ahead());
    let runtime = world.runtime();
    world.clock.set(START);
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    let busy = busy_for(now(quick(&runtime, invocation(), &runs)));
    assert_eq!(busy, DEFAULT_LEASE + MARGIN);
    door.open();
    assert_eq!(now(first).unwrap(), "first");
}

#[test]
fn a_clock_set_forward_while_a_claim_has_no_answer_starts_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Claim, &[fault::STALLED]);
    let mut call = quick(&runtime, invocation(), &runs);
    assert!(poll(&mut call).is_pending());
    world.clock.set(a_year_ahead());
    assert!(now(call).unwrap_err().is_store());
    assert_eq!(world.store.sent(), ["claim", "release"]);
    world.clock.set(START);
    assert_eq!(now(quick(&runtime, invocation(), &runs)).unwrap(), "run 1");
}

#[test]
fn a_clock_set_forward_before_a_claim_is_sent_again_starts_nothing_and_gives_it_back() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Claim, &[fault::REPLY_LOST]);
    let mut call = quick(&runtime, invocation(), &runs);
    assert!(poll(&mut call).is_pending());
    world.clock.set(a_year_ahead());
    assert!(now(call).unwrap_err().is_not_started());
    assert_eq!(world.store.sent(), ["claim", "claim", "release"]);
    world.clock.set(START);
    assert_eq!(now(quick(&runtime, invocation(), &runs)).unwrap(), "run 1");
}

#[test]
fn a_clock_set_back_before_a_claim_is_sent_again_runs_once() {
    let (world, runs) = (World::new(), Runs::default());
    let clock = Stepped::new(&world.clock);
    let runtime = world.builder().clock(clock.clone()).build();
    world.store.plan(Verb::Claim, &[fault::REPLY_LOST]);
    let mut call = quick(&runtime, invocation(), &runs);
    assert!(poll(&mut call).is_pending());
    clock.set(a_year_back());
    assert!(poll(&mut call).is_pending());
    world.clock.advance(secs(1));
    assert_eq!(
        now(call).unwrap(),
        "run 1",
        "the timer does not know of the step"
    );
    assert_eq!(now(quick(&runtime, invocation(), &runs)).unwrap(), "run 1");
}

#[test]
fn a_clock_set_forward_while_the_body_runs_ends_its_lease_and_it_is_not_polled_again() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    world.clock.set(a_year_ahead());
    door.open();
    assert!(now(first).unwrap_err().is_lease_lost());

    let invocation = world.invocation();
    assert_eq!(now(quick(&runtime, invocation, &runs)).unwrap(), "run 2");
    world.clock.set(START);
    assert_eq!(now(quick(&runtime, invocation, &runs)).unwrap(), "run 2");
}

#[test]
fn a_clock_set_forward_lets_another_take_over_whose_result_the_late_one_gets() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.builder().on_overrun(OnOverrun::Run).build();
    let mut late = execution(&runtime, invocation(), &runs, &door, "late");
    assert!(poll(&mut late).is_pending());
    world.clock.set(a_year_ahead());
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2"
    );
    // It would be right again before the late one looks.
    world.clock.set(START);
    door.open();
    assert_eq!(now(late).unwrap(), "run 2");
}

/// No clock of this machine tells it.
#[test]
fn a_clock_set_forward_and_right_again_lets_the_body_run_on_and_its_successors_result_is_the_answer()
 {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    world.clock.set(a_year_ahead());
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2"
    );
    world.clock.set(START);
    assert!(
        poll(&mut first).is_pending(),
        "by its clock its lease is not over"
    );
    door.open();
    assert_eq!(now(first).unwrap(), "run 2");
}

#[test]
fn a_clock_set_forward_takes_nothing_over_where_the_policy_holds() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.builder().on_abandoned(OnAbandoned::Hold).build();
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    world.clock.set(a_year_ahead());
    let second = now(quick(&runtime, world.invocation(), &runs));
    assert!(second.unwrap_err().is_held());
    world.clock.set(START);
    door.open();
    assert_eq!(now(first).unwrap(), "first");
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_clock_set_back_while_the_body_runs_refuses_others_that_much_longer() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    world.clock.set(a_year_back());
    assert!(poll(&mut first).is_pending());
    let busy = busy_for(now(quick(&runtime, invocation(), &runs)));
    assert_eq!(busy, YEAR + TIMEOUT + GRACE + MARGIN);
    door.open();
    assert_eq!(now(first).unwrap(), "first");
    assert_eq!(now(quick(&runtime, invocation(), &runs)).unwrap(), "first");
    assert_eq!(runs.count(), 1);
}

#[test]
fn what_a_clock_set_back_leaves_abandoned_is_free_when_the_clock_is_right() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut abandoned = execution(&runtime, invocation(), &runs, &door, "never");
    assert!(poll(&mut abandoned).is_pending());
    world.clock.set(a_year_back());
    drop(abandoned);
    assert!(busy_for(now(quick(&runtime, invocation(), &runs))) > YEAR);
    world.clock.set(START.after(TIMEOUT + GRACE + MARGIN));
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2"
    );
}

#[test]
fn a_clock_set_forward_ends_a_lease_that_is_renewed() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = renewing(&runtime, &runs, &door);
    assert!(poll(&mut first).is_pending());
    world.clock.set(a_year_ahead());
    world.store.sent();
    assert!(now(first).unwrap_err().is_lease_lost());
    assert!(world.store.sent().is_empty(), "what is over is not renewed");
}

#[test]
fn a_clock_set_back_renews_no_lease_before_it_has_caught_up() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = renewing(&runtime, &runs, &door);
    assert!(poll(&mut first).is_pending());
    world.store.sent();
    world.clock.set(a_year_back());
    world.clock.advance(LEASE);
    assert!(poll(&mut first).is_pending());
    assert!(world.store.sent().is_empty());
    assert_eq!(
        busy_for(now(quick(&runtime, invocation(), &runs))),
        YEAR + MARGIN
    );

    // Right again, and too late: what nobody renewed is over, and another may have it.
    world.clock.set(START.after(LEASE + MARGIN));
    let successor = now(quick(&runtime, world.invocation(), &runs));
    assert_eq!(successor.unwrap(), "run 2");
    assert!(now(first).unwrap_err().is_lease_lost());
}

#[test]
fn a_clock_set_while_a_renewal_has_no_answer_ends_in_a_typed_error_or_the_result() {
    for (set, is_over) in [(a_year_ahead(), true), (a_year_back(), false)] {
        let (world, runs, door) = (World::new(), Runs::default(), Door::default());
        let runtime = world.runtime();
        let mut first = renewing(&runtime, &runs, &door);
        assert!(poll(&mut first).is_pending());
        world.store.plan(Verb::Extend, &[fault::STALLED]);
        world.clock.advance(LEASE / 2);
        assert!(poll(&mut first).is_pending());
        world.clock.set(set);
        door.open();
        match now(first) {
            Ok(run) => assert!(!is_over && run == 1),
            Err(error) => assert!(is_over && error.is_lease_lost(), "{error}"),
        }
    }
}

/// Its result is there for the ttl from then on, by the clock that recorded it.
#[test]
fn a_clock_set_in_the_body_counts_the_ttl_from_its_own_time() {
    for (set, is_over) in [(a_year_ahead(), false), (a_year_back(), true)] {
        let (world, runs) = (World::new(), Runs::default());
        let runtime = world.runtime();
        let call = || {
            let call = runtime.call("charge", "order-17").ttl(TTL);
            let clock = world.clock.clone();
            let runs = runs.clone();
            call.run(async move || {
                clock.set(set);
                Ok::<_, Error>(runs.note())
            })
        };
        assert_eq!(now(call()).unwrap(), 1, "nobody took over");
        assert_eq!(now(call()).unwrap(), 1, "by that clock it is not over");
        world.clock.set(START);
        let again = now(call()).unwrap();
        assert_eq!(again, if is_over { 2 } else { 1 });
    }
}

#[test]
fn a_clock_set_forward_before_a_completion_is_sent_again_sends_it_once_more() {
    for (faults, is_known) in [
        (&[fault::LOST][..], true),
        (&[fault::REPLY_LOST], true),
        (&[fault::LOST, fault::LOST], false),
        (&[fault::REPLY_LOST, fault::LOST], false),
    ] {
        let (world, runs) = (World::new(), Runs::default());
        let runtime = world.runtime();
        world.store.plan(Verb::Complete, faults);
        let mut call = quick(&runtime, invocation(), &runs);
        assert!(poll(&mut call).is_pending());
        world.clock.set(a_year_ahead());
        match now(call) {
            Ok(result) => assert!(is_known && result == "run 1"),
            Err(error) => assert!(!is_known && error.is_completion_unknown(), "{error}"),
        }
        assert_eq!(world.store.sent(), ["claim", "complete", "complete"]);
        assert_eq!(runs.count(), 1);
    }
}

#[test]
fn a_clock_set_back_before_a_completion_is_sent_again_completes() {
    for (fault, waits) in [
        (fault::LOST, 1),
        (fault::REPLY_LOST, 1),
        (fault::STALLED, 2),
    ] {
        let (world, runs) = (World::new(), Runs::default());
        let clock = Stepped::new(&world.clock);
        let runtime = world.builder().clock(clock.clone()).build();
        world.store.plan(Verb::Complete, &[fault]);
        let mut call = quick(&runtime, invocation(), &runs);
        assert!(poll(&mut call).is_pending());
        clock.set(a_year_back());
        for _ in 0..waits {
            assert!(poll(&mut call).is_pending());
            world.clock.advance(secs(5));
        }
        assert_eq!(now(call).unwrap(), "run 1");
        assert_eq!(now(quick(&runtime, invocation(), &runs)).unwrap(), "run 1");
    }
}

/// A call that waits for another.
fn waiting<'a>(runtime: &'a Idempotency, runs: &'a Runs) -> Manual<'a, Outcome> {
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let call = call.on_busy(OnBusy::Wait(secs(5)));
    Box::pin(call.run(move || async move { Ok(format!("run {}", runs.note())) }))
}

#[test]
fn a_clock_set_forward_while_a_call_waits_for_another_lets_it_take_over() {
    for overrun in [OnOverrun::Stop, OnOverrun::Run] {
        let (world, runs, door) = (World::new(), Runs::default(), Door::default());
        let runtime = world.builder().on_overrun(overrun).build();
        let mut first = execution(&runtime, invocation(), &runs, &door, "first");
        assert!(poll(&mut first).is_pending());
        let mut waiter = waiting(&runtime, &runs);
        assert!(poll(&mut waiter).is_pending());
        world.clock.set(a_year_ahead());
        assert_eq!(now(waiter).unwrap(), "run 2");
        door.open();
        match now(first) {
            Ok(result) => assert_eq!((overrun, &*result), (OnOverrun::Run, "run 2")),
            Err(error) => assert!(overrun == OnOverrun::Stop && error.is_lease_lost()),
        }
    }
}

#[test]
fn a_clock_set_back_while_a_call_waits_for_another_brings_it_the_result_all_the_same() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    let mut waiter = waiting(&runtime, &runs);
    assert!(poll(&mut waiter).is_pending());
    world.clock.set(a_year_back());
    assert!(poll(&mut waiter).is_pending());
    door.open();
    assert_eq!(now(first).unwrap(), "first");
    assert_eq!(now(waiter).unwrap(), "first");
    assert_eq!(runs.count(), 1);
}

/// By its own clock the lease of the other is over. No margin is a year.
#[test]
fn a_machine_a_year_ahead_takes_over_and_both_callers_get_its_result() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let ahead = world
        .builder()
        .clock(ManualClock::at(a_year_ahead()))
        .build();
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    assert_eq!(
        now(quick(&ahead, Invocation::default(), &runs)).unwrap(),
        "run 2"
    );
    door.open();
    assert_eq!(now(first).unwrap(), "run 2");
    assert_eq!(now(quick(&runtime, invocation(), &runs)).unwrap(), "run 2");
}

#[test]
fn a_machine_a_year_back_waits_longer_and_takes_nothing_over() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let back = world
        .builder()
        .clock(ManualClock::at(a_year_back()))
        .build();
    let mut first = execution(&runtime, invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    assert!(busy_for(now(quick(&back, Invocation::default(), &runs))) > YEAR);
    door.open();
    assert_eq!(now(first).unwrap(), "first");
    assert_eq!(
        now(quick(&back, Invocation::default(), &runs)).unwrap(),
        "first"
    );
    assert_eq!(runs.count(), 1);
}

/// Whatever the clock does between any two polls, callers see one result, or errors.
#[test]
fn every_way_of_setting_the_clock_between_the_steps_of_three_calls_shows_one_result() {
    let times = [START, a_year_ahead(), a_year_back()];
    for way in 0..3_usize.pow(6) {
        let (world, runs) = (World::new(), Runs::default());
        let set = |step: u32| world.clock.set(times[way / 3_usize.pow(step) % 3]);
        let runtime = world.builder().on_overrun(OnOverrun::Run).build();
        let doors = [Door::default(), Door::default(), Door::default()];
        let mut calls: Vec<_> = doors
            .iter()
            .zip(["first", "second", "third"])
            .map(|(door, result)| {
                let call = runtime
                    .call("charge", "order-17")
                    .ttl(YEAR * 3)
                    .lease(LEASE);
                let runs = &runs;
                let call: Manual<'_, Outcome> = Box::pin(call.run(move || async move {
                    runs.note();
                    door.pass().await;
                    Ok(result.to_owned())
                }));
                Some(call)
            })
            .collect();
        let mut outcomes = Vec::new();
        for step in 0..6 {
            set(step);
            let at = step as usize % 3;
            if step >= 3 {
                doors[at].open();
            }
            if let Some(mut call) = calls[at].take() {
                match poll(&mut call) {
                    std::task::Poll::Ready(outcome) => outcomes.push(outcome),
                    std::task::Poll::Pending => calls[at] = Some(call),
                }
            }
        }
        assert_eq!(outcomes.len(), 3, "none waits for ever");
        let results = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
        let results: BTreeSet<_> = results.collect();
        assert!(results.len() <= 1, "{way}: {outcomes:?}");
        for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(
                error.is_in_progress() || error.is_lease_lost(),
                "{way}: {error}"
            );
        }
    }
}

/// A clock as machines have it: it can be set, and its timers know nothing of that.
#[derive(Clone, Debug)]
struct Stepped {
    timers: ManualClock,
    /// What the clock shows where the timers' time is [`START`].
    shows: Arc<AtomicU64>,
}

impl Stepped {
    fn new(timers: &ManualClock) -> Self {
        Self {
            timers: timers.clone(),
            shows: Arc::new(AtomicU64::new(START.0)),
        }
    }

    fn set(&self, now: UnixMillis) {
        let elapsed = self.timers.now().since(START);
        self.shows.store(now.before(elapsed).0, Ordering::Relaxed);
    }
}

impl Clock for Stepped {
    fn now(&self) -> UnixMillis {
        let elapsed = self.timers.now().since(START);
        UnixMillis(self.shows.load(Ordering::Relaxed)).after(elapsed)
    }

    fn sleep_until(&self, until: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let woken = self.timers.now().after(until.since(self.now()));
        self.timers.sleep_until(woken)
    }
}
