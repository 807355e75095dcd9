//! A task of Step Functions that charges an order once in each execution of its state machine.
//!
//! A retry of the state and a redrive of the execution bring the input again, under a new Lambda request id. What they
//! share are execution and state, and these are the key. The state machine puts both into the input, from its context
//! object:
//!
//! ```json
//! "ChargeCard": {
//!   "Type": "Task",
//!   "Resource": "arn:aws:states:::lambda:invoke",
//!   "Parameters": {
//!     "FunctionName": "charge",
//!     "Payload": {
//!       "execution.$": "$$.Execution.Id",
//!       "state.$": "$$.State.Name",
//!       "order.$": "$.order"
//!     }
//!   },
//!   "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 3 }],
//!   "Next": "ReserveStock"
//! }
//! ```
//!
//! What has failed can be redriven for 14 days (AWS: "Restarting state machine executions with redrive in Step
//! Functions"), so the result is kept for 15.
//!
//! `cargo run --example step_functions` plays all that. Started by Lambda, the same program is the function.

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

/// What the state machine sends.
#[derive(Serialize, Deserialize)]
struct Task {
    execution: String,
    state: String,
    order: Order,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
    cents: u64,
}

/// What the state machine gets.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    order_id: String,
    cents: u64,
    /// The bank's number of the charge.
    charge: usize,
}

#[idempotent(key = ("$.execution", "$.state"), ttl = "15d")]
async fn charge(event: LambdaEvent<Task>) -> Result<Receipt, Error> {
    let Order { order_id, cents } = event.payload.order;
    let charge = outside::effect("charge").await?;
    Ok(Receipt {
        order_id,
        cents,
        charge,
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return demo().await;
    }
    tracing_subscriber::fmt().json().init();
    Idempotency::new(Memory::new()).install()?; // one process; a function that scales out needs a store outside
    lambda_runtime::run(service_fn(charge)).await
}

async fn demo() -> Result<(), Error> {
    let task: Value = serde_json::from_str(include_str!("../tests/data/step-functions.json"))?;
    let mut retry = task.clone();
    retry["retryCount"] = json!(1);
    let mut another = task.clone();
    another["execution"] =
        json!("arn:aws:states:eu-west-1:123456789012:execution:fulfilment:order-A-1001-again");

    let play = Play::start(1);
    let deliver = async |what, request_id, task| play.deliver(what, request_id, task, charge).await;
    deliver("the bank does not answer", "r-1", &task).await?;
    deliver("the state is retried, and its answer lost", "r-2", &retry).await?;
    deliver("the state is retried once more", "r-3", &retry).await?;
    play.later(Duration::from_hours(14 * 24));
    deliver("14 days later, the execution is redriven", "r-4", &task).await?;
    deliver("another execution has the same order", "r-5", &another).await?;

    let charges = outside::count("charge");
    println!("5 invocations in 2 executions: {charges} charges");
    Ok(())
}
