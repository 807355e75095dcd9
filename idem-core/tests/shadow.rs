//! Shadow mode: every call runs and gets what its own run ends with, and what would have become of it is reported.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use idem_core::observe::{EndedCall, Observer, Outcome};
use idem_core::policy::{OnAbandoned, OnBusy, OnError, OnMissingKey, OnStoreFailure};
use idem_core::testing::Verb;
use idem_core::{Builder, Error, Execution, Idempotency, Reconciliation, Verdict};
use support::bank::{Bank, Paid};
use support::{Door, MARGIN, Runs, TTL, World, execution, fault, now, poll, quick, secs};

/// What was told of one call.
#[derive(Debug, PartialEq)]
struct Told {
    outcome: Outcome,
    shadow: Option<Outcome>,
    verdict: Option<Verdict>,
    reason: Option<String>,
}

/// Keeps what it is told.
#[derive(Clone, Debug, Default)]
struct Ear(Arc<Mutex<Vec<Told>>>);

impl Observer for Ear {
    fn call_ended(&self, call: &EndedCall<'_>) {
        self.0.lock().unwrap().push(Told {
            outcome: call.outcome,
            shadow: call.shadow,
            verdict: call.verdict,
            reason: call.reason.map(Into::into),
        });
    }
}

impl Ear {
    /// What it was told last.
    #[track_caller]
    fn last(&self) -> Told {
        self.0.lock().unwrap().pop().expect("it should be told")
    }

    #[track_caller]
    fn would_have(&self, outcome: Outcome) -> Told {
        let told = self.last();
        assert_eq!(
            (told.outcome, told.shadow),
            (Outcome::Ran, Some(outcome)),
            "{told:?}"
        );
        told
    }

    #[track_caller]
    fn ran_as_it_would_have(&self) {
        let told = self.last();
        assert_eq!(
            (told.outcome, told.shadow),
            (Outcome::Ran, None),
            "{told:?}"
        );
    }
}

/// A world, a runtime in shadow mode, and its ear.
fn shadow() -> (World, Idempotency, Ear) {
    shadow_of(World::new(), |builder| builder)
}

fn shadow_of(world: World, settings: impl Fn(Builder) -> Builder) -> (World, Idempotency, Ear) {
    let ear = Ear::default();
    let runtime = settings(world.builder())
        .observer(ear.clone())
        .shadow()
        .build();
    (world, runtime, ear)
}

#[test]
fn every_duplicate_runs_gets_its_own_result_and_is_reported() {
    let (world, runtime, ear) = shadow();
    let runs = Runs::default();
    let first = now(quick(&runtime, world.invocation(), &runs)).unwrap();
    ear.ran_as_it_would_have();
    for run in 2..=4 {
        let again = now(quick(&runtime, world.invocation(), &runs)).unwrap();
        assert_eq!(again, format!("run {run}"));
        let told = ear.would_have(Outcome::Replayed);
        assert_eq!(told.verdict, Some(Verdict::QueueDuplicate));
    }
    // With the mode off, the first one's result is what counts.
    let live = world.runtime();
    assert_eq!(now(quick(&live, world.invocation(), &runs)).unwrap(), first);
}

#[test]
fn a_duplicate_runs_beside_the_first_and_would_have_been_busy() {
    let (world, runtime, ear) = shadow_of(World::new(), |builder| {
        builder.on_busy(OnBusy::Wait(secs(5)))
    });
    let (runs, door) = (Runs::default(), Door::default());
    let mut first = execution(&runtime, world.invocation(), &runs, &door, "the first's");
    assert!(poll(&mut first).is_pending());
    let second = now(quick(&runtime, world.invocation(), &runs)).unwrap();
    assert_eq!(second, "run 2");
    let told = ear.would_have(Outcome::Busy);
    assert_eq!(told.verdict, Some(Verdict::Concurrent));
    door.open();
    assert_eq!(now(first).unwrap(), "the first's");
    ear.ran_as_it_would_have();
}

#[test]
fn a_mismatch_runs_and_would_have_been_refused() {
    let (world, runtime, ear) = shadow();
    for (cents, shadow) in [(4200, None), (999, Some(Outcome::Refused))] {
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let call = call.invocation(world.invocation()).fingerprint(&cents);
        assert_eq!(
            now(call.run(async || Ok::<_, Error>(cents))).unwrap(),
            cents
        );
        assert_eq!(ear.last().shadow, shadow);
    }
}

#[test]
fn an_event_without_a_usable_key_runs_and_would_have_been_refused() {
    let (world, runtime, ear) = shadow();
    for key in [
        serde_json::json!(null),
        serde_json::json!(1e300),
        serde_json::json!(""),
    ] {
        let call = runtime.call("charge", &key).ttl(TTL);
        let call = call.invocation(world.invocation());
        assert_eq!(now(call.run(async || Ok::<_, Error>(1))).unwrap(), 1);
        let told = ear.last();
        assert_eq!(
            (told.outcome, told.shadow),
            (Outcome::Unguarded, Some(Outcome::Refused)),
            "{told:?}"
        );
    }
    assert!(world.store.sent().is_empty());
}

#[test]
fn an_event_without_a_key_that_its_policy_lets_run_is_told_as_it_would_have_been() {
    let (_, runtime, ear) = shadow();
    let call = runtime.call("charge", "").ttl(TTL);
    let call = call.on_missing_key(OnMissingKey::Run);
    assert_eq!(now(call.run(async || Ok::<_, Error>(1))).unwrap(), 1);
    let told = ear.last();
    assert_eq!((told.outcome, told.shadow), (Outcome::Unguarded, None));
}

/// A key that panics when it is serialized.
struct Broken;

impl serde::Serialize for Broken {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("this key is broken");
    }
}

#[test]
fn a_key_that_panics_runs_and_would_have_been_refused() {
    let (_, runtime, ear) = shadow();
    let call = runtime.call("charge", &Broken).ttl(TTL);
    assert_eq!(now(call.run(async || Ok::<_, Error>(1))).unwrap(), 1);
    let told = ear.last();
    assert_eq!(
        (told.outcome, told.shadow),
        (Outcome::Unguarded, Some(Outcome::Refused))
    );
}

#[test]
fn settings_that_would_refuse_every_call_are_reported_and_it_runs() {
    let (world, runtime, ear) =
        shadow_of(World::new(), |builder| builder.on_error(OnError::Remember));
    let runs = Runs::default();
    assert!(now(quick(&runtime, world.invocation(), &runs)).is_ok());
    let told = ear.would_have(Outcome::Refused);
    assert!(told.reason.unwrap().contains("on_error = remember"));

    let call = runtime
        .call("charge", "order-17")
        .ttl(Duration::from_millis(1));
    assert_eq!(now(call.run(async || Ok::<_, Error>(1))).unwrap(), 1);
    let told = ear.last();
    assert_eq!(told.shadow, Some(Outcome::Refused));
    assert!(told.reason.unwrap().contains("ttl"));
}

#[test]
fn a_call_inside_itself_runs_and_would_have_been_refused() {
    let (world, runtime, ear) = shadow();
    let runs = Runs::default();
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let outer = call.invocation(world.invocation()).run(async || {
        let inner = quick(&runtime, world.invocation(), &runs).await?;
        ear.would_have(Outcome::Refused);
        Ok::<_, Error>(inner)
    });
    assert_eq!(now(outer).unwrap(), "run 1");
    ear.ran_as_it_would_have();
}

#[test]
fn a_store_that_is_down_is_asked_once_and_the_handler_runs() {
    for (settings, shadow) in [
        (OnStoreFailure::Fail, Outcome::Refused),
        (OnStoreFailure::Run, Outcome::Unguarded),
    ] {
        let (world, runtime, ear) =
            shadow_of(World::new(), |builder| builder.on_store_failure(settings));
        let runs = Runs::default();
        world.store.plan(Verb::Claim, &[fault::LOST; 9]);
        world.store.plan(Verb::Complete, &[fault::LOST; 9]);
        assert_eq!(
            now(quick(&runtime, world.invocation(), &runs)).unwrap(),
            "run 1"
        );
        assert_eq!(world.store.sent(), ["claim", "complete"]);
        ear.would_have(shadow);
    }
}

#[test]
fn a_store_that_does_not_answer_keeps_the_handler_waiting_for_a_second() {
    let (world, runtime, ear) = shadow();
    let runs = Runs::default();
    world.store.plan(Verb::Claim, &[fault::STALLED; 9]);
    world.store.plan(Verb::Complete, &[fault::STALLED; 9]);
    let mut call = quick(&runtime, world.invocation(), &runs);
    assert!(poll(&mut call).is_pending());
    world.clock.advance(secs(1));
    assert!(poll(&mut call).is_pending());
    assert_eq!(runs.count(), 1, "the handler runs");
    world.clock.advance(secs(1));
    assert_eq!(now(call).unwrap(), "run 1");
    ear.would_have(Outcome::Refused);
}

#[test]
fn a_completion_or_release_without_an_answer_is_given_up_after_a_second() {
    for (verb, is_error) in [(Verb::Complete, false), (Verb::Release, true)] {
        let (world, runtime, _) = shadow();
        world.store.plan(verb, &[fault::STALLED; 9]);
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let mut call = Box::pin(call.invocation(world.invocation()).run(async || {
            if is_error {
                Idempotency::current().map(|_| 1)
            } else {
                Ok(1)
            }
        }));
        assert!(poll(&mut call).is_pending());
        world.clock.advance(secs(1));
        assert_eq!(now(call).is_err(), is_error);
        assert_eq!(world.store.sent().len(), 2);
    }
}

#[test]
fn a_store_that_does_not_answer_leaves_a_short_handler_most_of_its_time() {
    let (world, runtime, ear) = shadow();
    let runs = Runs::default();
    world.store.plan(Verb::Claim, &[fault::STALLED]);
    let mut call = quick(
        &runtime,
        world.invocation_of(Duration::from_millis(900)),
        &runs,
    );
    assert!(poll(&mut call).is_pending());
    world.clock.advance(Duration::from_millis(300));
    assert_eq!(now(call).unwrap(), "run 1");
    ear.would_have(Outcome::Refused);
}

#[test]
fn a_release_that_is_not_answered_keeps_no_error_past_the_deadline() {
    let (world, runtime, _) = shadow();
    world.store.plan(Verb::Release, &[fault::STALLED]);
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let failing = call.invocation(world.invocation()).run(async || {
        world.clock.advance(Duration::from_millis(9700));
        Idempotency::current().map(|_| 1)
    });
    assert!(now(failing).is_err());
}

#[test]
fn a_completion_that_is_not_confirmed_is_reported_and_not_sent_again() {
    let (world, runtime, ear) = shadow();
    let runs = Runs::default();
    world.store.plan(Verb::Complete, &[fault::LOST]);
    assert!(now(quick(&runtime, world.invocation(), &runs)).is_ok());
    assert_eq!(world.store.sent(), ["claim", "complete"]);
    let told = ear.would_have(Outcome::Unknown);
    assert!(told.reason.unwrap().contains("did not confirm"));
}

#[test]
fn a_result_that_cannot_be_stored_is_done_and_its_duplicates_would_have_been_refused() {
    let (world, runtime, ear) = shadow();
    let runs = Runs::default();
    world.store.plan(Verb::Complete, &[fault::REFUSED]);
    assert!(now(quick(&runtime, world.invocation(), &runs)).is_ok());
    ear.ran_as_it_would_have();
    assert!(now(quick(&runtime, world.invocation(), &runs)).is_ok());
    let told = ear.would_have(Outcome::Refused);
    assert!(told.reason.unwrap().contains("could not be stored"));
}

#[test]
fn a_body_runs_on_past_its_lease_and_a_take_over_and_gets_its_own_result() {
    let (world, runtime, ear) = shadow();
    let (runs, door) = (Runs::default(), Door::default());
    let mut first = execution(&runtime, world.invocation(), &runs, &door, "the first's");
    assert!(poll(&mut first).is_pending());
    world.clock.advance(secs(11) + MARGIN);
    assert!(poll(&mut first).is_pending());
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2"
    );
    assert_eq!(ear.last().verdict, Some(Verdict::LambdaRetry));
    door.open();
    assert_eq!(now(first).unwrap(), "the first's");
    ear.would_have(Outcome::Superseded);
}

#[test]
fn a_deadline_that_is_over_still_runs() {
    let (world, runtime, ear) =
        shadow_of(World::new(), |builder| builder.kill_grace(Duration::ZERO));
    let runs = Runs::default();
    let invocation = world.invocation();
    world.clock.advance(secs(10));
    assert!(now(quick(&runtime, invocation, &runs)).is_ok());
    ear.would_have(Outcome::Refused);
}

#[test]
fn a_held_record_does_not_stop_anybody() {
    let (world, runtime, ear) = shadow_of(World::new(), |builder| builder.on_error(OnError::Hold));
    let runs = Runs::default();
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let failing = call.run(async || Idempotency::current().map(|_| String::new()));
    now(failing).unwrap_err();
    assert_eq!(
        (ear.last().outcome, world.store.sent()),
        (Outcome::Failed, vec!["claim", "complete"])
    );
    assert!(now(quick(&runtime, world.invocation(), &runs)).is_ok());
    ear.would_have(Outcome::Refused);
}

#[test]
fn nobody_is_asked_what_became_of_an_attempt() {
    let (world, runtime, ear) = shadow_of(World::new(), |builder| {
        builder.on_abandoned(OnAbandoned::Reconcile)
    });
    let (runs, door) = (Runs::default(), Door::default());
    let asked = Runs::default();
    let ask = async |_: Execution| {
        asked.note();
        Ok::<_, Error>(Reconciliation::Unknown)
    };
    let mut first = {
        let call = runtime.call("charge", "order-17").ttl(TTL).reconcile(ask);
        Box::pin(call.invocation(world.invocation()).run(async || {
            door.pass().await;
            Ok(1)
        }))
    };
    assert!(poll(&mut first).is_pending());
    drop(first);
    world.clock.advance(secs(11) + MARGIN);
    let call = runtime.call("charge", "order-17").ttl(TTL).reconcile(ask);
    let again = call
        .invocation(world.invocation())
        .run(async || Ok(runs.note()));
    assert_eq!((now(again).unwrap(), asked.count()), (1, 0));
    ear.ran_as_it_would_have();
}

#[test]
fn a_duplicate_knows_why_it_came_and_needs_no_lease() {
    let (world, runtime, ear) = shadow();
    let runs = Runs::default();
    now(quick(&runtime, world.invocation(), &runs)).unwrap();
    ear.ran_as_it_would_have();
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let again = call
        .invocation(world.invocation())
        .run_with(async |execution: Execution| {
            assert_eq!(execution.verdict(), Some(Verdict::QueueDuplicate));
            execution.extend(secs(60)).await?;
            Ok::<_, Error>("its own".to_owned())
        });
    assert_eq!(now(again).unwrap(), "its own");
    ear.would_have(Outcome::Replayed);
}

#[test]
fn a_handler_is_not_told_that_its_lease_could_not_be_extended_nor_kept_waiting_for_it() {
    for fault in [fault::LOST, fault::STALLED] {
        let (world, runtime, ear) = shadow();
        world.store.plan(Verb::Extend, &[fault; 9]);
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let extending = call.run_with(async |execution: Execution| {
            execution.extend(secs(600)).await?;
            Ok::<_, Error>(1)
        });
        assert_eq!(now(extending).unwrap(), 1);
        ear.ran_as_it_would_have();
    }
}

#[test]
fn errors_and_panics_of_a_duplicate_are_its_own() {
    let (world, runtime, ear) = shadow();
    let runs = Runs::default();
    now(quick(&runtime, world.invocation(), &runs)).unwrap();
    let call = || {
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .invocation(world.invocation())
    };
    let error = call().run(async || Idempotency::current().map(|_| String::new()));
    assert!(now(error).unwrap_err().is_not_configured());
    let told = ear.last();
    assert_eq!(
        (told.outcome, told.shadow),
        (Outcome::Failed, Some(Outcome::Replayed))
    );

    let panics = call().run(async || -> Result<String, Error> { panic!("the body's own") });
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| now(panics)));
    assert_eq!(
        *caught.unwrap_err().downcast::<&str>().unwrap(),
        "the body's own"
    );
    let told = ear.last();
    assert_eq!(
        (told.outcome, told.shadow),
        (Outcome::Failed, Some(Outcome::Replayed))
    );
}

#[test]
fn writes_that_commit_with_the_record_are_refused_before_anything_runs() {
    let bank = Bank::default();
    let (world, runtime, ear) = shadow_of(World::over(bank.clone()), |builder| builder);
    let call = runtime
        .call("pay", "order-17")
        .ttl(TTL)
        .invocation(world.invocation());
    let pay = call.run_with(async |execution: Execution<Paid>| {
        execution.transact([Paid(17)])?;
        Ok::<_, Error>(1)
    });
    let error = now(pay).unwrap_err();
    assert!(
        error.is_not_configured() && error.to_string().contains("shadow mode"),
        "{error}"
    );
    assert_eq!(
        (ear.last().outcome, bank.ledger()),
        (Outcome::Refused, vec![])
    );
}

#[test]
fn an_attempt_that_disappears_is_kept_for_the_question_that_comes_with_the_mode_off() {
    let (world, runtime, _) = shadow_of(World::new(), |builder| {
        builder.on_abandoned(OnAbandoned::Reconcile)
    });
    let asked = Runs::default();
    let ask = async |_: Execution| {
        asked.note();
        Ok::<_, Error>(Reconciliation::Completed(17))
    };
    let live = world.runtime();
    let [first, later] = [&runtime, &live].map(|runtime| {
        let call = runtime.call("charge", "order-17").ttl(TTL).reconcile(ask);
        call.invocation(world.invocation_of(secs(60)))
            .lease(secs(10))
            .run(std::future::pending::<Result<i32, Error>>)
    });
    let mut first = Box::pin(first);
    assert!(poll(&mut first).is_pending());
    drop(first);
    let record = now(runtime.records().find("charge", "order-17")).unwrap();
    assert_eq!(record.unwrap().expires_at, None, "no backend may delete it");

    world.clock.advance(secs(11) + MARGIN);
    assert_eq!((now(later).unwrap(), asked.count()), (17, 1));
}
