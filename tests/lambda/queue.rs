//! Why a message of a queue came again, which its request id cannot tell: each delivery has a new one, and those of one
//! batch share theirs.

use idem_lambda::{SourceKind, Verdict};
use serde_json::{Value, json};

use crate::event::{Order, Run};
use crate::function::GUARDED;
use crate::platform::Invocation;
use crate::process::{Function, invocation};
use crate::verdicts::{CONCURRENCY, ORDERS, Told, are_told, first, patient, second, time_out};

fn told(outcome: &'static str, verdict: Verdict) -> Told {
    Told {
        handler: "shop/lambda::function::fulfil",
        outcome,
        verdict,
        source: Some(SourceKind::Sqs),
    }
}

/// A message of this id with an order that is fulfilled like that, run by run.
fn message(message_id: &str, order_id: &str, runs: &[Run]) -> Value {
    let order = Order {
        runs: runs.to_vec(),
        ..Order::new(order_id)
    };
    json!({
        "messageId": message_id,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": serde_json::to_string(&order).unwrap(),
        "attributes": { "ApproximateReceiveCount": "1" },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
        "awsRegion": "eu-central-1",
    })
}

/// A batch of messages, which are delivered under this request id.
fn batch(request_id: &str, messages: &[Value]) -> Invocation {
    patient(invocation(request_id, &json!({ "Records": messages })))
}

/// The first delivery of an order's message, or the next one of the same.
fn delivery(request_id: &str, order_id: &str, runs: &[Run]) -> Invocation {
    batch(request_id, &[message(order_id, order_id, runs)])
}

#[tokio::test]
async fn a_queue_delivers_again_what_has_failed() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    for order_id in ORDERS {
        let delivery = delivery(&first(order_id), order_id, &[Run::Fail]);
        function.invoke(delivery).error().await;
    }
    are_told(&function, told("ran", Verdict::Redelivery), |order_id| {
        delivery(&second(order_id), order_id, &[Run::Fail])
    })
    .await;
}

#[tokio::test]
async fn a_queue_delivers_again_what_is_done() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    for order_id in ORDERS {
        let delivery = delivery(&first(order_id), order_id, &[]);
        function.invoke(delivery).response().await;
    }
    are_told(
        &function,
        told("replayed", Verdict::Redelivery),
        |order_id| delivery(&second(order_id), order_id, &[]),
    )
    .await;
}

#[tokio::test]
async fn a_queue_delivers_again_what_has_timed_out() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    time_out(&function, |order_id| {
        delivery(&first(order_id), order_id, &[Run::Wait])
    })
    .await;
    are_told(&function, told("ran", Verdict::Redelivery), |order_id| {
        delivery(&second(order_id), order_id, &[Run::Wait])
    })
    .await;
}

#[tokio::test]
async fn a_queue_delivers_again_what_is_still_at_work() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    for order_id in ORDERS {
        let delivery = delivery(&first(order_id), order_id, &[Run::Wait]);
        function.begin(delivery, order_id).await;
    }
    are_told(&function, told("busy", Verdict::Concurrent), |order_id| {
        delivery(&second(order_id), order_id, &[Run::Wait])
    })
    .await;
}

#[tokio::test]
async fn a_producer_sends_an_order_in_another_message() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    for order_id in ORDERS {
        let delivery = delivery(&first(order_id), order_id, &[]);
        function.invoke(delivery).response().await;
    }
    are_told(
        &function,
        told("replayed", Verdict::ClientRetry),
        |order_id| batch(&second(order_id), &[message("another", order_id, &[])]),
    )
    .await;
}

#[tokio::test]
async fn two_messages_of_one_batch_are_two_requests_of_a_client() {
    for (runs, outcomes) in [
        (&[][..], ["ran", "replayed"]),
        (&[Run::Fail], ["failed", "ran"]),
    ] {
        let function = Function::start(GUARDED, CONCURRENCY).await;
        let messages = ["one", "another"].map(|message_id| message(message_id, "A-1", runs));
        function.invoke(batch("r-1", &messages)).answer().await;

        let mut ends = Vec::new();
        for number in [1, 2] {
            ends.push(function.ended("r-1", number).await);
        }
        let [before, duplicate] = &ends[..] else {
            unreachable!("two messages were guarded")
        };
        assert_eq!([&*before.outcome, &*duplicate.outcome], outcomes);
        assert_eq!((&before.verdict, &before.first_request_id), (&None, &None));
        assert_eq!(duplicate.verdict.as_deref(), Some("client_retry"));
        assert_eq!(duplicate.first_request_id.as_deref(), Some("r-1"));
        assert_eq!(duplicate.record, before.record);
    }
}
