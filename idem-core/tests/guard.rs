//! The guard on a clock that the test moves: what goes wrong elsewhere, and must not here.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use idem_core::clock::{Clock, ManualClock, UnixMillis};
use idem_core::policy::{OnAbandoned, OnError, OnOverrun};
use idem_core::testing::Verb;
use idem_core::{Error, Idempotency, Invocation, Reconciliation};
use support::{
    Door, GRACE, MARGIN, Manual, Outcome, Runs, START, TTL, World, execution, fault, now, poll,
    quick, secs,
};

#[test]
fn second_call_replays_the_first_result_with_one_request() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
    assert_eq!(world.store.sent(), ["claim", "complete"]);
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
    assert_eq!(world.store.sent(), ["claim"]);
}

#[test]
fn a_concurrent_duplicate_is_busy_and_writes_nothing() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    world.store.sent();

    let error = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
    assert!(error.is_in_progress());
    assert_eq!(error.retry_after(), Some(secs(10) + GRACE + MARGIN));
    assert_eq!(
        world.store.sent(),
        ["claim"],
        "a duplicate must not touch the running record"
    );

    door.open();
    assert_eq!(now(first).unwrap(), "first");
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_late_completion_returns_the_successors_result() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.builder().on_overrun(OnOverrun::Run).build();
    let mut late = execution(&runtime, world.invocation(), &runs, &door, "late");
    assert!(poll(&mut late).is_pending());

    world.clock.advance(secs(10) + GRACE + MARGIN);
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2"
    );
    door.open();
    assert_eq!(
        now(late).unwrap(),
        "run 2",
        "a late execution never returns its own result"
    );
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2"
    );
}

#[test]
fn a_late_completion_without_a_successors_result_is_lease_lost() {
    let (world, runs, door, closed) = (
        World::new(),
        Runs::default(),
        Door::default(),
        Door::default(),
    );
    let runtime = world.builder().on_overrun(OnOverrun::Run).build();
    let mut late = execution(&runtime, world.invocation(), &runs, &door, "late");
    assert!(poll(&mut late).is_pending());

    world.clock.advance(secs(10) + GRACE + MARGIN);
    let mut successor = execution(&runtime, world.invocation(), &runs, &closed, "successor");
    assert!(poll(&mut successor).is_pending());
    door.open();
    assert!(now(late).unwrap_err().is_lease_lost());
    closed.open();
    assert_eq!(
        now(successor).unwrap(),
        "successor",
        "the late completion must not have touched the record"
    );
}

#[test]
fn a_late_failure_leaves_the_successor_alone() {
    let (world, runs, door, closed) = (
        World::new(),
        Runs::default(),
        Door::default(),
        Door::default(),
    );
    let runtime = world.builder().on_overrun(OnOverrun::Run).build();
    let mut late: Manual<'_, Outcome> = Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(world.invocation())
            .run(|| async {
                door.pass().await;
                Err(Idempotency::current().unwrap_err())
            }),
    );
    assert!(poll(&mut late).is_pending());

    world.clock.advance(secs(10) + GRACE + MARGIN);
    let mut successor = execution(&runtime, world.invocation(), &runs, &closed, "successor");
    assert!(poll(&mut successor).is_pending());
    door.open();
    assert!(now(late).unwrap_err().is_lease_lost());
    assert!(
        now(quick(&runtime, world.invocation(), &runs))
            .unwrap_err()
            .is_in_progress()
    );
    closed.open();
    assert_eq!(now(successor).unwrap(), "successor");
}

#[test]
fn after_a_crash_the_key_is_free_one_lease_and_margin_later() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut crashed = execution(&runtime, world.invocation(), &runs, &door, "never");
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);

    world
        .clock
        .advance(secs(9) + std::time::Duration::from_millis(999) + GRACE + MARGIN);
    assert!(
        now(quick(&runtime, world.invocation(), &runs))
            .unwrap_err()
            .is_in_progress()
    );
    world.clock.advance(std::time::Duration::from_millis(1));
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2"
    );
}

#[test]
fn an_abandoned_record_is_held_where_the_policy_says_so() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.builder().on_abandoned(OnAbandoned::Hold).build();
    let mut crashed = execution(&runtime, world.invocation(), &runs, &door, "never");
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    world.clock.advance(TTL * 1000);
    assert!(
        now(quick(&runtime, world.invocation(), &runs))
            .unwrap_err()
            .is_held()
    );
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_crash_before_the_body_starts_blocks_for_the_lease_only() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Claim, &[fault::STALLED]);
    let mut crashed = quick(&runtime, world.invocation(), &runs);
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    assert!(
        now(quick(&runtime, world.invocation(), &runs))
            .unwrap_err()
            .is_in_progress()
    );
    world.clock.advance(secs(10) + GRACE + MARGIN);
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
}

#[test]
fn remaining_time_of_zero_still_leases_until_the_platform_has_killed() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    world.clock.advance(secs(5));
    let mut first = execution(
        &runtime,
        world.invocation_of(secs(0)),
        &runs,
        &door,
        "first",
    );
    assert!(poll(&mut first).is_pending());
    assert_eq!(runs.count(), 1, "it runs while the platform lets it");
    let error = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
    assert_eq!(error.retry_after(), Some(GRACE + MARGIN));
}

#[test]
fn a_deadline_of_1970_counts_as_unknown() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.builder().default_lease(secs(40)).build();
    let watch = Invocation {
        deadline: Some(UnixMillis(600_000)),
        ..Invocation::default()
    };
    let mut first = execution(&runtime, watch, &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    let error = now(quick(&runtime, watch, &runs)).unwrap_err();
    assert_eq!(
        error.retry_after(),
        Some(secs(40) + MARGIN),
        "the default lease serves"
    );
    door.open();
    assert_eq!(now(first).unwrap(), "first");
}

#[test]
fn a_deadline_that_is_over_starts_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let invocation = world.invocation();
    world.clock.advance(secs(10) + GRACE);
    assert!(
        now(quick(&runtime, invocation, &runs))
            .unwrap_err()
            .is_not_started()
    );
    assert_eq!((runs.count(), world.store.sent()), (0, vec![]));
}

#[test]
fn a_claim_that_is_answered_after_its_lease_starts_nothing_and_is_given_back() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Claim, &[fault::REPLY_LOST]);
    let mut late = quick(&runtime, world.invocation(), &runs);
    assert!(poll(&mut late).is_pending());
    world.clock.advance(secs(10) + GRACE);
    assert!(now(late).unwrap_err().is_not_started());
    assert_eq!(world.store.sent(), ["claim", "claim", "release"]);
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
}

#[test]
fn a_ttl_shorter_than_the_run_frees_nothing() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let brief = |runs, door| {
        let (runs, door): (&Runs, &Door) = (runs, door);
        runtime
            .call("charge", "order-17")
            .ttl(secs(1))
            .invocation(world.invocation())
            .run(async move || {
                runs.note();
                door.pass().await;
                Ok::<_, Error>(())
            })
    };
    let mut first = Box::pin(brief(&runs, &door));
    assert!(poll(&mut first).is_pending());
    world.clock.advance(secs(5));
    assert!(now(brief(&runs, &door)).unwrap_err().is_in_progress());
    door.open();
    now(first).unwrap();
    world.clock.advance(std::time::Duration::from_millis(999));
    now(brief(&runs, &door)).unwrap();
    assert_eq!(runs.count(), 1, "the ttl counts from completion");
    world.clock.advance(secs(1));
    now(brief(&runs, &door)).unwrap();
    assert_eq!(
        runs.count(),
        2,
        "an expired record that nobody deleted frees the key"
    );
}

#[test]
fn a_panic_releases_the_claim_and_goes_on() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let panicking = runtime.call("charge", "order-17").ttl(TTL).run(|| async {
        assert!(runs.note() > 1, "the card reader is on fire");
        Ok::<_, Error>(())
    });
    let panic = catch_unwind(AssertUnwindSafe(|| now(panicking))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the card reader is on fire"));
    assert_eq!(world.store.sent(), ["claim", "release"]);
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2"
    );
}

#[test]
fn a_late_panic_goes_on_and_leaves_the_successor_alone() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.builder().on_overrun(OnOverrun::Run).build();
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let mut late = Box::pin(call.invocation(world.invocation()).run(|| async {
        door.pass().await;
        assert!(runs.count() == 0, "the card reader is on fire");
        Ok::<_, Error>(String::new())
    }));
    assert!(poll(&mut late).is_pending());
    world.clock.advance(secs(10) + GRACE + MARGIN);
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
    door.open();
    catch_unwind(AssertUnwindSafe(|| now(late))).unwrap_err();
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
}

#[test]
fn an_error_holds_the_record_where_the_policy_says_so() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.builder().on_error(OnError::Hold).build();
    let failing = runtime.call("charge", "order-17").ttl(TTL).run(|| async {
        runs.note();
        Err::<(), Box<dyn std::error::Error + Send + Sync>>("card declined".into())
    });
    assert_eq!(now(failing).unwrap_err().to_string(), "card declined");
    world.clock.advance(TTL * 1000);
    assert!(
        now(quick(&runtime, world.invocation(), &runs))
            .unwrap_err()
            .is_held()
    );
    assert_eq!(runs.count(), 1);
}

#[test]
fn an_error_releases_and_a_retry_runs_at_once() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    for expected in [false, true] {
        let call = runtime.call("charge", "order-17").ttl(TTL).run(|| async {
            match runs.note() {
                1 => Err::<(), Box<dyn std::error::Error + Send + Sync>>("busy line".into()),
                _ => Ok(()),
            }
        });
        assert_eq!(now(call).is_ok(), expected);
    }
}

#[test]
fn a_future_dropped_while_completing_releases_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Complete, &[fault::STALLED]);
    let mut dropped = quick(&runtime, world.invocation(), &runs);
    assert!(poll(&mut dropped).is_pending());
    drop(dropped);
    assert_eq!(world.store.sent(), ["claim", "complete"]);
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1",
        "the completion had taken effect"
    );
}

#[test]
fn a_nested_call_of_another_key_keeps_the_results_apart() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let outer = || {
        runtime.call("charge", "outer").ttl(TTL).run(|| async {
            let inner = runtime
                .call("charge", "inner")
                .ttl(TTL)
                .run(async || Ok::<_, Error>("inner".to_owned()));
            Ok::<_, Error>(format!("outer of {}, run {}", inner.await?, runs.note()))
        })
    };
    assert_eq!(now(outer()).unwrap(), "outer of inner, run 1");
    assert_eq!(now(outer()).unwrap(), "outer of inner, run 1");
    let inner = runtime
        .call("charge", "inner")
        .ttl(TTL)
        .run(async || Ok::<_, Error>("again".to_owned()));
    assert_eq!(now(inner).unwrap(), "inner");
}

#[test]
fn a_call_inside_itself_is_reentrant_at_once() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let outer = runtime.call("charge", "order-17").ttl(TTL).run(|| async {
        let inner = quick(&runtime, world.invocation(), &runs).await;
        assert!(inner.unwrap_err().is_reentrant());
        Ok::<_, Error>(())
    });
    now(outer).unwrap();
    assert_eq!(runs.count(), 0);
}

#[test]
fn a_short_lease_is_renewed_at_half_time_while_the_body_runs() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let call = || {
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .lease(secs(10))
            .invocation(world.invocation_of(secs(60)))
    };
    let mut first = Box::pin(call().run(|| async {
        runs.note();
        door.pass().await;
        Ok::<_, Error>(())
    }));
    assert!(poll(&mut first).is_pending());
    world.clock.advance(secs(5));
    assert!(poll(&mut first).is_pending());
    assert_eq!(world.store.sent(), ["claim", "extend"]);
    world.clock.advance(secs(9));
    let error = now(call().run(async || Ok::<_, Error>(()))).unwrap_err();
    assert_eq!(
        error.retry_after(),
        Some(secs(1) + MARGIN),
        "14 s after the claim the renewed lease has 1 s left"
    );
    door.open();
    now(first).unwrap();
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_renewed_lease_ends_with_the_deadline() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let invocation = world.invocation_of(secs(12));
    let mut first = Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .lease(secs(10))
            .invocation(invocation)
            .run(|| async {
                runs.note();
                door.pass().await;
                Ok::<_, Error>(())
            }),
    );
    assert!(poll(&mut first).is_pending());
    world.clock.advance(secs(5));
    assert!(poll(&mut first).is_pending());
    let error = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
    assert_eq!(
        error.retry_after(),
        Some(secs(8) + MARGIN),
        "12 s and the kill grace, less the 5 s that are gone"
    );
    world.store.sent();
    world.clock.advance(secs(7));
    assert!(poll(&mut first).is_pending());
    assert_eq!(
        world.store.sent(),
        [""; 0],
        "as long as it can be, it is not renewed"
    );
}

#[test]
fn after_a_crash_under_a_short_lease_the_key_is_free_soon() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let minutes = world.invocation_of(secs(900));
    let mut crashed = Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .lease(secs(10))
            .invocation(minutes)
            .run(|| async {
                door.pass().await;
                Ok::<_, Error>(String::new())
            }),
    );
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    world.clock.advance(secs(10) + MARGIN);
    assert_eq!(now(quick(&runtime, minutes, &runs)).unwrap(), "run 1");
}

#[test]
fn a_renewal_that_finds_the_claim_gone_stops_the_body() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .lease(secs(8))
            .run(|| async {
                door.pass().await;
                Ok::<_, Error>("first".to_owned())
            }),
    );
    assert!(poll(&mut first).is_pending());
    // Somebody whose clock is far ahead takes over.
    let ahead = World {
        clock: ManualClock::at(START.after(secs(100))),
        store: world.store.clone(),
    };
    let stranger = ahead.runtime();
    assert_eq!(
        now(quick(&stranger, ahead.invocation(), &runs)).unwrap(),
        "run 1"
    );
    world.clock.advance(secs(4));
    door.open();
    assert_eq!(
        now(first).unwrap(),
        "run 1",
        "the renewal comes before the body is polled again"
    );
}

#[test]
fn a_body_is_not_polled_past_its_lease() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let effects = Runs::default();
    let mut overrun = Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(world.invocation())
            .run(|| async {
                runs.note();
                door.pass().await;
                effects.note();
                Ok::<_, Error>(())
            }),
    );
    assert!(poll(&mut overrun).is_pending());
    door.open();
    world.clock.advance(secs(10) + GRACE);
    let Poll::Ready(outcome) = poll(&mut overrun) else {
        panic!("an execution past its lease should end");
    };
    assert!(outcome.unwrap_err().is_lease_lost());
    assert_eq!((runs.count(), effects.count()), (1, 0));
}

/// A clock whose timers stand still, as in a process that the platform froze.
#[derive(Clone, Debug)]
struct Frozen(ManualClock);

impl Clock for Frozen {
    fn now(&self) -> UnixMillis {
        self.0.now()
    }

    fn sleep_until(&self, _: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn a_body_is_not_polled_past_its_lease_though_no_timer_fired() {
    let (world, door) = (World::new(), Door::default());
    let runtime = world.builder().clock(Frozen(world.clock.clone())).build();
    let call = runtime
        .call("charge", "order-17")
        .ttl(TTL)
        .invocation(world.invocation());
    let mut call = Box::pin(call.run(|| async {
        door.pass().await;
        Ok::<_, Error>(())
    }));
    for _ in 0..2 {
        assert!(poll(&mut call).is_pending());
    }
    door.open();
    world.clock.advance(secs(10) + GRACE);
    assert!(now(call).unwrap_err().is_lease_lost());
}

/// Counts how often somebody was woken.
#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_body_that_nobody_wakes_is_stopped_by_a_timer_all_the_same() {
    let world = World::new();
    let runtime = world.runtime();
    let call = runtime
        .call("charge", "order-17")
        .ttl(TTL)
        .invocation(world.invocation());
    let mut call = Box::pin(call.run(std::future::pending::<Result<(), Error>>));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let first = call.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(first.is_pending());
    world.clock.advance(secs(10) + GRACE);
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
}

#[test]
fn an_execution_that_ran_and_cannot_read_its_successors_result_is_lease_lost() {
    let (world, door) = (World::new(), Door::default());
    let runtime = world.builder().on_overrun(OnOverrun::Run).build();
    let call = || {
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(world.invocation())
    };
    let mut late = Box::pin(call().run(|| async {
        door.pass().await;
        Ok::<_, Error>(1_u8)
    }));
    assert!(poll(&mut late).is_pending());
    world.clock.advance(secs(10) + GRACE + MARGIN);
    now(call().run(async || Ok::<_, Error>("of a newer version".to_owned()))).unwrap();
    door.open();
    assert!(now(late).unwrap_err().is_lease_lost());
}

#[test]
fn the_policies_of_a_call_go_before_those_of_the_runtime() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let call = |key: &'static str| {
        runtime
            .call("charge", key)
            .ttl(TTL)
            .invocation(world.invocation())
    };
    let failing = call("failing").on_error(OnError::Hold).run(|| async {
        Err::<(), Box<dyn std::error::Error + Send + Sync>>("card declined".into())
    });
    now(failing).unwrap_err();
    assert!(
        now(call("failing").run(async || Ok::<_, Error>(())))
            .unwrap_err()
            .is_held()
    );

    let body = async || {
        runs.note();
        door.pass().await;
        Ok::<_, Error>(())
    };
    let mut long = Box::pin(call("long").on_overrun(OnOverrun::Run).run(body));
    assert!(poll(&mut long).is_pending());
    let mut crashed = Box::pin(call("crashed").run(body));
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    world.clock.advance(secs(60));
    assert!(poll(&mut long).is_pending(), "it runs on past its lease");
    let held = call("crashed").on_abandoned(OnAbandoned::Hold).run(body);
    assert!(now(held).unwrap_err().is_held());
}

#[test]
fn the_body_does_not_run_before_the_question_is_answered_though_a_renewal_is_due() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let call = || {
        let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(10));
        let call = call.reconcile(|_| async { Ok(Reconciliation::Unknown) });
        Box::pin(call.run(|| async {
            runs.note();
            door.pass().await;
            Ok::<_, Error>(())
        }))
    };
    let mut crashed = call();
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    world.clock.advance(secs(60));
    world.store.plan(Verb::Claim, &[fault::REPLY_LOST]);
    world.store.plan(Verb::Extend, &[fault::STALLED]);
    let mut second = call();
    assert!(poll(&mut second).is_pending());
    world.clock.advance(secs(9));
    assert!(now(second).unwrap_err().is_held());
    assert_eq!(runs.count(), 1);
}

#[test]
fn another_fingerprint_is_a_mismatch_also_in_progress_and_at_a_take_over() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let pay = |cents: u32| {
        let (runs, door) = (&runs, &door);
        let call = runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(world.invocation());
        Box::pin(call.fingerprint(&cents).run(async move || {
            runs.note();
            door.pass().await;
            Ok::<_, Error>(cents)
        }))
    };
    let mut first = pay(100);
    assert!(poll(&mut first).is_pending());
    assert!(now(pay(200)).unwrap_err().is_mismatch());
    drop(first);
    world.clock.advance(secs(60));
    assert!(now(pay(200)).unwrap_err().is_mismatch());
    door.open();
    assert_eq!(now(pay(100)).unwrap(), 100);
    assert!(now(pay(200)).unwrap_err().is_mismatch());
    assert_eq!(now(pay(100)).unwrap(), 100);
    assert_eq!(runs.count(), 2);
}

#[test]
fn many_calls_at_once_keep_their_own_keys() {
    let (world, door) = (World::new(), Door::default());
    let runtime = world.runtime();
    let keys: Vec<u32> = (0..64).collect();
    let mut calls: Vec<_> = keys
        .iter()
        .map(|key| {
            let door = &door;
            Box::pin(runtime.call("charge", key).ttl(TTL).run(async move || {
                door.pass().await;
                Ok::<_, Error>(*key)
            }))
        })
        .collect();
    assert!(calls.iter_mut().all(|call| poll(call).is_pending()));
    door.open();
    for (key, call) in keys.iter().zip(calls) {
        assert_eq!(now(call).unwrap(), *key);
    }
    for key in &keys {
        assert_eq!(
            now(runtime
                .call("charge", key)
                .ttl(TTL)
                .run(async || Ok::<_, Error>(u32::MAX)))
            .unwrap(),
            *key
        );
    }
}

#[test]
fn many_calls_at_once_keep_their_own_settings() {
    let (world, door) = (World::new(), Door::default());
    let runtime = world.runtime();
    let keys = [0, 1, 2, 3, 4, 5, 6, 7];
    let call = |key: u32, fingerprint: u32| {
        let call = runtime.call("charge", &keys[key as usize]);
        call.ttl(TTL * (key + 1)).fingerprint(&fingerprint)
    };
    let mut calls: Vec<_> = keys
        .iter()
        .map(|key| {
            let door = &door;
            Box::pin(call(*key, *key).run(async move || {
                door.pass().await;
                Ok::<_, Error>(*key)
            }))
        })
        .collect();
    assert!(calls.iter_mut().all(|call| poll(call).is_pending()));
    door.open();
    for call in calls {
        now(call).unwrap();
    }
    let run = async || Ok::<_, Error>(u32::MAX);
    assert!(
        keys.iter()
            .all(|key| now(call(*key, 17).run(run)).unwrap_err().is_mismatch())
    );
    world.clock.advance(TTL * 4);
    let ended = |key: &u32| now(call(*key, *key).run(run)).unwrap() == u32::MAX;
    let (ended, kept): (Vec<u32>, Vec<u32>) = keys.iter().partition(|key| ended(key));
    assert_eq!((ended, kept), (vec![0, 1, 2, 3], vec![4, 5, 6, 7]));
}

#[test]
fn a_call_leaves_no_task_behind() {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    tokio.block_on(async {
        let (world, runs) = (World::new(), Runs::default());
        let runtime = world.runtime();
        quick(&runtime, world.invocation(), &runs).await.unwrap();
        world.store.plan(Verb::Complete, &[fault::STALLED]);
        let other = runtime
            .call("charge", "order-18")
            .ttl(TTL)
            .run(async || Ok::<_, Error>(()));
        let mut dropped = Box::pin(other);
        assert!(poll(&mut dropped).is_pending());
        drop(dropped);
        assert_eq!(
            tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks(),
            0
        );
    });
}

#[test]
fn a_ttl_or_lease_below_a_second_is_refused_and_nothing_runs() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    for impossible in [
        std::time::Duration::ZERO,
        std::time::Duration::from_millis(999),
    ] {
        let call = |ttl| runtime.call("charge", "order-17").ttl(ttl);
        let run = async || Ok::<_, Error>(runs.note());
        assert!(
            now(call(impossible).run(run))
                .unwrap_err()
                .is_not_configured()
        );
        assert!(
            now(call(TTL).lease(impossible).run(run))
                .unwrap_err()
                .is_not_configured()
        );
        let runtime = world.builder().default_lease(impossible).build();
        let call = runtime.call("charge", "order-17").ttl(TTL);
        assert!(now(call.run(run)).unwrap_err().is_not_configured());
    }
    assert_eq!(runs.count(), 0);
}

#[test]
fn times_at_the_limits_of_their_types_do_not_overflow() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world
        .builder()
        .default_lease(std::time::Duration::MAX)
        .margin(std::time::Duration::MAX)
        .build();
    let call = || {
        let call = runtime
            .call("charge", "order-17")
            .ttl(std::time::Duration::MAX);
        call.run(async || Ok::<_, Error>(runs.note()))
    };
    assert_eq!(now(call()).unwrap(), 1);
    world.clock.set(UnixMillis(u64::MAX / 2));
    assert_eq!(now(call()).unwrap(), 1);
}

#[test]
fn a_disabled_runtime_runs_every_call() {
    let runs = Runs::default();
    let runtime = Idempotency::disabled();
    for run in 1..=2 {
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let call = call
            .fingerprint(&f64::NAN)
            .run(async || Ok::<_, Error>(runs.note()));
        assert_eq!(now(call).unwrap(), run);
    }
}

#[test]
fn a_fingerprint_that_cannot_be_made_runs_nothing_and_is_no_missing_key() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let call = call
        .fingerprint(&f64::NAN)
        .run(async || Ok::<_, Error>(runs.note()));
    let error = now(call).unwrap_err();
    assert!(error.is_invalid_fingerprint() && !error.is_missing_key() && !error.is_invalid_key());
    assert_eq!(
        error.to_string(),
        "the event's fingerprint cannot be made: fingerprint: not a finite number"
    );
    assert_eq!(runs.count(), 0);
    assert!(world.store.sent().is_empty());
}
