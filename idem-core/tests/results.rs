//! What becomes of a handler's result: it replays to the byte, or as a typed error, and shows nowhere else.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use idem_core::store::Memory;
use idem_core::{Error, Idempotency, Invocation};
use support::{Door, Runs, TTL, World, now, poll, quick};

/// A result that cannot be serialized, or panics when it is.
#[derive(Debug, serde::Deserialize)]
struct Unstorable {
    panics: bool,
}

impl serde::Serialize for Unstorable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        assert!(!self.panics, "no serialization today");
        Err(serde::ser::Error::custom("no serialization today"))
    }
}

#[test]
fn a_result_that_cannot_be_stored_is_done_all_the_same() {
    for panics in [false, true] {
        let (world, runs) = (World::new(), Runs::default());
        let runtime = world.runtime();
        let call = || {
            let call = runtime.call("charge", "order-17").ttl(TTL);
            call.run(async || {
                runs.note();
                Ok::<_, Error>(Unstorable { panics })
            })
        };
        now(call()).unwrap();
        assert!(now(call()).unwrap_err().is_done_without_result());
        assert_eq!(runs.count(), 1);
    }
}

#[test]
fn a_result_over_the_stores_limit_is_done_all_the_same() {
    let small = Memory::builder().result_limit(10).build();
    let (world, runs) = (World::over(small), Runs::default());
    let runtime = world.runtime();
    let call = || {
        let call = runtime.call("charge", "order-17").ttl(TTL);
        call.run(async || {
            runs.note();
            Ok::<_, Error>("x".repeat(100))
        })
    };
    assert_eq!(now(call()).unwrap().len(), 100);
    assert!(now(call()).unwrap_err().is_done_without_result());
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_result_of_another_type_is_an_error_and_runs_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let call = || runtime.call("charge", "order-17").ttl(TTL);
    now(call().run(async || Ok::<_, Error>("a secret receipt".to_owned()))).unwrap();
    let error = now(call().run(async || Ok::<_, Error>(runs.note()))).unwrap_err();
    assert!(error.is_replay_decode());
    assert!(!format!("{error} {error:?}").contains("secret"));
    assert_eq!(runs.count(), 0);
}

/// Runs once and replays, and wants the same bytes both times.
fn replays_exactly<T>(value: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + PartialEq + std::fmt::Debug,
{
    let world = World::new();
    let runtime = world.runtime();
    let call = || runtime.call("charge", "order-17").ttl(TTL);
    let first = now(call().run(async || Ok::<_, Error>(value.clone()))).unwrap();
    let again =
        now(call().run(async || -> Result<T, Error> { unreachable!("it replays") })).unwrap();
    assert_eq!(&again, value);
    assert_eq!(
        serde_json::to_vec(&again).unwrap(),
        serde_json::to_vec(&first).unwrap()
    );
}

#[test]
fn results_replay_byte_for_byte() {
    replays_exactly(&());
    replays_exactly(&None::<u8>);
    replays_exactly(&Some(0));
    replays_exactly(&false);
    replays_exactly(&0);
    replays_exactly(&String::new());
    replays_exactly(&Vec::<u8>::new());
    replays_exactly(&std::collections::BTreeMap::<String, u8>::new());
    replays_exactly(&"\u{1f600} \u{0} \" \\ é e\u{301}".to_owned());
    replays_exactly(&(u64::MAX, i64::MIN, u128::MAX, i128::MIN));
    replays_exactly(&[
        0.1 + 0.2,
        f64::MIN_POSITIVE,
        f64::MAX,
        5e-324,
        1.0,
        -0.0,
        9_007_199_254_740_993.0,
    ]);
    replays_exactly(
        &serde_json::json!({"z": null, "a": [], "": {}, "n": 18_446_744_073_709_551_615_u64}),
    );
}

#[test]
fn each_replay_is_decoded_afresh() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let mut first = now(quick(&runtime, world.invocation(), &runs)).unwrap();
    first.push_str(", changed by its caller");
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
}

#[test]
fn a_record_that_cannot_be_read_runs_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = Idempotency::builder(support::Unreadable)
        .clock(world.clock.clone())
        .build();
    assert!(
        now(quick(&runtime, world.invocation(), &runs))
            .unwrap_err()
            .is_foreign()
    );
    assert_eq!(runs.count(), 0);
}

#[test]
fn no_key_or_payload_stands_in_errors_and_debug() {
    let (world, door) = (World::new(), Door::default());
    let runtime = world.runtime();
    let secret = "4242-4242-4242-4242";
    let invocation = Invocation {
        tenant: Some(secret),
        ..world.invocation()
    };
    let call = || {
        runtime
            .call("charge", secret)
            .ttl(TTL)
            .invocation(invocation)
            .fingerprint(secret)
    };
    let mut shown = vec![format!("{invocation:?} {:?}", call())];
    let mut first = Box::pin(call().run(async || {
        door.pass().await;
        Ok::<_, Error>(secret.to_owned())
    }));
    assert!(poll(&mut first).is_pending());
    let busy = now(call().run(async || Ok::<_, Error>(String::new()))).unwrap_err();
    shown.push(format!("{busy} {busy:?}"));
    door.open();
    now(first).unwrap();
    let decode = now(call().run(async || Ok::<_, Error>(1_u8))).unwrap_err();
    shown.push(format!("{decode} {decode:?} {runtime:?} {:?}", world.store));
    assert!(!shown.concat().contains("4242"), "{shown:?}");
}

#[test]
fn a_result_that_json_would_give_back_as_another_is_not_stored() {
    fn is_refused<T>(value: &T)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + Clone,
    {
        let world = World::new();
        let runtime = world.runtime();
        let call = || runtime.call("charge", "order-17").ttl(TTL);
        now(call().run(async || Ok::<_, Error>(value.clone()))).unwrap();
        let again = now(call().run(async || -> Result<T, Error> { unreachable!("it is done") }));
        assert!(again.err().unwrap().is_done_without_result());
    }
    is_refused(&Some(()));
    is_refused(&Some(None::<u8>));
    is_refused(&Some(f64::NAN));
    is_refused(&vec![Some(f64::INFINITY)]);
    is_refused(&Some(serde_json::Value::Null));
    is_refused(&(0..200).fold(serde_json::json!(1), |deep, _| serde_json::json!([deep])));
}

/// A result whose decoder panics.
#[derive(Debug, serde::Serialize)]
struct Unreadable;

impl<'de> serde::Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("no such variant today")
    }
}

#[test]
fn a_result_whose_decoder_panics_is_an_error_like_any_that_does_not_decode() {
    let world = World::new();
    let runtime = world.runtime();
    let call = || {
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .run(async || Ok::<_, Error>(Unreadable))
    };
    now(call()).unwrap();
    assert!(now(call()).unwrap_err().is_replay_decode());
}
