//! How long functions take to start: `benches/start/run` builds them and this, and starts it.
//!
//! `idem-start FOLDER [ROUNDS]`: the folder of the functions' programs, and how often each is started.

mod clock;
mod report;
mod runtime_api;
mod start;
mod table;

use std::env;
use std::error::Error;
use std::path::Path;

use crate::report::report;
use crate::runtime_api::RuntimeApi;
use crate::start::Start;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The program of each function. The first is what the others are compared with.
const FUNCTIONS: [&str; 4] = ["bare", "memory", "dynamodb", "dynamodb_warm"];
/// How often each is started before it counts: its program is then in memory.
const UNCOUNTED: usize = 3;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (folder, rounds) = match arguments.as_slice() {
        [folder] => (folder, 100),
        [folder, rounds] => (folder, rounds.parse()?),
        _ => return Err("usage: idem-start FOLDER [ROUNDS]".into()),
    };
    let programs = FUNCTIONS.map(|function| Path::new(folder).join(function));
    let endpoint = table::serve()?;
    let api = RuntimeApi::start()?;
    let mut starts = FUNCTIONS.map(|_| Vec::new());
    for round in 0..UNCOUNTED + rounds {
        for (program, starts) in programs.iter().zip(&mut starts) {
            let start = Start::measure(program, &api, &endpoint, round)
                .map_err(|error| format!("{}: {error}", program.display()))?;
            if round >= UNCOUNTED {
                starts.push(start);
            }
        }
    }
    report(&programs, &starts)
}
