//! The process that makes the transfers: the function.

use std::io::Write;
use std::time::Duration;

use idem_lambda::clock::{Clock, SystemClock};
use idem_lambda::store::DynamoDb;
use idem_lambda::store::dynamodb::{Cancellation, TransactWriteItem};
use idem_lambda::{Execution, Idempotency, idempotent};
use lambda_runtime::Error;
use serde::{Deserialize, Serialize};

use crate::accounts::{self, Accounts, credit, debit};

/// Where the emulator is; who has it set is the worker.
pub(crate) const ENDPOINT: &str = "TRANSFER_ENDPOINT";
pub(crate) const TRANSFERS: u32 = 40;
/// More than alice has, once.
pub(crate) const TOO_MUCH: u32 = 20;

#[derive(Serialize, Deserialize)]
struct Transfer {
    id: String,
    from: String,
    to: String,
    amount: i64,
}

#[derive(Serialize, Deserialize)]
struct Receipt {
    transfer: String,
    amount: i64,
}

// The debit's condition, both writes and the record are one transaction. A short lease, so that a killed transfer can go
// on soon.
#[idempotent(key = "$.id", ttl = "7d", lease = "1s")]
async fn transfer(
    event: Transfer,
    accounts: &Accounts,
    #[execution] execution: Execution<TransactWriteItem>,
) -> Result<Receipt, Error> {
    let Transfer {
        id,
        from,
        to,
        amount,
    } = event;
    execution.transact([debit(&from, amount)?, credit(&to, amount)?])?;
    accounts.send_receipt().await?;
    say(&format!("transferring {id}"))?;
    Ok(Receipt {
        transfer: id,
        amount,
    })
}

pub(crate) async fn run() -> Result<(), Error> {
    let client = accounts::client(&std::env::var(ENDPOINT)?);
    let accounts = Accounts(client.clone());
    let store = DynamoDb::builder("records").client(client).build();
    // One machine has one clock.
    Idempotency::builder(store)
        .margin(Duration::ZERO)
        .build()
        .install()?;
    for number in 1..=TRANSFERS {
        let event = || Transfer {
            id: format!("t-{number:02}"),
            from: "alice".to_owned(),
            to: "bob".to_owned(),
            amount: if number == TOO_MUCH { 1_000_000 } else { 10 },
        };
        loop {
            match transfer(event(), &accounts).await {
                Ok(receipt) => say(&format!("done {}", receipt.transfer))?,
                Err(error) => match error.downcast_ref::<idem_lambda::Error>() {
                    // What was killed holds its claim until its lease ends.
                    Some(error) if error.is_in_progress() => {
                        let wait = error.retry_after().unwrap_or_default();
                        SystemClock.sleep_until(SystemClock.now().after(wait)).await;
                        continue;
                    }
                    Some(error) if error.is_canceled() => {
                        let cancellation = Cancellation::of(error).ok_or("no reason is given")?;
                        say(&format!("refused t-{number:02}: {cancellation}"))?;
                    }
                    _ => return Err(error),
                },
            }
            break;
        }
    }
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
