//! Charges each order once, however often its event is delivered.
//!
//! `cargo run --example orders` plays a stream of deliveries: it is the Lambda service, a bank and, in a second process,
//! the function, which speak Lambda's real HTTP protocol with one another. Started by Lambda, or by `cargo lambda
//! watch`, the same program is the function.

mod bank;
mod charge;
mod delivery;
mod demo;
mod ledger;
mod log;
mod order;
mod platform;
mod sandbox;
mod staged;
mod table;

use std::process::ExitCode;

use idem_lambda::{Idempotency, store::Memory};
use lambda_runtime::{Error, service_fn};

use order::{Order, Receipt};

/// What happens once per order.
async fn collect(order: Order) -> Result<Receipt, Error> {
    let order_id = order.order_id.unwrap_or_default();
    let attempt = ledger::note_attempt(&order_id)?;
    if attempt <= order.fail_times {
        return Err(format!("the bank does not answer (attempt {attempt})").into());
    }
    if attempt <= order.fail_times + order.hang_times {
        sandbox::hang().await;
    }
    let charge_id = bank::charge(&order_id).await?;
    ledger::note_charge(&order_id)?;
    Ok(Receipt {
        order_id,
        charge_id,
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
    if let Some(clock) = std::env::var_os(staged::CLOCK) {
        return staged::serve(clock.into()).await;
    }
    tracing_subscriber::fmt().json().init();
    Idempotency::new(Memory::new()).install()?;
    lambda_runtime::run_concurrent(service_fn(charge::handle)).await
}
