//! The explorer: the real engine, over a simulated store and clock, through every order of events within bounds.
//!
//! `IDEM_EXPLORE=full` explores with the bounds that `DESIGN.md` publishes; without it they are smaller. Optimised, it is
//! some twenty times faster: `IDEM_EXPLORE=full cargo test --release -p idem-core --test explorer -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[cfg(idem_ablate)]
mod ablation;
mod action;
mod check;
#[cfg(not(idem_ablate))]
mod count;
mod forget;
mod scenario;
mod search;
mod shared;
mod store;
mod trace;
mod turn;
#[cfg(not(idem_ablate))]
mod whole;
mod world;

use std::io::Write as _;
use std::time::Duration;

/// Past the capture of test output.
fn say(line: &str) {
    let mut output = std::io::stderr();
    writeln!(output, "{line}").unwrap();
}

/// How long a search takes is a figure of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing explored looks at this time"
)]
fn timed<T>(search: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let found = search();
    (found, start.elapsed())
}
