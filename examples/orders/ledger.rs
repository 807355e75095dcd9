//! What the function did, in two files that outlive its process: for those who look on.
//!
//! `ORDERS_LEDGER` names the file that gets a line for every charge; beside it lies `$ORDERS_LEDGER.attempts` with a line
//! for every attempt. A line is the order's id as a JSON string.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Result, Write};
use std::path::{Path, PathBuf};

/// Notes one charge.
pub(crate) fn note_charge(order_id: &str) -> Result<()> {
    append(&path(), order_id).map(drop)
}

/// Notes one attempt, and says which it is: 1 for the first.
pub(crate) fn note_attempt(order_id: &str) -> Result<usize> {
    let mut attempts = path().into_os_string();
    attempts.push(".attempts");
    let line = append(attempts.as_ref(), order_id)?;
    let lines = BufReader::new(File::open(attempts)?).lines();
    Ok(lines
        .map_while(Result::ok)
        .filter(|other| *other == line)
        .count())
}

fn append(path: &Path, order_id: &str) -> Result<String> {
    let line = serde_json::to_string(order_id)?;
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    // One write, so that lines of several processes do not mix.
    file.write_all(format!("{line}\n").as_bytes())?;
    Ok(line)
}

fn path() -> PathBuf {
    std::env::var_os("ORDERS_LEDGER").map_or_else(
        || std::env::temp_dir().join(format!("orders-{}.ledger", std::process::id())),
        PathBuf::from,
    )
}
