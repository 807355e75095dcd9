//! Calls that end in every way, with secrets in all that they are about.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idem_lambda::codec::{Codec, CodecError};
use idem_lambda::key::RecordId;
use idem_lambda::record::Record;
use idem_lambda::store::Memory;
use idem_lambda::testing::Verb;
use idem_lambda::{Builder, Pages};
use lambda_runtime::LambdaEvent;
use serde::Serialize;
use serde_json::{Value, json};

use crate::handlers::{self, End, Receipt, body, deliver, event};
use crate::shop::{ABANDONED, Shop, TTL, now};
use crate::store::Talkative;
use crate::witness::{NUMBER, Witness, secret};

/// All of them.
pub(crate) const ALL: [fn(&Witness); 11] = [
    results_and_mismatches,
    errors_and_panics,
    duplicates_beside_the_first,
    leases_that_end,
    abandoned_attempts,
    keys_that_cannot_be_used,
    results_that_cannot_be_kept_or_read,
    stores_that_fail,
    shadow_mode,
    records_that_a_person_looks_after,
    messages_of_a_source,
];

/// The event of the tests, delivered under this request id.
fn delivery(request_id: &str) -> LambdaEvent<Value> {
    deliver(event(), request_id)
}

/// The same key, with another fingerprint.
fn another(request_id: &str) -> LambdaEvent<Value> {
    let mut event = event();
    event["body"] = body(&secret("part-of-the-key"), &secret("another-card")).into();
    deliver(event, request_id)
}

pub(crate) fn results_and_mismatches(witness: &Witness) {
    let shop = Shop::new(witness);
    for request_id in ["r-1", "r-1", "r-2"] {
        shop.end(handlers::charge(delivery(request_id), &shop.desk));
    }
    shop.end(handlers::charge(another("r-3"), &shop.desk));
    shop.clock.advance(TTL);
    shop.end(handlers::charge(delivery("r-4"), &shop.desk));
}

pub(crate) fn errors_and_panics(witness: &Witness) {
    for end in [End::Fail, End::Panic] {
        let shop = Shop::new(witness);
        shop.desk.end.set(end);
        for request_id in ["r-1", "r-1"] {
            shop.end(handlers::charge(delivery(request_id), &shop.desk));
        }
        let shop = Shop::new(witness);
        shop.desk.end.set(end);
        for request_id in ["r-1", "r-1", "r-2"] {
            shop.end(handlers::remember(delivery(request_id), &shop.desk));
        }
        let shop = Shop::new(witness);
        shop.desk.end.set(end);
        for request_id in ["r-1", "r-2"] {
            shop.end(handlers::hold(delivery(request_id), &shop.desk));
        }
    }
}

pub(crate) fn duplicates_beside_the_first(witness: &Witness) {
    let shop = Shop::new(witness);
    let first = shop.begin(handlers::charge(delivery("r-1"), &shop.desk));
    shop.end(handlers::charge(delivery("r-2"), &shop.desk));
    shop.end(handlers::charge(another("r-3"), &shop.desk));
    now(first).unwrap();

    let shop = Shop::new(witness);
    let first = shop.begin(handlers::wait(delivery("r-1"), &shop.desk));
    let waiter = shop.begin(handlers::wait(delivery("r-2"), &shop.desk));
    now(first).unwrap();
    now(waiter).unwrap();
    shop.look();
}

pub(crate) fn leases_that_end(witness: &Witness) {
    let shop = Shop::new(witness);
    let stopped = shop.begin(handlers::charge(delivery("r-1"), &shop.desk));
    shop.clock.advance(ABANDONED);
    shop.end(stopped);
    shop.end(handlers::charge(delivery("r-2"), &shop.desk));

    let shop = Shop::new(witness);
    let overtaken = shop.begin(handlers::run_on(delivery("r-1"), &shop.desk));
    shop.clock.advance(ABANDONED);
    shop.end(handlers::run_on(delivery("r-2"), &shop.desk));
    shop.end(overtaken);
}

pub(crate) fn abandoned_attempts(witness: &Witness) {
    let shop = Shop::new(witness);
    drop(shop.begin(handlers::reconcile(delivery("r-1"), &shop.desk)));
    drop(shop.begin(handlers::ask_in_vain(delivery("r-1"), &shop.desk)));
    drop(shop.begin(handlers::hold(delivery("r-1"), &shop.desk)));
    drop(shop.begin(handlers::charge(delivery("r-1"), &shop.desk)));
    shop.clock.advance(ABANDONED);
    for request_id in ["r-1", "r-2"] {
        shop.end(handlers::reconcile(delivery(request_id), &shop.desk));
        shop.end(handlers::ask_in_vain(delivery(request_id), &shop.desk));
        shop.end(handlers::hold(delivery(request_id), &shop.desk));
    }
    shop.end(handlers::charge(another("r-2"), &shop.desk));
}

/// Every way in which a part of a key can be at fault, but for one that is too large.
pub(crate) fn keys_that_cannot_be_used(witness: &Witness) {
    let with = |pointer: &str, value: Value| {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    let of_body = |body: Value| with("/body", body.to_string().into());
    let deep = (0..200).fold(json!(secret("deep")), |value, _| json!([value]));
    let half_a_pair = format!(r#"{{ "orderId": "{} \ud800" }}"#, secret("id"));
    let mut repeated = event();
    repeated["multiValueHeaders"] =
        json!({ "idempotency-key": [secret("one-value"), secret("another-value")] });
    let mut events = vec![
        json!({ "body": body(&secret("id"), &secret("card")) }),
        json!({ "headers": secret("headers"), "body": secret("body") }),
        repeated,
        with("/headers/Idempotency-Key", json!("")),
        with("/headers/Idempotency-Key", json!([secret("header")])),
        with("/headers/Idempotency-Key", json!(NUMBER)),
        with("/body", json!(null)),
        with("/body", json!({ "orderId": secret("id") })),
        with("/body", json!(secret("no-json"))),
        with("/body", json!(half_a_pair)),
        of_body(json!({ "orderId": secret("id"), "card": secret("card"), "number": 1e300 })),
        of_body(json!({ "orderId": secret("id"), "number": NUMBER })),
    ];
    for id in [
        json!(null),
        json!(""),
        json!([]),
        json!({}),
        json!(1e300),
        deep,
    ] {
        let card = secret("card");
        events.push(of_body(
            json!({ "orderId": id, "card": card, "number": NUMBER }),
        ));
    }
    let shop = Shop::new(witness);
    for event in events {
        shop.end(handlers::charge(deliver(event.clone(), "r-1"), &shop.desk));
        shop.end(handlers::run_without_key(deliver(event, "r-1"), &shop.desk));
    }

    let no_text = STANDARD.encode([&[0xff], secret("binary").as_bytes()].concat());
    for body in [secret("no base64!"), no_text] {
        shop.end(handlers::decode(deliver(json!({ "body": body }), "r-1")));
    }
    let no_nodes = json!({ "items": [{ "name": secret("item") }] });
    shop.end(handlers::select(deliver(no_nodes, "r-1")));
    shop.end(handlers::serialize(deliver(Indiscreet, "r-1")));
    let no_names = BTreeMap::from([((1, secret("name")), secret("value"))]);
    shop.end(handlers::serialize(deliver(no_names, "r-1")));
}

pub(crate) fn results_that_cannot_be_kept_or_read(witness: &Witness) {
    let shop = Shop::with(witness, Memory::new(), |builder| builder.codec(Panics));
    for request_id in ["r-1", "r-2"] {
        shop.end(handlers::charge(delivery(request_id), &shop.desk));
    }
    let shop = Shop::new(witness);
    shop.end(handlers::typed_before(delivery("r-1")));
    shop.end(handlers::typed(delivery("r-2")));
}

/// What a store says of its errors is its own; what those came from goes into no log.
pub(crate) fn stores_that_fail(witness: &Witness) {
    for verb in [Verb::Claim, Verb::Complete, Verb::Release] {
        for end in [End::Return, End::Fail] {
            let store = || Talkative(Memory::new(), verb);
            for settings in [|builder| builder, Builder::shadow] {
                let shop = Shop::with(witness, store(), settings);
                shop.desk.end.set(end);
                // Whoever gets the error can ask what it came from: it is not kept here.
                for _ in 0..2 {
                    let charge = handlers::charge(delivery("r-1"), &shop.desk);
                    _ = now(shop.runtime.scope(charge));
                    let charge = handlers::run_without_store(delivery("r-1"), &shop.desk);
                    _ = now(shop.runtime.scope(charge));
                }
            }
        }
    }
}

pub(crate) fn shadow_mode(witness: &Witness) {
    let shop = Shop::with(witness, Memory::new(), Builder::shadow);
    for request_id in ["r-1", "r-1", "r-2"] {
        shop.end(handlers::charge(delivery(request_id), &shop.desk));
    }
    shop.end(handlers::charge(another("r-3"), &shop.desk));
    shop.end(handlers::charge(
        deliver(json!({ "body": secret("body") }), "r-4"),
        &shop.desk,
    ));
    let first = shop.begin(handlers::remember(delivery("r-1"), &shop.desk));
    shop.end(handlers::remember(delivery("r-2"), &shop.desk));
    shop.end(first);
}

pub(crate) fn records_that_a_person_looks_after(witness: &Witness) {
    let shop = Shop::new(witness);
    shop.desk.end.set(End::Fail);
    shop.end(handlers::hold(delivery("r-1"), &shop.desk));
    drop(shop.begin(handlers::charge(delivery("r-1"), &shop.desk)));
    shop.clock.advance(ABANDONED);
    let records = shop.runtime.records();
    let held = all(records.held());
    let abandoned = all(records.abandoned());
    witness.note("listed", format!("{records:?} {held:?} {abandoned:?}"));
    let ([held], [abandoned]) = (&held[..], &abandoned[..]) else {
        panic!("one record is held and one abandoned");
    };
    now(records.complete(held, &Receipt::new(), TTL)).unwrap();
    shop.note_error(now(records.complete(held, &Receipt::new(), TTL)).unwrap_err());
    now(records.release(abandoned)).unwrap();
    shop.end(handlers::hold(delivery("r-2"), &shop.desk));
    shop.end(handlers::charge(delivery("r-2"), &shop.desk));
}

fn all(mut pages: Pages<'_>) -> Vec<Record> {
    let mut all = Vec::new();
    while let Some(page) = now(pages.next()).unwrap() {
        all.extend(page);
    }
    all
}

/// A queue's message, whose id is the queue's own.
pub(crate) fn messages_of_a_source(witness: &Witness) {
    let shop = Shop::new(witness);
    for request_id in ["r-1", "r-2"] {
        let message = json!({
            "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
            "receiptHandle": secret("receipt-handle"),
            "body": body(&secret("id"), &secret("card")),
            "messageAttributes": { "customer": { "stringValue": secret("attribute") } },
            "eventSource": "aws:sqs",
        });
        shop.end(handlers::fulfil(deliver(message, request_id), &shop.desk));
    }
}

/// A payload that says too much where it is serialized.
struct Indiscreet;

impl Serialize for Indiscreet {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(secret("serialize")))
    }
}

/// A codec that says too much.
#[derive(Debug)]
struct Panics;

impl Codec for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn encode(&self, json: Vec<u8>, _: &RecordId) -> Result<Vec<u8>, CodecError> {
        panic!("{}", String::from_utf8_lossy(&json))
    }

    fn decode<'s>(&self, _: &'s [u8], _: &str, _: &RecordId) -> Result<Cow<'s, [u8]>, CodecError> {
        unreachable!("nothing was encoded")
    }
}
