//! How the time of a call grows: `idem-scaling keys`, `payloads` or `threads`.

mod keys;
mod payloads;
mod threads;
mod turns;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        Some("keys") => keys::print(),
        Some("payloads") => payloads::print(),
        Some("threads") => threads::print(),
        _ => {
            eprintln!("say what grows: keys, payloads or threads");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
