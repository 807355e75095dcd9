//! Makes as many calls of one kind as it is told, for `scripts/counts` to count their instructions.
//!
//! `idem-counts KIND CALLS`

mod batch;
mod call;
mod order;

use std::env;
use std::future::Future;
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

/// Makes one call, the how many-th it is.
type Call = Box<dyn FnMut(u64)>;

/// The kinds of calls, by name.
const KINDS: [(&str, fn() -> Call); 6] = [
    ("bare", call::bare),
    ("first", call::first),
    ("replay", call::replay),
    ("busy", call::busy),
    ("first_by_function", call::first_by_function),
    ("batch_record", batch::record),
];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let kind = arguments.first().and_then(|name| {
        let kind = KINDS.iter().find(|(known, _)| known == name)?;
        Some(kind.1)
    });
    let count = arguments.get(1).and_then(|count| count.parse().ok());
    let (Some(kind), Some(count)) = (kind, count) else {
        let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
        eprintln!(
            "usage: idem-counts KIND CALLS, where KIND is one of {}",
            names.join(", ")
        );
        return ExitCode::FAILURE;
    };
    let mut call = kind();
    for number in 0..count {
        call(number);
    }
    ExitCode::SUCCESS
}

/// The output of a future that never waits.
fn ready<F: Future>(future: F) -> F::Output {
    let Poll::Ready(output) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("what is counted here never waits")
    };
    output
}
