//! Batches as their sources send them, typed and as plain JSON.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use idem_lambda::Verdict;
use serde_json::{Value, json};

use crate::event::{Order, Run};
use crate::platform::Invocation;
use crate::process::{DEADLINE, Function, invocation};
use crate::records::{PLAIN, TYPED};
use crate::{tally, verdicts};

const CONCURRENCY: usize = verdicts::CONCURRENCY;

/// A record of this number in its source, with an order whose runs do this.
type Record = fn(number: u32, order: &Order) -> Value;

/// The first record of an event as it is sent.
fn sample(text: &str) -> Value {
    let mut event: Value = serde_json::from_str(text).unwrap();
    event["Records"][0].take()
}

fn json_of(order: &Order) -> String {
    serde_json::to_string(order).unwrap()
}

fn message(number: u32, order: &Order) -> Value {
    let mut record = sample(include_str!("../data/sqs.json"));
    record["messageId"] = json!(number.to_string());
    record["body"] = json!(json_of(order));
    record
}

/// Of one message group.
fn fifo(number: u32, order: &Order) -> Value {
    let mut record = message(number, order);
    record["eventSourceARN"] = json!("arn:aws:sqs:eu-west-1:123456789012:orders.fifo");
    record["attributes"]["MessageGroupId"] = json!("customer-1");
    record["attributes"]["SequenceNumber"] = json!("18849496460467696128");
    record
}

fn put(number: u32, order: &Order) -> Value {
    let mut record = sample(include_str!("../data/kinesis.json"));
    record["eventID"] = json!(format!("shardId-000000000006:{number}"));
    record["kinesis"]["sequenceNumber"] = json!(number.to_string());
    record["kinesis"]["data"] = json!(BASE64_STANDARD.encode(json_of(order)));
    record
}

fn change(number: u32, order: &Order) -> Value {
    let mut record = sample(include_str!("../data/dynamodb.json"));
    record["eventID"] = json!(format!("c4ca{number}"));
    record["dynamodb"]["SequenceNumber"] = json!(number.to_string());
    record["dynamodb"]["NewImage"]["order"] = json!({ "S": json_of(order) });
    record
}

fn notification(number: u32, order: &Order) -> Value {
    let mut record = sample(include_str!("../data/sns.json"));
    record["Sns"]["MessageId"] = json!(number.to_string());
    record["Sns"]["Message"] = json!(json_of(order));
    record
}

/// An object whose name is the order.
fn object(number: u32, order: &Order) -> Value {
    let mut record = sample(include_str!("../data/s3.json"));
    record["s3"]["object"]["sequencer"] = json!(number.to_string());
    record["s3"]["object"]["key"] = json!(json_of(order));
    record
}

fn batch(request_id: &str, records: &[Value]) -> Invocation {
    invocation(request_id, &json!({ "Records": records }))
}

/// The response that reports these numbers.
fn reports(numbers: &[u32]) -> String {
    let items = numbers
        .iter()
        .map(|number| json!({ "itemIdentifier": number.to_string() }));
    json!({ "batchItemFailures": items.collect::<Vec<_>>() }).to_string()
}

#[tokio::test]
async fn of_a_queue_report_what_failed_and_run_duplicates_once() {
    for name in [TYPED, PLAIN] {
        let function = Function::start(name, CONCURRENCY).await;
        let meets = Order::with_runs("A-1", [Run::Meet(2)]);
        let records = [
            message(1, &meets),
            message(2, &meets),
            message(3, &Order::with_runs("A-2", [Run::Fail])),
            message(4, &Order::default()),
            message(5, &Order::with_runs("A-3", [Run::Panic])),
            message(6, &meets),
        ];

        let first = function.invoke(batch("r-1", &records)).response().await;
        assert_eq!(first, reports(&[3, 4, 5]), "{name}");
        assert_eq!(function.tally("A-1").await, tally(1, 1));

        let again = function
            .invoke(batch("r-2", &records[2..5]))
            .response()
            .await;
        assert_eq!(again, reports(&[4]), "{name}");
        assert_eq!(function.tally("A-2").await, tally(2, 2));
        assert_eq!(function.tally("A-3").await, tally(2, 2));
    }
}

#[tokio::test]
async fn in_order_stop_at_the_first_failure_and_go_on_when_they_come_again() {
    for name in [TYPED, PLAIN] {
        let function = Function::start(name, CONCURRENCY).await;
        for (source, record) in [fifo as Record, put, change].into_iter().enumerate() {
            let id = |number: u32| format!("{source}-{number}");
            let order = |number: u32| match number {
                2 => Order::with_runs(&id(2), [Run::Fail]),
                _ => Order::new(&id(number)),
            };
            let records: Vec<_> = (1..=4)
                .map(|number| record(number, &order(number)))
                .collect();

            let first = function.invoke(batch("r-1", &records)).response().await;
            assert_eq!(first, reports(&[2, 3, 4]), "{name} {source}");
            assert_eq!(function.tally(&id(3)).await, tally(0, 0));

            let again = function
                .invoke(batch("r-2", &records[1..]))
                .response()
                .await;
            assert_eq!(again, reports(&[]), "{name} {source}");
            for (number, runs) in [(1, 1), (2, 2), (3, 1), (4, 1)] {
                assert_eq!(function.tally(&id(number)).await, tally(runs, runs));
            }
        }
    }
}

#[tokio::test]
async fn start_nothing_that_has_no_time_left() {
    for (name, record) in [(TYPED, fifo as Record), (PLAIN, put), (TYPED, change)] {
        let function = Function::start(name, CONCURRENCY).await;
        let first = record(1, &Order::with_runs("A-1", [Run::Wait]));
        let second = record(2, &Order::new("A-2"));
        let pending = function.begin(batch("r-1", &[first, second]), "A-1").await;
        // A millisecond less than must remain.
        function.advance(Duration::from_millis(29_001)).await;
        function.open("A-1").await;
        assert_eq!(pending.response().await, reports(&[2]), "{name}");
        assert_eq!(function.tally("A-2").await, tally(0, 0));
    }
}

#[tokio::test]
async fn are_answered_before_their_deadline_although_a_record_hangs() {
    for name in [TYPED, PLAIN] {
        let function = Function::start(name, CONCURRENCY).await;
        let records = [
            message(1, &Order::with_runs("A-1", [Run::Wait])),
            message(2, &Order::new("A-2")),
        ];
        let pending = function.begin(batch("r-1", &records), "A-2").await;
        function.advance(Duration::from_millis(29_500)).await;
        assert_eq!(pending.response().await, reports(&[1]), "{name}");
        assert_eq!(function.tally("A-1").await, tally(1, 0));
        assert_eq!(function.tally("A-2").await, tally(1, 1));

        // Its claim is left to its lease: the deadline, the grace and the margin.
        let retry = || Invocation {
            deadline_ms: DEADLINE.0 + 60_000,
            ..batch("r-2", &records)
        };
        function.advance(Duration::from_millis(3_499)).await;
        assert_eq!(function.invoke(retry()).response().await, reports(&[1]));
        function.advance(Duration::from_millis(1)).await;
        assert_eq!(function.invoke(retry()).response().await, reports(&[]));
        assert_eq!(function.tally("A-1").await, tally(2, 1));
        assert_eq!(function.tally("A-2").await, tally(1, 1));
    }
}

#[tokio::test]
async fn report_a_message_that_is_at_work_in_another_batch_and_it_replays_when_it_comes_again() {
    for name in [TYPED, PLAIN] {
        let function = Function::start(name, CONCURRENCY).await;
        let records = [
            message(1, &Order::with_runs("A-1", [Run::Wait])),
            message(2, &Order::new("A-2")),
        ];
        let first = function.begin(batch("r-1", &records[..1]), "A-1").await;
        let second = function.invoke(batch("r-2", &records)).response().await;
        assert_eq!(second, reports(&[1]), "{name}");
        function.open("A-1").await;
        assert_eq!(first.response().await, reports(&[]), "{name}");
        let third = function
            .invoke(batch("r-3", &records[..1]))
            .response()
            .await;
        assert_eq!(third, reports(&[]), "{name}");
        let ended = function.ended("r-3", 1).await;
        assert_eq!(ended.outcome, "replayed");
        assert_eq!(ended.verdict, Some(Verdict::Redelivery.to_string()));
        assert_eq!(function.tally("A-1").await, tally(1, 1));
    }
}

#[tokio::test]
async fn of_a_topic_or_a_bucket_fail_as_a_whole_and_replay_what_is_done() {
    for name in [TYPED, PLAIN] {
        let function = Function::start(name, CONCURRENCY).await;
        for (source, record) in [notification as Record, object].into_iter().enumerate() {
            let id = |number: u32| format!("{source}-{number}");
            let records = [
                record(1, &Order::with_runs(&id(1), [Run::Fail])),
                record(2, &Order::new(&id(2))),
            ];
            let failed = function.invoke(batch("r-1", &records)).error().await;
            assert_eq!(failed.error_type, "idem_lambda::batch::Error");
            assert!(
                failed.error_message.starts_with("1 of 2 records failed"),
                "{failed:?}"
            );
            let again = function.invoke(batch("r-1", &records)).response().await;
            assert_eq!(again, reports(&[]), "{name} {source}");
            assert_eq!(function.tally(&id(1)).await, tally(2, 2));
            assert_eq!(function.tally(&id(2)).await, tally(1, 1));
        }
    }
}

#[tokio::test]
async fn of_a_source_that_outlives_the_ttl_are_warned_of_once() {
    let function = Function::start(TYPED, CONCURRENCY).await;
    for number in 1..=3 {
        let record = message(number, &Order::new(&number.to_string()));
        function.invoke(batch("r-1", &[record])).response().await;
    }
    let log = function.end().await;
    let warnings = log.lines().filter(|line| line.contains("allow_short_ttl"));
    let warnings: Vec<_> = warnings.collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains(r#""source":"sqs""#), "{warnings:?}");
}

#[tokio::test]
async fn without_records_are_answered_at_once_and_other_events_refused() {
    let function = Function::start(PLAIN, CONCURRENCY).await;
    let empty = function.invoke(batch("r-1", &[])).response().await;
    assert_eq!(empty, reports(&[]));
    let unknown = function.invoke(invocation("r-2", &json!({ "orderId": "A-1" })));
    let unknown = unknown.error().await;
    assert_eq!(
        unknown.error_message,
        "the event is no batch: it has no list `Records`"
    );
}
