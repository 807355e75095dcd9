//! Results that are stored otherwise than as JSON.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use idem_core::codec::{Codec, CodecError, Json};
use idem_core::key::RecordId;
use idem_core::store::Memory;
use idem_core::{Error, Idempotency};
use support::{Runs, TTL, now};

/// Puts the record's id before the result, and looks for it.
#[derive(Debug)]
struct Bound {
    name: &'static str,
    reads_json: bool,
}

const BOUND: Bound = Bound {
    name: "bound",
    reads_json: false,
};
const MIGRATING: Bound = Bound {
    name: "bound",
    reads_json: true,
};
const OTHER: Bound = Bound {
    name: "other",
    reads_json: false,
};

impl Codec for Bound {
    fn name(&self) -> &'static str {
        self.name
    }

    fn reads(&self, name: &str) -> bool {
        name == self.name || (self.reads_json && name == "json")
    }

    fn encode(&self, json: Vec<u8>, record: &RecordId) -> Result<Vec<u8>, CodecError> {
        Ok([record.to_string().as_bytes(), &json].concat())
    }

    fn decode<'s>(
        &self,
        stored: &'s [u8],
        name: &str,
        record: &RecordId,
    ) -> Result<Cow<'s, [u8]>, CodecError> {
        if name == "json" {
            return Ok(stored.into());
        }
        let bound = stored.strip_prefix(record.to_string().as_bytes());
        Ok(bound.ok_or("of another record")?.into())
    }
}

/// Fails as it is told.
#[derive(Clone, Debug, Default)]
struct Failing(Arc<Mutex<Option<&'static str>>>);

impl Failing {
    fn set(&self, fails: Option<&'static str>) {
        *self.0.lock().unwrap() = fails;
    }

    fn fails(&self, verb: &str) -> Result<(), CodecError> {
        let fails = *self.0.lock().unwrap();
        match fails {
            Some("panic") => panic!("no codec today"),
            Some(fails) if fails == verb => Err("no key to seal with".into()),
            _ => Ok(()),
        }
    }
}

impl Codec for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn encode(&self, json: Vec<u8>, _: &RecordId) -> Result<Vec<u8>, CodecError> {
        self.fails("encode")?;
        Ok(json)
    }

    fn decode<'s>(
        &self,
        stored: &'s [u8],
        _: &str,
        _: &RecordId,
    ) -> Result<Cow<'s, [u8]>, CodecError> {
        self.fails("decode")?;
        Ok(stored.into())
    }
}

fn charge(runtime: &Idempotency, runs: &Runs) -> Result<String, Error> {
    let call = runtime.call("charge", "order-17").ttl(TTL);
    now(call.run(async || Ok(format!("run {}", runs.note()))))
}

#[test]
fn a_result_is_replayed_through_the_codec_that_stored_it() {
    let runs = Runs::default();
    let runtime = Idempotency::builder(Memory::new()).codec(BOUND).build();
    for _ in 0..2 {
        assert_eq!(charge(&runtime, &runs).unwrap(), "run 1");
    }
}

#[test]
fn a_calls_codec_goes_before_the_runtimes() {
    let (store, runs) = (Memory::new(), Runs::default());
    let sealed = Idempotency::builder(store.clone()).codec(BOUND).build();
    let call = || {
        let call = sealed.call("charge", "order-17").ttl(TTL).codec(&Json);
        now(call.run(async || Ok::<_, Error>(runs.note())))
    };
    assert_eq!((call().unwrap(), call().unwrap()), (1, 1));
    let error = charge(&sealed, &runs).unwrap_err();
    assert!(error.is_replay_decode(), "{error}");
}

#[test]
fn a_result_of_another_codec_is_an_error_and_runs_nothing() {
    let (store, runs) = (Memory::new(), Runs::default());
    let bound = Idempotency::builder(store.clone()).codec(BOUND).build();
    charge(&bound, &runs).unwrap();
    let other = Idempotency::builder(store.clone()).codec(OTHER).build();
    for runtime in [Idempotency::new(store), other] {
        let error = charge(&runtime, &runs).unwrap_err();
        assert!(error.is_replay_decode(), "{error}");
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.to_string().contains("another codec"), "{source}");
    }
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_codec_may_read_what_another_stored() {
    let (store, runs) = (Memory::new(), Runs::default());
    charge(&Idempotency::new(store.clone()), &runs).unwrap();
    let migrating = Idempotency::builder(store).codec(MIGRATING).build();
    assert_eq!(charge(&migrating, &runs).unwrap(), "run 1");
}

#[test]
fn a_result_that_the_codec_cannot_encode_is_done_all_the_same() {
    for fails in ["encode", "panic"] {
        let (codec, runs) = (Failing::default(), Runs::default());
        let runtime = Idempotency::builder(Memory::new())
            .codec(codec.clone())
            .build();
        codec.set(Some(fails));
        assert_eq!(charge(&runtime, &runs).unwrap(), "run 1");
        codec.set(None);
        let error = charge(&runtime, &runs).unwrap_err();
        assert!(error.is_done_without_result(), "{error}");
        assert_eq!(runs.count(), 1);
    }
}

#[test]
fn a_result_that_the_codec_cannot_decode_is_an_error_and_runs_nothing() {
    for fails in ["decode", "panic"] {
        let (codec, runs) = (Failing::default(), Runs::default());
        let runtime = Idempotency::builder(Memory::new())
            .codec(codec.clone())
            .build();
        charge(&runtime, &runs).unwrap();
        codec.set(Some(fails));
        let error = charge(&runtime, &runs).unwrap_err();
        assert!(error.is_replay_decode(), "{error}");
        codec.set(None);
        assert_eq!(charge(&runtime, &runs).unwrap(), "run 1");
    }
}
