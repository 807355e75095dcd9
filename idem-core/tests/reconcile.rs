//! Abandoned attempts: the outside world is asked what became of them before anybody runs.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::future::Future;

use idem_core::policy::{OnAbandoned, OnOverrun, OnStoreFailure};
use idem_core::testing::Verb;
use idem_core::{Error, Execution, Idempotency, Invocation, Reconciliation};
use support::{Door, Manual, Outcome, Runs, TTL, World, fault, now, poll, quick, secs};

type Answer = Result<Reconciliation<String>, Error>;

/// A call that asks like this about an abandoned attempt.
fn asking<'a, F: Future<Output = Answer> + 'a>(
    runtime: &'a Idempotency,
    invocation: Invocation<'static>,
    runs: &'a Runs,
    ask: impl FnOnce(Execution) -> F + 'a,
) -> Manual<'a, Outcome> {
    let call = runtime
        .call("charge", "order-17")
        .ttl(TTL)
        .invocation(invocation);
    Box::pin(
        call.reconcile(ask)
            .run(move || async move { Ok(format!("run {}", runs.note())) }),
    )
}

/// A world in which an attempt was abandoned, and lease and margin are over.
fn abandoned() -> (World, Idempotency, Runs) {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut crashed: Manual<'_, Outcome> = Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(world.invocation())
            .on_abandoned(OnAbandoned::Reconcile)
            .reconcile(async |_| -> Answer { unreachable!("a first run has nothing to ask") })
            .run(async || {
                runs.note();
                door.pass().await;
                Ok("never".to_owned())
            }),
    );
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    world.clock.advance(secs(60));
    world.store.sent();
    (world, runtime, runs)
}

#[test]
fn a_result_that_the_abandoned_attempt_had_is_stored_and_nothing_runs() {
    let (world, runtime, runs) = abandoned();
    let asked = asking(&runtime, world.invocation(), &runs, async |_| {
        Ok(Reconciliation::Completed("paid".to_owned()))
    });
    assert_eq!(now(asked).unwrap(), "paid");
    let later = asking(&runtime, world.invocation(), &runs, async |_| {
        unreachable!("nothing is abandoned any more")
    });
    assert_eq!(now(later).unwrap(), "paid");
    assert_eq!(runs.count(), 1);
}

#[test]
fn an_attempt_that_never_had_its_effect_runs_again() {
    let (world, runtime, runs) = abandoned();
    let asked = asking(&runtime, world.invocation(), &runs, async |_| {
        Ok(Reconciliation::NeverHappened)
    });
    assert_eq!(now(asked).unwrap(), "run 2");
    assert_eq!(world.store.sent(), ["claim", "complete"]);
}

#[test]
fn an_attempt_of_which_nobody_can_tell_is_held_for_ever() {
    let (world, runtime, runs) = abandoned();
    for _ in 0..2 {
        let asked = asking(&runtime, world.invocation(), &runs, async |_| {
            Ok(Reconciliation::Unknown)
        });
        assert!(now(asked).unwrap_err().is_held());
        world.clock.advance(TTL * 1000);
    }
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_question_that_fails_ends_the_call_and_is_asked_again_after_the_lease() {
    let (world, runtime, runs) = abandoned();
    let failed = asking(&runtime, world.invocation(), &runs, async |_| {
        Err(Idempotency::current().unwrap_err())
    });
    assert!(now(failed).unwrap_err().is_not_configured());
    assert_eq!(world.store.sent(), ["claim"], "nothing is released");
    let busy = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
    assert!(busy.is_in_progress());
    world.clock.advance(secs(60));
    let asked = asking(&runtime, world.invocation(), &runs, async |_| {
        Ok(Reconciliation::Completed("paid".to_owned()))
    });
    assert_eq!(now(asked).unwrap(), "paid");
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_question_that_panics_leaves_the_record_as_one_that_fails() {
    let (world, runtime, runs) = abandoned();
    let asked = asking(&runtime, world.invocation(), &runs, async |_| {
        panic!("the question's own")
    });
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| now(asked)));
    assert!(panicked.is_err());
    assert_eq!(world.store.sent(), ["claim"]);
    assert_eq!(runs.count(), 1);
}

#[test]
fn two_never_ask_at_once() {
    let (world, runtime, runs) = abandoned();
    let (asked, door) = (Runs::default(), Door::default());
    let ask = async |_| {
        asked.note();
        door.pass().await;
        Ok(Reconciliation::NeverHappened)
    };
    let mut first = asking(&runtime, world.invocation(), &runs, ask);
    assert!(poll(&mut first).is_pending());
    let second = asking(&runtime, world.invocation(), &runs, ask);
    assert!(now(second).unwrap_err().is_in_progress());
    assert_eq!(asked.count(), 1);
    door.open();
    assert_eq!(now(first).unwrap(), "run 2");
}

#[test]
fn a_question_that_outruns_its_lease_lets_nobody_run() {
    let (world, runtime, runs) = abandoned();
    let door = Door::default();
    let mut first = asking(&runtime, world.invocation(), &runs, async |_| {
        door.pass().await;
        Ok(Reconciliation::NeverHappened)
    });
    assert!(poll(&mut first).is_pending());
    world.clock.advance(secs(11));
    door.open();
    assert!(now(first).unwrap_err().is_not_started());
    assert_eq!(runs.count(), 1);
}

#[test]
fn the_question_has_the_token_of_the_abandoned_attempt() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let sent = std::cell::OnceCell::new();
    let call = || {
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(world.invocation())
    };
    let mut crashed: Manual<'_, Outcome> = Box::pin(call().run_with(|execution: Execution| {
        sent.set(execution.token("charge")).unwrap();
        async {
            door.pass().await;
            Ok("never".to_owned())
        }
    }));
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    world.clock.advance(secs(60));
    let asked = asking(&runtime, world.invocation(), &runs, async |execution| {
        assert_eq!(Some(&execution.token("charge")), sent.get());
        assert_eq!(execution.attempt(), 2);
        Ok(Reconciliation::Completed("paid".to_owned()))
    });
    assert_eq!(now(asked).unwrap(), "paid");
}

#[test]
fn a_completion_of_what_was_found_out_is_sent_again_like_any_other() {
    let (world, runtime, runs) = abandoned();
    world.store.plan(Verb::Complete, &[fault::REPLY_LOST]);
    let mut asked = asking(&runtime, world.invocation(), &runs, async |_| {
        Ok(Reconciliation::Completed("paid".to_owned()))
    });
    assert!(poll(&mut asked).is_pending());
    world.clock.advance(secs(1));
    assert_eq!(now(asked).unwrap(), "paid");
}

#[test]
fn a_runtime_that_reconciles_refuses_a_handler_that_names_nobody_to_ask() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.builder().on_abandoned(OnAbandoned::Reconcile).build();
    let error = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
    assert!(error.is_not_configured(), "{error}");
    assert!(error.to_string().contains("reconcile("), "{error}");
    assert_eq!(runs.count(), 0);
}

#[test]
fn a_handler_that_may_overrun_does_not_start_on_a_claim_that_is_over() {
    let (world, runtime, runs) = abandoned();
    for others in [false, true] {
        let door = Door::default();
        let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(4));
        let mut first: Manual<'_, Outcome> = Box::pin(
            call.on_overrun(OnOverrun::Run)
                .reconcile(async |_| {
                    door.pass().await;
                    Ok(Reconciliation::NeverHappened)
                })
                .run(async || Ok(format!("run {}", runs.note()))),
        );
        assert!(poll(&mut first).is_pending());
        world.clock.advance(secs(60));
        if others {
            let second = asking(&runtime, world.invocation(), &runs, async |_| {
                Ok(Reconciliation::NeverHappened)
            });
            assert_eq!(now(second).unwrap(), "run 2");
        }
        door.open();
        assert!(now(first).unwrap_err().is_not_started());
    }
    assert_eq!(runs.count(), 2);
}

#[test]
fn a_question_that_wants_a_longer_lease_and_knows_nothing_ends() {
    let (world, runtime, runs) = abandoned();
    world.store.plan(Verb::Complete, &[fault::STALLED]);
    let mut asked = asking(&runtime, world.invocation(), &runs, async |execution| {
        let mut longer = Box::pin(execution.extend(secs(600)));
        // Wanted, and not waited for.
        let _ = poll(&mut longer);
        Ok(Reconciliation::Unknown)
    });
    for _ in 0..2 {
        assert!(poll(&mut asked).is_pending(), "the store has not answered");
        world.clock.advance(secs(6));
    }
    assert!(now(asked).unwrap_err().is_held());
}

#[test]
fn a_handler_that_ran_unguarded_and_failed_leaves_the_question_open() {
    let (world, runtime, runs) = abandoned();
    world.store.plan(Verb::Claim, &[fault::REPLY_LOST; 3]);
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let mut unguarded: Manual<'_, Outcome> = Box::pin(
        call.on_store_failure(OnStoreFailure::Run)
            .reconcile(async |_| Ok(Reconciliation::Unknown))
            .run(async || Err(Idempotency::current().unwrap_err())),
    );
    for _ in 0..2 {
        assert!(poll(&mut unguarded).is_pending());
        world.clock.advance(secs(1));
    }
    now(unguarded).unwrap_err();
    world.clock.advance(secs(120));
    let asked = asking(&runtime, world.invocation(), &runs, async |_| {
        Ok(Reconciliation::Completed("paid".to_owned()))
    });
    assert_eq!(now(asked).unwrap(), "paid");
}

#[test]
fn a_handler_starts_when_it_is_allowed_to_though_a_renewal_is_under_way() {
    let (world, runtime, runs) = abandoned();
    let door = Door::default();
    world.store.plan(Verb::Extend, &[fault::STALLED]);
    let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(4));
    let mut asked: Manual<'_, Outcome> = Box::pin(
        call.on_overrun(OnOverrun::Run)
            .reconcile(async |_| {
                door.pass().await;
                Ok(Reconciliation::NeverHappened)
            })
            .run(async || Ok(format!("run {}", runs.note()))),
    );
    assert!(poll(&mut asked).is_pending());
    world.clock.advance(secs(2));
    assert!(poll(&mut asked).is_pending(), "the renewal has no answer");
    door.open();
    // Later, its lease might be over.
    assert_eq!(now(asked).unwrap(), "run 2");
}
