//! What a guarded call costs here and elsewhere. `README.md` says what is compared, and how.
//!
//! A driver starts every subject in a process of its own and has them work in turns, so that what else the machine does is
//! the same for all. The Rust subjects and the emulator are this program again.

mod chart;
mod client;
mod driver;
mod emulator;
mod events;
mod figures;
mod peer;
mod report;
mod roster;
mod serve;
mod stopwatch;
mod subject;
mod table;
mod takings;
mod turn;
mod unit;
mod versions;

use std::error::Error;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Does what the arguments say: measures, serves an emulator, or is a subject.
///
/// # Errors
///
/// Whatever goes wrong: nothing that is half right is reported.
pub fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["measure", settings @ ..] => driver::measure(&driver::Settings::from_arguments(settings)?),
        ["emulator"] => emulator::serve(),
        ["subject", name, events] => subject::serve(name, events),
        _ => Err("it is started by `run`".into()),
    }
}
