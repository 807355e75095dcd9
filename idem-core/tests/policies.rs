//! What a handler's owner decides: errors that are remembered, duplicates that wait, events without a key, and a store
//! that is down.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use idem_core::clock::Clock;
use idem_core::policy::{OnBusy, OnError, OnMissingKey, OnOverrun, OnStoreFailure};
use idem_core::testing::Verb;
use idem_core::{Effect, Error, Execution, Idempotency};
use serde::{Deserialize, Serialize};
use support::{
    Door, MARGIN, Manual, Outcome, Runs, TTL, World, execution, fault, now, poll, quick, secs,
};

/// How a charge can fail: for good, or so that a retry may help.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
enum ChargeError {
    Declined {
        code: u32,
    },
    /// JSON gives it back as null.
    Rate(f64),
    #[serde(skip)]
    Unavailable,
    #[serde(skip)]
    Guard(String),
}

impl From<Error> for ChargeError {
    fn from(error: Error) -> Self {
        Self::Guard(error.to_string())
    }
}

/// One call whose errors are remembered, and which ends like that.
fn charge(
    world: &World,
    runtime: &Idempotency,
    runs: &Runs,
    end: fn() -> Result<u32, ChargeError>,
) -> Result<u32, ChargeError> {
    now(runtime
        .call("charge", "order-17")
        .ttl(TTL)
        .invocation(world.invocation())
        .remember_errors()
        .run(|| async {
            runs.note();
            end()
        }))
}

#[test]
fn a_remembered_error_is_replayed_until_its_ttl_ends() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let declined = || Err(ChargeError::Declined { code: 51 });
    for _ in 0..3 {
        assert_eq!(charge(&world, &runtime, &runs, declined), declined());
        assert_eq!(runs.count(), 1);
    }
    assert_eq!(
        world.store.sent(),
        ["claim", "complete", "claim", "claim"],
        "a replay is one request"
    );
    world.clock.advance(TTL + secs(1));
    assert_eq!(charge(&world, &runtime, &runs, || Ok(1)), Ok(1));
}

#[test]
fn an_error_that_serde_skips_is_not_remembered() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let unavailable = || Err(ChargeError::Unavailable);
    assert_eq!(charge(&world, &runtime, &runs, unavailable), unavailable());
    assert_eq!(charge(&world, &runtime, &runs, || Ok(2)), Ok(2));
    assert_eq!(runs.count(), 2);
}

#[test]
fn an_error_that_json_would_give_back_as_another_is_done_without_result() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let first = charge(&world, &runtime, &runs, || Err(ChargeError::Rate(f64::NAN)));
    assert!(matches!(first, Err(ChargeError::Rate(rate)) if rate.is_nan()));
    let second = charge(&world, &runtime, &runs, || Ok(2));
    assert!(
        matches!(&second, Err(ChargeError::Guard(text)) if text.contains("could not be stored")),
        "{second:?}"
    );
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_remembered_error_of_another_type_is_an_error_and_runs_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let _ = charge(&world, &runtime, &runs, || {
        Err(ChargeError::Declined { code: 51 })
    });
    // A handler that does not remember errors any more.
    let error = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
    assert!(error.is_replay_decode(), "{error}");
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_panic_is_not_remembered() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        charge(&world, &runtime, &runs, || panic!("the body's own"))
    }));
    assert!(panicked.is_err());
    assert_eq!(charge(&world, &runtime, &runs, || Ok(2)), Ok(2));
}

#[test]
fn a_runtime_that_remembers_refuses_a_handler_that_does_not_say_how() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.builder().on_error(OnError::Remember).build();
    let error = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
    assert!(error.is_not_configured(), "{error}");
    assert!(error.to_string().contains("on_error = remember"), "{error}");
    assert_eq!(runs.count(), 0);
    assert_eq!(charge(&world, &runtime, &runs, || Ok(1)), Ok(1));
}

/// A call that waits for another for so long.
fn waiting<'a>(
    world: &World,
    runtime: &'a Idempotency,
    runs: &'a Runs,
    longest: Duration,
) -> Manual<'a, Outcome> {
    let invocation = world.invocation();
    let call = runtime
        .call("charge", "order-17")
        .ttl(TTL)
        .invocation(invocation);
    Box::pin(
        call.on_busy(OnBusy::Wait(longest))
            .run(move || async move { Ok(format!("run {}", runs.note())) }),
    )
}

#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll_with<T>(
    wakes: &Arc<Wakes>,
    future: &mut Pin<Box<impl Future<Output = T> + ?Sized>>,
) -> Poll<T> {
    let woken = Waker::from(Arc::clone(wakes));
    future.as_mut().poll(&mut Context::from_waker(&woken))
}

#[test]
fn a_waiter_wakes_at_once_and_gets_the_result_without_a_write() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    let wakes = Arc::new(Wakes::default());
    let mut second = waiting(&world, &runtime, &runs, secs(5));
    assert!(poll_with(&wakes, &mut second).is_pending());
    world.store.sent();
    door.open();
    assert_eq!(now(first).unwrap(), "first");
    assert!(
        wakes.0.load(Ordering::Relaxed) > 0,
        "the store should tell the waiter, though the time stands still"
    );
    assert_eq!(now(second).unwrap(), "first");
    assert_eq!(world.store.sent(), ["complete", "read"]);
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_waiter_runs_once_the_other_has_failed() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let mut first: Manual<'_, Outcome> = Box::pin(call.run(|| async {
        door.pass().await;
        Err(Idempotency::current().unwrap_err())
    }));
    assert!(poll(&mut first).is_pending());
    let mut second = waiting(&world, &runtime, &runs, secs(5));
    assert!(poll(&mut second).is_pending());
    door.open();
    assert!(now(first).is_err());
    assert_eq!(now(second).unwrap(), "run 1");
}

#[test]
fn a_waiter_gives_up_in_time_and_has_written_nothing() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    world.store.sent();
    let started = world.clock.now();
    let mut second = waiting(&world, &runtime, &runs, secs(5));
    let error = loop {
        match poll(&mut second) {
            Poll::Ready(outcome) => break outcome.unwrap_err(),
            Poll::Pending => world.clock.advance(Duration::from_millis(10)),
        }
    };
    assert!(error.is_in_progress(), "{error}");
    assert_eq!(world.clock.now().since(started), secs(5));
    let sent = world.store.sent();
    let (claims, reads) = sent.split_first().unwrap();
    assert_eq!(*claims, "claim");
    assert!(reads.iter().all(|verb| *verb == "read"), "{sent:?}");
    assert!(
        (5..=15).contains(&reads.len()),
        "pauses grow to a second: {sent:?}"
    );
    door.open();
    assert_eq!(now(first).unwrap(), "first");
}

#[test]
fn a_waiter_gives_up_before_its_own_deadline() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    let mut second = waiting(&world, &runtime, &runs, Duration::MAX);
    assert!(poll(&mut second).is_pending());
    // Its invocation ends in 10 s.
    world.clock.advance(secs(9));
    assert!(now(second).unwrap_err().is_in_progress());
}

#[test]
fn waiters_do_not_all_look_at_once() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    let mut waiters: Vec<_> = (0..16)
        .map(|_| waiting(&world, &runtime, &runs, secs(5)))
        .collect();
    for waiter in &mut waiters {
        assert!(poll(waiter).is_pending());
    }
    world.store.sent();
    let mut looks = Vec::new();
    for _ in 0..100 {
        world.clock.advance(Duration::from_millis(1));
        for waiter in &mut waiters {
            assert!(poll(waiter).is_pending());
        }
        looks.push(world.store.sent().len());
    }
    assert!(looks.iter().sum::<usize>() >= 16, "{looks:?}");
    assert!(looks.iter().all(|at_once| *at_once <= 4), "{looks:?}");
}

#[test]
fn a_waiter_takes_over_once_lease_and_margin_are_over() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(1));
    let mut crashed: Manual<'_, Outcome> = Box::pin(call.run(|| async {
        door.pass().await;
        Ok("never".to_owned())
    }));
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    let mut waiter = waiting(&world, &runtime, &runs, secs(5));
    assert!(poll(&mut waiter).is_pending());
    world.clock.advance(secs(1) + MARGIN);
    assert_eq!(now(waiter).unwrap(), "run 1");
}

#[test]
fn a_waiter_that_cannot_read_looks_again_and_then_gives_up() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    world.store.plan(Verb::Read, &[fault::LOST; 100]);
    let mut second = waiting(&world, &runtime, &runs, secs(5));
    assert!(poll(&mut second).is_pending());
    world.clock.advance(secs(2));
    assert!(poll(&mut second).is_pending());
    world.clock.advance(secs(4));
    assert!(now(second).unwrap_err().is_in_progress());
}

#[test]
fn an_event_without_a_key_runs_unguarded_where_the_policy_says_so() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.builder().on_missing_key(OnMissingKey::Run).build();
    for times in 1..=2 {
        let call = runtime.call("charge", &None::<u32>).ttl(TTL);
        let outcome: Outcome = now(call.run(|| async { Ok(format!("run {}", runs.note())) }));
        assert_eq!(outcome.unwrap(), format!("run {times}"));
    }
    assert!(world.store.sent().is_empty(), "there is no record to share");
    // A key that is there and cannot be used is refused all the same.
    let call = runtime.call("charge", &f64::NAN).ttl(TTL);
    let outcome: Outcome = now(call.run(|| async { Ok(format!("run {}", runs.note())) }));
    assert!(outcome.unwrap_err().is_invalid_key());
    assert_eq!(runs.count(), 2);
}

#[test]
fn a_store_that_is_down_lets_run_where_the_policy_says_so() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world
        .builder()
        .on_store_failure(OnStoreFailure::Run)
        .build();
    world.store.plan(Verb::Claim, &[fault::REFUSED]);
    world.store.plan(Verb::Complete, &[fault::LOST]);
    let outcome = now(quick(&runtime, world.invocation(), &runs));
    assert_eq!(outcome.unwrap(), "run 1");
    assert_eq!(
        world.store.sent(),
        ["claim", "complete"],
        "it tries to record it, once"
    );
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2",
        "nothing was recorded"
    );
}

#[test]
fn a_claim_whose_replies_are_lost_runs_and_is_recorded_where_the_store_is_back() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world
        .builder()
        .on_store_failure(OnStoreFailure::Run)
        .build();
    world.store.plan(Verb::Claim, &[fault::REPLY_LOST; 3]);
    let mut first = quick(&runtime, world.invocation(), &runs);
    for _ in 0..2 {
        assert!(poll(&mut first).is_pending(), "it sends the claim again");
        world.clock.advance(secs(1));
    }
    assert_eq!(now(first).unwrap(), "run 1");
    let second = now(quick(&runtime, world.invocation(), &runs));
    assert_eq!(second.unwrap(), "run 1", "the second replays the first");
}

#[test]
fn an_unguarded_run_that_lost_to_another_gets_the_others_result() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let careful = world.runtime();
    let runtime = world
        .builder()
        .on_store_failure(OnStoreFailure::Run)
        .on_overrun(OnOverrun::Run)
        .build();
    world.store.plan(Verb::Claim, &[fault::REFUSED]);
    let mut unguarded = execution(&runtime, world.invocation(), &runs, &door, "unguarded");
    assert!(poll(&mut unguarded).is_pending());
    let other = now(quick(&careful, world.invocation(), &runs));
    door.open();
    assert_eq!(now(unguarded).unwrap(), other.unwrap());
}

#[derive(Debug)]
struct Paid;

impl Effect for Paid {}

#[test]
fn a_handler_that_commits_with_its_record_never_runs_unguarded() {
    let (world, runs) = (World::new(), Runs::default());
    let down = world
        .builder()
        .on_store_failure(OnStoreFailure::Run)
        .build();
    let keyless = world.builder().on_missing_key(OnMissingKey::Run).build();
    let pay = |runtime: &Idempotency, key: Option<u32>| -> Outcome {
        let call = runtime.call("charge", &key).ttl(TTL);
        now(call.run_with(|_: Execution<Paid>| async { Ok(format!("run {}", runs.note())) }))
    };
    for outcome in [
        pay(&down, Some(1)),
        pay(&keyless, None),
        pay(&keyless, Some(1)),
    ] {
        let error = outcome.unwrap_err();
        assert!(error.is_not_configured(), "{error}");
    }
    assert_eq!(runs.count(), 0);
}

#[test]
fn an_unguarded_run_has_nothing_of_the_execution_that_it_waited_for() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut other = execution(&runtime, world.invocation(), &runs, &door, "other");
    assert!(poll(&mut other).is_pending());
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let call = call
        .on_busy(OnBusy::Wait(secs(60)))
        .on_store_failure(OnStoreFailure::Run);
    let mut unguarded: Manual<'_, Result<u64, Error>> =
        Box::pin(call.run_with(async |execution: Execution| {
            execution.extend(secs(600)).await?;
            Ok(execution.generation())
        }));
    assert!(poll(&mut unguarded).is_pending(), "it waits");
    drop(other);
    world.clock.advance(secs(13));
    world.store.plan(Verb::Claim, &[fault::REFUSED]);
    world.store.plan(Verb::Complete, &[fault::REFUSED]);
    assert_eq!(now(unguarded).unwrap(), 0);
}

#[test]
fn a_store_that_never_answers_leaves_time_to_run_unguarded() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world
        .builder()
        .on_store_failure(OnStoreFailure::Run)
        .build();
    world.store.plan(Verb::Claim, &[fault::STALLED; 3]);
    let started = world.clock.now();
    let deadline = world.invocation().deadline.unwrap();
    let mut call = quick(&runtime, world.invocation(), &runs);
    while runs.count() == 0 {
        assert!(poll(&mut call).is_pending() || runs.count() == 1);
        world.clock.advance(Duration::from_millis(100));
    }
    let left = deadline.since(world.clock.now());
    assert!(left * 5 > deadline.since(started), "{left:?} are left");
}
