//! A function that others invoke asynchronously: it charges orders, and cleans up.
//!
//! An order has an id, which is its key: that also knows an order whose sender invokes the function twice. What has no id
//! has that of its invocation: Lambda keeps the request id when it tries again after an error, and when its queue delivers
//! twice.
//!
//! An event stays in that queue for 6 hours at most (AWS: "How Lambda handles errors and retries with asynchronous
//! invocation"), so results are kept for a day.
//!
//! `cargo run --example invocation` plays all that. Started by Lambda, the same program is the function.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

#[path = "events/outside.rs"]
mod outside;
#[path = "events/play.rs"]
mod play;

use std::time::Duration;

use idem_lambda::{Idempotency, idempotent, store::Memory};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use play::Play;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(untagged)]
enum Event {
    Order(Order),
    Task(Task),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
    cents: u64,
}

#[derive(Serialize, Deserialize)]
struct Task {
    task: String,
}

/// Gives the bank's number of the charge, which a destination of the function gets.
#[idempotent(key = "$.orderId", ttl = "1d")]
async fn charge(event: LambdaEvent<Order>) -> Result<usize, Error> {
    drop(event);
    outside::effect("charge").await
}

#[idempotent(key = request_id, ttl = "1d")]
async fn clean_up(event: LambdaEvent<Task>) -> Result<usize, Error> {
    drop(event);
    outside::effect("clean-up").await
}

async fn handle(event: LambdaEvent<Event>) -> Result<usize, Error> {
    let LambdaEvent { payload, context } = event;
    match payload {
        Event::Order(order) => charge(LambdaEvent::new(order, context)).await,
        Event::Task(task) => clean_up(LambdaEvent::new(task, context)).await,
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return demo().await;
    }
    tracing_subscriber::fmt().json().init();
    Idempotency::new(Memory::new()).install()?; // one process; a function that scales out needs a store outside
    lambda_runtime::run(service_fn(handle)).await
}

async fn demo() -> Result<(), Error> {
    let order: Value = serde_json::from_str(include_str!("../tests/data/direct.json"))?;
    let task = json!({ "task": "clean-up" });

    let play = Play::start(1);
    let deliver =
        async |what, request_id, event| play.deliver(what, request_id, event, handle).await;
    deliver("an order comes; the bank does not answer", "r-1", &order).await?;
    deliver("Lambda tries again", "r-1", &order).await?;
    deliver("its sender invokes the function again", "r-2", &order).await?;
    deliver("it is time to clean up", "r-3", &task).await?;
    play.later(Duration::from_hours(6));
    deliver(
        "6 hours later, Lambda delivers the order again",
        "r-1",
        &order,
    )
    .await?;
    deliver("and the task, too", "r-3", &task).await?;
    deliver("it is time to clean up once more", "r-4", &task).await?;

    let (charges, clean_ups) = (outside::count("charge"), outside::count("clean-up"));
    println!("7 deliveries of an order and of 2 tasks: {charges} charge, {clean_ups} clean-ups");
    Ok(())
}
