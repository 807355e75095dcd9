//! Explains why each duplicate came, and what became of the records that were tried more than once.
//!
//! `cargo run --example explain` plays the deliveries of the example `orders` on a clock that only they move, and shows
//! of each duplicate the verdict, what it has in common with what came before, and which setting to look at.

#[path = "../orders/charge.rs"]
mod charge;
#[path = "../orders/delivery.rs"]
mod delivery;
mod duplicate;
#[path = "../orders/order.rs"]
mod order;
mod play;
mod report;
#[path = "../orders/sandbox.rs"]
mod sandbox;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::{Arg, ArgAction, Command};
use lambda_runtime::Error;

use order::{Order, Receipt};

/// How often each order was attempted.
static ATTEMPTS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// What happens once per order.
async fn collect(order: Order) -> Result<Receipt, Error> {
    let order_id = order.order_id.unwrap_or_default();
    let attempt = note_attempt(&order_id);
    if attempt <= order.fail_times {
        return Err(format!("the bank does not answer (attempt {attempt})").into());
    }
    if attempt <= order.fail_times + order.hang_times {
        sandbox::hang().await;
    }
    // While the bank is at work, what is delivered together gets its turn.
    tokio::task::yield_now().await;
    Ok(Receipt {
        charge_id: format!("ch_{order_id}_{attempt}"),
        order_id,
        amount_cents: order.amount_cents,
    })
}

fn note_attempt(order_id: &str) -> usize {
    let mut attempts = ATTEMPTS.lock().unwrap_or_else(PoisonError::into_inner);
    let attempt = attempts.entry(order_id.to_owned()).or_default();
    *attempt += 1;
    *attempt
}

fn command() -> Command {
    Command::new("explain")
        .about("Explains why each duplicate among deliveries of orders came, and what became of records that were tried more than once.")
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print JSON documents, one a line: of each duplicate, and {\"timeline\": ..} of each such record"),
        )
        .arg(
            Arg::new("events")
                .value_name("FILE")
                .default_value(delivery::EVENTS)
                .hide_default_value(true)
                .help("The deliveries, as of the example `orders`; `-` reads standard input [default: examples/events/orders.jsonl]"),
        )
}

// One thread: who comes first is decided by the order of the deliveries.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let arguments = command().get_matches();
    let file = arguments
        .get_one::<String>("events")
        .map_or(delivery::EVENTS, String::as_str);
    let (deliveries, faults) = delivery::read(file)?;
    for fault in &faults {
        eprintln!("{file}: {fault}");
    }
    let played = play::play(&deliveries).await?;
    let out = &mut std::io::stdout().lock();
    let shown = if arguments.get_flag("json") {
        report::json(out, &played)
    } else {
        report::text(out, &played, deliveries.len())
    };
    // Whoever stops reading has seen enough.
    shown.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error.into()),
    })
}
