//! A target of an EventBridge rule that mails a customer once for each thing that happens to an order.
//!
//! An event comes again under its own `id`, when EventBridge or Lambda tries again, and under a new one, when its producer
//! is not sure to have put it, and puts it once more. What names the thing that happened are the detail type and the order,
//! and these are the key.
//!
//! EventBridge tries for 24 hours (AWS: "How EventBridge retries delivering events"). Then the event may stay in Lambda's
//! queue for 6 more ("How Lambda handles errors and retries with asynchronous invocation"), so the result is kept for
//! 2 days.
//!
//! `cargo run --example eventbridge` plays all that. Started by Lambda, the same program is the function.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

#[path = "events/outside.rs"]
mod outside;
#[path = "events/play.rs"]
mod play;

use std::time::Duration;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use idem_lambda::{Idempotency, idempotent, store::Memory};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use play::Play;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
    cents: u64,
}

/// Gives the number of the mail. EventBridge does not ask for it, but a destination of the function may.
#[idempotent(key = ("$['detail-type']", "$.detail.orderId"), ttl = "2d")]
async fn tell_customer(event: LambdaEvent<EventBridgeEvent<Order>>) -> Result<usize, Error> {
    drop(event);
    outside::effect("mail").await
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return demo().await;
    }
    tracing_subscriber::fmt().json().init();
    Idempotency::new(Memory::new()).install()?; // one process; a function that scales out needs a store outside
    lambda_runtime::run(service_fn(tell_customer)).await
}

async fn demo() -> Result<(), Error> {
    let placed: Value = serde_json::from_str(include_str!("../tests/data/eventbridge.json"))?;
    let mut put_again = placed.clone();
    put_again["id"] = json!("b5a1c6f0-2f0d-4d0e-9a55-6f7b8c9d0e1f");
    let mut paid = placed.clone();
    paid["id"] = json!("3e9d4f2c-7a1b-4c8d-b6e5-0f1a2b3c4d5e");
    paid["detail-type"] = json!("OrderPaid");

    let play = Play::start(1);
    let deliver =
        async |what, request_id, event| play.deliver(what, request_id, event, tell_customer).await;
    deliver("an order is placed; no mail can be sent", "r-1", &placed).await?;
    deliver("Lambda tries again", "r-1", &placed).await?;
    deliver("EventBridge delivers again", "r-2", &placed).await?;
    deliver("the producer puts it again", "r-3", &put_again).await?;
    play.later(Duration::from_hours(24 + 6));
    deliver("30 hours later, it comes for the last time", "r-4", &placed).await?;
    deliver("the order is paid", "r-5", &paid).await?;

    let mails = outside::count("mail");
    println!("6 deliveries, 2 things that happened to an order: {mails} mails");
    Ok(())
}
