//! How the time of a call grows: `idem-scaling keys`, `payloads` or `threads`.

mod keys;
mod payloads;
mod threads;
mod turns;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (part, threads) = (arguments.next(), arguments.next());
    let threads = threads.as_deref().map(str::parse);
    match (part.as_deref(), threads) {
        (Some("keys"), None) => keys::print(),
        (Some("payloads"), None) => payloads::print(),
        (Some("threads"), None) => return threads::print(),
        (Some("threads"), Some(Ok(threads))) => threads::print_row(threads),
        _ => {
            eprintln!("say what grows: keys, payloads or threads");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
