//! Charges the orders of a queue, a batch of messages at a time.
//!
//! `cargo run --example batch` plays deliveries: with an order that is in two messages, a bank that does not always answer, a
//! message without an order, and a message that comes again while it is being worked on. Started by Lambda, the same
//! program is the function; its event source mapping needs `ReportBatchItemFailures`.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

mod bank;

use std::collections::BTreeMap;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use idem_lambda::batch::{self, Reason};
use idem_lambda::{Idempotency, idempotent, store::Memory};
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// A message as a queue delivers it.
const SAMPLE: &str = include_str!("../../tests/data/sqs.json");

/// What happens once per order, whatever message it is in.
#[idempotent(key = json("$.body", "$.orderId"), ttl = "5d")]
async fn charge(message: LambdaEvent<SqsMessage>) -> Result<String, Error> {
    bank::charge(message.payload.body.as_deref().unwrap_or_default()).await
}

async fn handler(event: LambdaEvent<SqsEvent>) -> Result<batch::Response, batch::Error> {
    let response = batch::run(event, charge).await?;
    for failure in response.failures() {
        // Only the function knows whether what its errors say may be logged.
        if let Some(error) = failure.reason().error() {
            tracing::error!(item = failure.identifier(), %error, "a message comes again");
        }
    }
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    Idempotency::new(Memory::new()).install()?;
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        tracing_subscriber::fmt().json().init();
        return lambda_runtime::run_concurrent(service_fn(handler)).await;
    }

    let order = |id: &str| json!({ "orderId": id });
    let first = [
        ("m-1", order("A-1001")),
        ("m-2", order("A-1001")),
        ("m-3", json!({ "orderId": "A-1002", "failTimes": 1 })),
        ("m-4", json!({ "note": "no order" })),
        ("m-5", order("A-1003")),
    ];
    deliver("a batch; A-1001 is in it twice", &first).await?;
    deliver("what was reported comes again", &first[2..4]).await?;
    let slow = [("m-6", json!({ "orderId": "A-1004", "steps": 5 }))];
    tokio::try_join!(
        deliver("a message that takes long", &slow),
        deliver("the same message meanwhile", &slow),
    )?;
    println!("charges: {}", bank::charges().join(", "));
    Ok(())
}

/// Delivers these messages, and shows what became of them.
async fn deliver(what: &str, messages: &[(&str, Value)]) -> Result<(), Error> {
    let sample: SqsEvent = serde_json::from_str(SAMPLE)?;
    let mut event = SqsEvent::default();
    for (id, body) in messages {
        event
            .records
            .extend(sample.records.iter().cloned().map(|mut message| {
                message.message_id = Some((*id).to_owned());
                message.body = Some(body.to_string());
                message
            }));
    }
    let event = LambdaEvent::new(event, Context::default());
    let response = handler(event).await?;

    println!("{what}\n  answer: {}", serde_json::to_string(&response)?);
    let failures = response.failures().iter();
    let failures: BTreeMap<_, _> = failures
        .map(|failure| (failure.identifier(), failure))
        .collect();
    for (id, body) in messages {
        let became = failures.get(id).map(|failure| match failure.reason() {
            Reason::Failed(error) => format!("comes again: {error}"),
            Reason::InProgress { retry_after, .. } => {
                format!("comes again: at work elsewhere, for up to {retry_after:?}")
            }
            reason => format!("comes again: {reason:?}"),
        });
        println!("  {id} {body}: {}", became.as_deref().unwrap_or("done"));
    }
    println!();
    Ok(())
}
