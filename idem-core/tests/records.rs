//! Looking after records: what is held or abandoned is listed, completed, released and forgotten.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::time::Duration;

use idem_core::key::RecordId;
use idem_core::policy::{OnAbandoned, OnError, OnOverrun};
use idem_core::record::{Record, Status};
use idem_core::testing::Verb;
use idem_core::{Error, Idempotency, Pages};
use support::{Door, Manual, Outcome, Runs, TTL, World, execution, fault, now, poll, quick, secs};

/// The records of all pages.
fn all(mut pages: Pages<'_>) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some(page) = now(pages.next()).unwrap() {
        records.extend(page);
    }
    records
}

/// A runtime that holds what fails and what is abandoned.
fn careful(world: &World) -> Idempotency {
    let builder = world.builder().on_error(OnError::Hold);
    builder.on_abandoned(OnAbandoned::Hold).build()
}

/// Fails on "order-17", which is held then.
fn fail(world: &World, runtime: &Idempotency, runs: &Runs) -> Record {
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let outcome: Outcome = now(call.invocation(world.invocation()).run(async || {
        runs.note();
        Err(Idempotency::current().unwrap_err())
    }));
    outcome.unwrap_err();
    find(runtime).unwrap()
}

/// Crashes on "order-17", which is abandoned then.
fn crash(world: &World, runtime: &Idempotency, runs: &Runs) -> Record {
    let door = Door::default();
    let mut crashed = execution(runtime, world.invocation(), runs, &door, "never");
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    world.clock.advance(secs(60));
    find(runtime).unwrap()
}

/// An execution of "order-17" that runs on past its lease until the door opens.
fn overrun<'a>(world: &World, runtime: &'a Idempotency, door: &'a Door) -> Manual<'a, Outcome> {
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let call = call
        .invocation(world.invocation())
        .on_overrun(OnOverrun::Run);
    let mut late: Manual<'_, Outcome> = Box::pin(call.run(async || {
        door.pass().await;
        Ok("late".to_owned())
    }));
    assert!(poll(&mut late).is_pending());
    world.clock.advance(secs(60));
    late
}

fn find(runtime: &Idempotency) -> Option<Record> {
    now(runtime.records().find("charge", "order-17")).unwrap()
}

#[test]
fn what_is_held_and_what_is_abandoned_are_listed_apart() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = careful(&world);
    assert!(all(runtime.records().held()).is_empty());
    let held = fail(&world, &runtime, &runs);
    let call = runtime.call("refund", "order-17").ttl(TTL);
    let mut crashed: Manual<'_, Outcome> = Box::pin(call.run(async || {
        door.pass().await;
        Ok("never".to_owned())
    }));
    assert!(poll(&mut crashed).is_pending());
    assert!(
        all(runtime.records().abandoned()).is_empty(),
        "it may still run"
    );
    drop(crashed);
    world.clock.advance(secs(63));
    assert_eq!(all(runtime.records().held()), [held]);
    let abandoned = all(runtime.records().abandoned());
    assert_eq!(abandoned.len(), 1);
    assert_eq!(abandoned[0].status, Status::InProgress);
}

#[test]
fn a_record_is_found_by_the_name_that_errors_and_logs_show() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = careful(&world);
    let held = fail(&world, &runtime, &runs);
    let error = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
    let name = error.record().unwrap().to_string();
    let id: RecordId = name.parse().unwrap();
    assert_eq!(now(runtime.records().get(&id)).unwrap(), Some(held));
    for wrong in [
        "",
        "charge",
        "charge#",
        "charge#12",
        &name.to_uppercase(),
        &name[1..].replace('#', "-"),
    ] {
        assert!(wrong.parse::<RecordId>().is_err(), "{wrong}");
    }
}

#[test]
fn a_completed_record_gives_every_duplicate_the_result() {
    for record in [fail, crash] {
        let (world, runs) = (World::new(), Runs::default());
        let runtime = careful(&world);
        let record = record(&world, &runtime, &runs);
        let refused = now(quick(&runtime, world.invocation(), &runs)).unwrap_err();
        assert!(refused.is_held());
        now(runtime
            .records()
            .complete(&record, &"by hand".to_owned(), TTL))
        .unwrap();
        let replayed = now(quick(&runtime, world.invocation(), &runs)).unwrap();
        assert_eq!(replayed, "by hand");
        world.clock.advance(TTL + secs(1));
        let again = now(quick(&runtime, world.invocation(), &runs)).unwrap();
        assert_eq!(again, "run 2", "its ttl is over");
    }
}

#[test]
fn a_released_or_forgotten_record_lets_the_next_delivery_run() {
    for record in [fail, crash] {
        for forget in [false, true] {
            let (world, runs) = (World::new(), Runs::default());
            let runtime = careful(&world);
            let seen = record(&world, &runtime, &runs);
            if forget {
                now(runtime.records().forget(&seen)).unwrap();
                assert_eq!(find(&runtime), None);
            } else {
                now(runtime.records().release(&seen)).unwrap();
                assert_eq!(find(&runtime).unwrap().status, Status::Released);
            }
            world.clock.advance(Duration::from_millis(1));
            let outcome = now(quick(&runtime, world.invocation(), &runs));
            assert_eq!(outcome.unwrap(), "run 2");
            assert!(find(&runtime).unwrap().generation > seen.generation);
        }
    }
}

#[test]
fn a_completed_record_can_only_be_forgotten() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    now(quick(&runtime, world.invocation(), &runs)).unwrap();
    let record = find(&runtime).unwrap();
    let records = runtime.records();
    assert!(now(records.release(&record)).unwrap_err().is_not_resolved());
    let completed = now(records.complete(&record, &"other".to_owned(), TTL));
    assert!(completed.unwrap_err().is_not_resolved());
    now(records.forget(&record)).unwrap();
    let outcome = now(quick(&runtime, world.invocation(), &runs));
    assert_eq!(outcome.unwrap(), "run 2");
}

#[test]
fn nothing_is_written_where_an_execution_runs() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut running = execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut running).is_pending());
    let record = find(&runtime).unwrap();
    let records = runtime.records();
    for result in [
        now(records.complete(&record, &"other".to_owned(), TTL)),
        now(records.release(&record)),
        now(records.forget(&record)),
    ] {
        let error = result.unwrap_err();
        assert!(error.is_not_resolved(), "{error}");
    }
    door.open();
    assert_eq!(now(running).unwrap(), "first");
}

#[test]
fn nothing_is_written_where_the_record_is_not_as_it_was_seen() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = careful(&world);
    let seen = fail(&world, &runtime, &runs);
    let records = runtime.records();
    now(records.release(&seen)).unwrap();
    now(quick(&runtime, world.invocation(), &runs)).unwrap();
    let stands = find(&runtime);
    for result in [
        now(records.complete(&seen, &"other".to_owned(), TTL)),
        now(records.forget(&seen)),
    ] {
        assert!(result.unwrap_err().is_not_resolved());
    }
    now(records.release(&seen)).expect("it was released");
    assert_eq!(find(&runtime), stands);
}

#[test]
fn an_execution_that_is_late_gets_what_a_person_decided() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = careful(&world);
    let late = overrun(&world, &runtime, &door);
    let record = find(&runtime).unwrap();
    now(runtime
        .records()
        .complete(&record, &"by hand".to_owned(), TTL))
    .unwrap();
    door.open();
    assert_eq!(now(late).unwrap(), "by hand");
    let later = now(quick(&runtime, world.invocation(), &runs));
    assert_eq!(later.unwrap(), "by hand");
}

#[test]
fn a_store_that_does_not_answer_is_said() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = careful(&world);
    let held = fail(&world, &runtime, &runs);
    for verb in [Verb::Read, Verb::List, Verb::Resolve] {
        world.store.plan(verb, &[fault::LOST]);
    }
    let records = runtime.records();
    let mut pages = records.held();
    for error in [
        now(records.get(&held.id)).unwrap_err(),
        now(pages.next()).unwrap_err(),
        now(records.release(&held)).unwrap_err(),
    ] {
        assert!(
            error.is_store() && !error.to_string().contains("nothing ran"),
            "{error}"
        );
    }
    assert_eq!(all(pages), [held], "the page can be asked for again");
}

#[test]
fn a_disabled_runtime_has_no_records() {
    let disabled = Idempotency::disabled();
    let error: Error = now(disabled.records().held().next()).unwrap_err();
    assert!(error.is_not_configured(), "{error}");
}

#[test]
fn an_execution_that_is_late_never_takes_what_a_person_decided_for_its_own() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = careful(&world);
    let late = overrun(&world, &runtime, &door);
    let record = find(&runtime).unwrap();
    let by_hand = "by hand".to_owned();
    now(runtime.records().complete(&record, &by_hand, secs(60))).unwrap();
    world.clock.advance(secs(61));
    // Its ttl is over, and another runs.
    let closed = Door::default();
    let mut other = execution(&runtime, world.invocation(), &runs, &closed, "other");
    assert!(poll(&mut other).is_pending());
    door.open();
    assert!(now(late).unwrap_err().is_lease_lost());
}

#[test]
fn a_completion_by_hand_is_not_over_at_once() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = careful(&world);
    let held = fail(&world, &runtime, &runs);
    let by_hand = "by hand".to_owned();
    for ttl in [Duration::ZERO, Duration::from_millis(999)] {
        let completed = runtime.records().complete(&held, &by_hand, ttl);
        assert!(now(completed).unwrap_err().is_not_configured());
    }
    assert_eq!(find(&runtime), Some(held));
}
