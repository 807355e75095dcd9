//! The handlers: an order comes from the shop, or from a queue, and is charged once whichever way it comes.

use aws_lambda_events::sqs::SqsEvent;
use idem_lambda::idempotent;
use lambda_runtime::{Error, LambdaEvent};
use serde::Deserialize;

use crate::collect;
use crate::order::{Order, Receipt};

/// What the function is invoked with.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Payload {
    Queue(SqsEvent),
    Shop(Order),
}

pub(crate) async fn handle(event: LambdaEvent<Payload>) -> Result<Receipt, Error> {
    let (payload, context) = event.into_parts();
    match payload {
        Payload::Queue(event) => charge_queued(LambdaEvent::new(event, context)).await,
        Payload::Shop(order) => charge(LambdaEvent::new(order, context)).await,
    }
}

#[idempotent(
    key = "$.orderId",
    fingerprint = "$.amountCents",
    name = "charge",
    ttl = "1h"
)]
async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    collect(event.payload).await
}

// The name and the key's value are the same, and so is the record.
#[idempotent(
    key = json("$.Records[0].body", "$.orderId"),
    fingerprint = json("$.Records[0].body", "$.amountCents"),
    name = "charge",
    ttl = "1h"
)]
async fn charge_queued(event: LambdaEvent<SqsEvent>) -> Result<Receipt, Error> {
    collect(queued(&event.payload)?).await
}

/// The order in the one message of a batch of one.
pub(crate) fn queued(event: &SqsEvent) -> Result<Order, Error> {
    let message = event.records.first();
    let body = message.and_then(|message| message.body.as_deref());
    Ok(serde_json::from_str(body.unwrap_or_default())?)
}
