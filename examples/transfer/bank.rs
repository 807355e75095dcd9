//! The accounts, the emulator they lie in, and whoever kills the worker.

use std::process::Stdio;

use idem_lambda::store::DynamoDb;
use lambda_runtime::Error;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::accounts::{self, Accounts, receipts};
use crate::worker;

const STARTING: i64 = 1_000;
/// A kill after every seventh transfer that was begun.
const BETWEEN_KILLS: u32 = 7;

pub(crate) async fn run() -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let database = dynoxide::Database::memory()?;
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let client = accounts::client(&endpoint);
    let store = DynamoDb::builder("records").client(client.clone());
    store.build().create_table_if_missing().await?;
    let accounts = Accounts(client);
    accounts.create().await?;
    accounts.add("alice", STARTING).await?;
    accounts.add("bob", 0).await?;

    let mut kills = 0;
    while !work(&endpoint).await? {
        kills += 1;
    }

    let amounts = accounts.amounts().await?;
    let moved = i64::from(worker::TRANSFERS - 1) * 10;
    println!(
        "\n{} transfers of 10, one of them refused; the worker was killed {kills} times",
        worker::TRANSFERS
    );
    println!(
        "alice had {STARTING} and has {}; bob had 0 and has {}",
        amounts["alice"], amounts["bob"]
    );
    println!(
        "receipts sent: {}, for each attempt one: nothing ties them to the record",
        receipts(&amounts)
    );
    if (amounts["alice"], amounts["bob"]) != (STARTING - moved, moved) {
        return Err(format!("{moved} should have moved").into());
    }
    println!("each transfer was made exactly once");
    Ok(())
}

/// Runs a worker until it has done its work, or is killed: in the middle of a transfer, at a moment that is not chosen.
async fn work(endpoint: &str) -> Result<bool, Error> {
    let mut worker = Command::new(std::env::current_exe()?)
        .env(worker::ENDPOINT, endpoint)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = worker.stdout.take().ok_or("the worker has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut begun = 0;
    while let Some(line) = lines.next_line().await? {
        if line.starts_with("transferring") {
            begun += 1;
        }
        if begun == BETWEEN_KILLS {
            println!("{line}, killed");
            worker.kill().await?;
            return Ok(false);
        }
        if line.starts_with("refused") {
            println!("{line}");
        }
    }
    let ended = worker.wait().await?;
    if ended.success() {
        Ok(true)
    } else {
        Err(format!("the worker failed: {ended}").into())
    }
}
