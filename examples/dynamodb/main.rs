//! Charges each order once, across all instances of a function: its records are in a DynamoDB table.
//!
//! `cargo run --example dynamodb` plays a stream of deliveries to two or more instances that share one table, and shows
//! how many requests each delivery costs and which records stay. The table is that of an emulator in this process, or,
//! where `IDEM_TABLE` is set, one on AWS. Started by Lambda, the same program is the function.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

mod bank;
#[path = "../orders/charge.rs"]
mod charge;
#[path = "../orders/delivery.rs"]
mod delivery;
mod demo;
mod instance;
#[path = "../orders/order.rs"]
mod order;
mod place;
#[path = "../orders/sandbox.rs"]
mod sandbox;
mod table;

use std::process::ExitCode;

use idem_lambda::Idempotency;
use idem_lambda::store::DynamoDb;
use lambda_runtime::{Error, service_fn};

use order::{Order, Receipt};

/// What happens once per order.
async fn collect(order: Order) -> Result<Receipt, Error> {
    let order_id = order.order_id.unwrap_or_default();
    let attempt = bank::note_attempt(&order_id);
    if attempt <= order.fail_times {
        return Err(format!("the bank does not answer (attempt {attempt})").into());
    }
    if attempt <= order.fail_times + order.hang_times {
        sandbox::hang().await;
    }
    Ok(Receipt {
        charge_id: bank::charge(&order_id).await,
        order_id,
        amount_cents: order.amount_cents,
    })
}

#[tokio::main]
async fn main() -> ExitCode {
    let is_function = std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some();
    let ended = if is_function {
        serve().await
    } else {
        demo::run().await
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The function: what a program of your own looks like.
async fn serve() -> Result<(), Error> {
    tracing_subscriber::fmt().json().init();
    let store = DynamoDb::from_env()?;
    // In the init phase, so that the first event need not wait for it.
    store.warm_up().await?;
    Idempotency::new(store).install()?;
    lambda_runtime::run(service_fn(charge::handle)).await
}
