//! Moves money between two accounts, exactly once a transfer, whenever its process is killed.
//!
//! `cargo run --example transfer` is the bank: it starts an emulator of DynamoDB, and a second process that makes the
//! transfers, kills that process in the middle of one after another, and starts it again. Each transfer also sends a
//! receipt, which no store can commit: so the difference can be seen.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

mod accounts;
mod bank;
mod worker;

use lambda_runtime::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    if std::env::var_os(worker::ENDPOINT).is_some() {
        worker::run().await
    } else {
        bank::run().await
    }
}
