//! What the DynamoDB store costs beside the AWS SDK alone. `benches/README.md` says how to read it.
//!
//! Each figure comes from processes of their own, this program again: an emulator's work is not counted as the client's,
//! and what a process does once is done anew.

#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

mod calls;
mod construction;
mod contention;
mod emulator;
mod stopwatch;
mod units;

use std::env;
use std::error::Error;
use std::process::{Command, Output};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["emulator"] => emulator::serve(),
        ["construct", whose] => construction::construct(whose.parse()?),
        ["call", what, count, endpoint] => calls::call(what.parse()?, count.parse()?, endpoint),
        // `cargo bench` adds an argument of its own.
        _ => {
            construction::report()?;
            units::report()?;
            contention::report()?;
            calls::report()
        }
    }
}

/// This program with other arguments.
fn again(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(arguments);
    Ok(command)
}

/// The number that a process prints.
fn printed(command: &mut Command) -> Result<u64> {
    let Output { status, stdout, .. } = command.stderr(std::process::Stdio::inherit()).output()?;
    if !status.success() {
        return Err(format!("a measured process failed: {status}").into());
    }
    Ok(String::from_utf8(stdout)?.trim().parse()?)
}

fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures[figures.len() / 2]
}
