//! The message that an event came from, by the event's shape.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::future::ready;
use std::time::Duration;

use idem_core::key::Namespace;
use idem_core::store::{Memory, Store};
use idem_core::{Error, Idempotency, Source, SourceKind};
use serde::Serialize;
use serde::ser::{Error as _, SerializeMap, SerializeStruct, Serializer};
use serde_json::{Value, json};

const SECRET: &str = "4111-1111-1111-1111";

/// A record of each source whose message has the id `id`.
fn records(id: &Value) -> [(SourceKind, Value); 5] {
    let sqs = json!({ "messageId": id, "body": SECRET, "eventSource": "aws:sqs" });
    let sns = json!({ "EventSource": "aws:sns", "Sns": { "Message": SECRET, "MessageId": id } });
    let kinesis =
        json!({ "eventSource": "aws:kinesis", "kinesis": { "data": SECRET }, "eventID": id });
    let dynamodb =
        json!({ "eventID": id, "eventSource": "aws:dynamodb", "dynamodb": { "Keys": SECRET } });
    let s3 =
        json!({ "eventSource": "aws:s3", "s3": { "object": { "key": SECRET, "sequencer": id } } });
    [
        (SourceKind::Sqs, sqs),
        (SourceKind::Sns, sns),
        (SourceKind::Kinesis, kinesis),
        (SourceKind::DynamoDb, dynamodb),
        (SourceKind::S3, s3),
    ]
}

/// An event of each source whose message has the id `id`: in a batch, and as a record by itself.
fn events(id: &Value) -> Vec<(SourceKind, Value)> {
    let bus = json!({ "id": id, "source": "shop", "detail-type": "Paid", "detail": SECRET });
    let mut events = vec![(SourceKind::EventBridge, bus)];
    for (kind, record) in records(id) {
        events.push((kind, json!({ "Records": [record] })));
        events.push((kind, record));
    }
    events
}

#[test]
fn every_shape_gives_the_source_and_the_id_of_its_message() {
    for (kind, event) in events(&json!("shardId-0:4_9.A")) {
        let source = Source::of(&event);
        assert_eq!(source, Source::new(kind, "shardId-0:4_9.A"), "{event}");
        assert!(source.is_some(), "{event}");
    }
}

#[test]
fn of_several_records_the_first_counts() {
    let [(_, first), ..] = records(&json!("first"));
    for (_, second) in records(&json!("second")) {
        let batch = json!({ "Records": [first, second] });
        assert_eq!(Source::of(&batch).unwrap().as_str(), "sqs:first");
    }
}

#[test]
fn what_is_no_id_of_a_message_gives_none() {
    let longest = "a".repeat(128);
    for (kind, event) in events(&json!(longest)) {
        assert_eq!(Source::of(&event), Source::new(kind, &longest));
        assert!(Source::of(&event).is_some());
    }
    for id in [
        json!(null),
        json!(17),
        json!(1.5),
        json!(true),
        json!(""),
        json!("a".repeat(129)),
        json!("a".repeat(300_000)),
        json!("a b"),
        json!("a\nb"),
        json!("a/b"),
        json!("\u{e9}"),
        json!("\u{0}"),
        json!(["a"]),
        json!({ "a": "a" }),
    ] {
        for (_, event) in events(&id) {
            assert_eq!(Source::of(&event), None, "{event:.100}");
        }
    }
}

#[test]
fn what_is_in_no_shape_of_a_source_gives_none() {
    let id = "059f36b4";
    for event in [
        json!(null),
        json!(7),
        json!("aws:sqs"),
        json!([]),
        json!({}),
        json!({ "orderId": "A-1001" }),
        json!({ "messageId": id }),
        json!({ "eventID": id }),
        json!({ "id": id }),
        json!({ "id": id, "source": "shop" }),
        json!({ "id": id, "detail-type": "Paid", "detail": {} }),
        json!({ "id": id, "source": null, "detail-type": "Paid", "detail": {} }),
        json!({ "id": id, "source": "shop", "detail-type": "Paid" }),
        json!({ "source": "shop", "detail-type": "Paid", "detail": {} }),
        json!({ "messageId": id, "eventSource": "aws:kafka" }),
        json!({ "messageId": id, "eventSource": "AWS:SQS" }),
        json!({ "messageId": id, "eventSource": null }),
        json!({ "messageId": id, "eventSource": ["aws:sqs"] }),
        json!({ "messageId": id, "EventSource": "aws:sqs" }),
        json!({ "messageId": id, "eventsource": "aws:sqs" }),
        json!({ "Sns": { "MessageId": id }, "eventSource": "aws:sns" }),
        json!({ "Records": null }),
        json!({ "Records": [] }),
        json!({ "Records": [[]] }),
        json!({ "Records": "aws:sqs" }),
        json!({ "Records": { "messageId": id, "eventSource": "aws:sqs" } }),
        json!({ "Records": { "0": { "messageId": id, "eventSource": "aws:sqs" } } }),
        json!({ "Records": [null, { "messageId": id, "eventSource": "aws:sqs" }] }),
        json!({ "records": [{ "messageId": id, "eventSource": "aws:sqs" }] }),
        json!([{ "messageId": id, "eventSource": "aws:sqs" }]),
        json!({ "body": { "messageId": id, "eventSource": "aws:sqs" } }),
    ] {
        assert_eq!(Source::of(&event), None, "{event}");
    }
}

#[test]
fn nothing_else_of_the_payload_is_in_the_source() {
    for (_, event) in events(&json!("059f36b4")) {
        let source = Source::of(&event).unwrap();
        assert!(!format!("{source} {source:?}").contains(SECRET), "{event}");
    }
    // The names of ids alone are no source.
    let order = json!({ "messageId": SECRET, "eventID": SECRET, "id": SECRET, "source": SECRET });
    assert_eq!(Source::of(&order), None);
}

/// Does not serialize.
struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(SECRET))
    }
}

/// As SQS sends it.
struct Message<B> {
    body: B,
    fails_at_its_end: bool,
}

impl<B: Serialize> Serialize for Message<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("Message", 3)?;
        message.serialize_field("body", &self.body)?;
        message.serialize_field("eventSource", "aws:sqs")?;
        message.serialize_field("messageId", "059f36b4")?;
        if self.fails_at_its_end {
            return Err(S::Error::custom(SECRET));
        }
        message.end()
    }
}

#[derive(Serialize)]
struct Batch<R> {
    #[serde(rename = "Records")]
    records: Vec<R>,
}

#[test]
fn a_payload_that_does_not_serialize_gives_none() {
    let message = Message {
        body: "",
        fails_at_its_end: true,
    };
    let records = vec![message];
    assert_eq!(Source::of(&Fails), None);
    assert_eq!(Source::of(&records[0]), None);
    assert_eq!(Source::of(&Batch { records }), None);
    assert_eq!(
        Source::of(&Batch {
            records: vec![Fails]
        }),
        None
    );
    assert_eq!(Source::of(&json!({ "Records": [] })), None);
}

#[test]
fn what_is_not_on_the_way_is_not_serialized() {
    let message = Message {
        body: Fails,
        fails_at_its_end: false,
    };
    assert_eq!(Source::of(&message).unwrap().as_str(), "sqs:059f36b4");
    let batch = Batch {
        records: vec![message],
    };
    assert_eq!(Source::of(&batch).unwrap().as_str(), "sqs:059f36b4");
}

/// The members of an object, of which serde does not ask that they differ.
struct Members(&'static [(&'static str, &'static str)]);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (name, value) in self.0 {
            members.serialize_entry(name, value)?;
        }
        members.end()
    }
}

#[test]
fn a_repeated_member_leaves_open_which_message_it_is() {
    let once = Members(&[("eventSource", "aws:sqs"), ("messageId", "a")]);
    assert_eq!(Source::of(&once).unwrap().as_str(), "sqs:a");
    let twice = Members(&[
        ("eventSource", "aws:sqs"),
        ("messageId", "a"),
        ("messageId", "b"),
    ]);
    assert_eq!(Source::of(&twice), None);
}

/// Event types as users write them.
#[derive(Serialize)]
#[serde(untagged)]
enum Either {
    Batch(Batch<Option<Value>>),
    Direct { order: String },
}

#[derive(Serialize)]
enum Tagged {
    #[serde(rename = "Records")]
    Records([Value; 1]),
}

#[test]
fn types_have_the_source_of_their_json() {
    let [(_, record), ..] = records(&json!("059f36b4"));
    let batch = Either::Batch(Batch {
        records: vec![Some(record.clone())],
    });
    assert_eq!(Source::of(&batch).unwrap().as_str(), "sqs:059f36b4");
    assert_eq!(
        Source::of(&Some(Box::new(batch))).unwrap().as_str(),
        "sqs:059f36b4"
    );
    let tagged = Tagged::Records([record]);
    assert_eq!(Source::of(&tagged).unwrap().as_str(), "sqs:059f36b4");
    let order = String::from("A-1001");
    assert_eq!(Source::of(&Either::Direct { order }), None);
}

#[tokio::test]
async fn a_plain_call_says_its_source_and_its_record_keeps_it() {
    let store = Memory::new();
    let runtime = Idempotency::new(store.clone());
    let [(_, message), ..] = records(&json!("059f36b4"));
    let call = async |key: &str, source: Option<Source>| {
        let call = runtime.call("charge", key).ttl(Duration::from_hours(1));
        let run = call.source(source).run(|| ready(Ok::<_, Error>(())));
        run.await.unwrap();
        let id = Namespace::new(None, "charge")
            .id_of_value(None, key)
            .unwrap();
        let record = store.read(&id).await.unwrap().unwrap();
        record.provenance.origin.source.clone()
    };
    let source = Source::of(&message);
    assert_eq!(call("A-1001", source.clone()).await, source);
    assert_eq!(call("A-1002", None).await, None);
}
