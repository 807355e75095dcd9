//! A result that knows whether it was replayed.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use idem_core::{Error, Outcome};
use serde_json::json;
use support::{Runs, TTL, World, now};

#[test]
fn the_first_run_is_none_and_every_later_one_is_a_replay() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    for replayed in [false, true, true] {
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let outcome = now(call.run(async || Ok::<_, Error>(Outcome::from(runs.note())))).unwrap();
        assert_eq!((outcome.value, outcome.replayed), (1, replayed));
    }
}

#[test]
fn what_is_stored_and_sent_is_the_value_alone() {
    let outcome = Outcome::from(json!({ "charged": 4_999 }));
    assert_eq!(serde_json::to_value(&outcome).unwrap(), outcome.value);

    let world = World::new();
    let runtime = world.runtime();
    let call = || runtime.call("charge", "order-17").ttl(TTL);
    now(call().run(async || Ok::<_, Error>(17))).unwrap();
    // A handler that has changed its result type since.
    let outcome = now(call().run(async || Ok::<_, Error>(Outcome::from(18)))).unwrap();
    assert_eq!((outcome.value, outcome.replayed), (17, true));
    assert_eq!(now(call().run(async || Ok::<_, Error>(18))).unwrap(), 17);
}

#[test]
fn a_replayed_value_is_changed_for_its_caller_and_stays_in_the_record() {
    let world = World::new();
    let runtime = world.runtime();
    for seen in ["fresh", "seen again", "seen again"] {
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let outcome = now(call.run(async || Ok::<_, Error>(Outcome::from("fresh".to_owned()))));
        let outcome = outcome
            .unwrap()
            .on_replay(|text| "seen again".clone_into(text));
        assert_eq!(outcome.value, seen);
    }
}

#[test]
fn nothing_at_all_is_a_result_like_any_other() {
    let world = World::new();
    let runtime = world.runtime();
    for replayed in [false, true] {
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let outcome = now(call.run(async || Ok::<_, Error>(Outcome::from(None::<u32>)))).unwrap();
        assert_eq!((outcome.value, outcome.replayed), (None, replayed));
    }
}
