//! More and more threads on the store of the process.

use std::env::current_exe;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::sync::Barrier;
use std::thread;

use idem_lambda::Idempotency;
use idem_lambda::store::Memory;
use idem_scaling::handler::{bare, installed};
use idem_scaling::order::Events;
use idem_scaling::ready;
use idem_scaling::stopwatch::{Stopwatch, Taken};

use crate::turns::Turns;

/// Of all threads together, so that a store has the same records however many there are.
const CALLS: u64 = 320_000;
const ROUNDS: u64 = 7;

/// What a call of a thread is, in a round.
struct Call {
    round: u64,
    thread: u64,
    number: u64,
}

/// Each row by a process of its own: the store of a process begins empty, and is one.
pub(crate) fn print() -> ExitCode {
    println!(
        "Calls a microsecond of all threads, fastest and median, and nanoseconds of processor a call; their events included.\n"
    );
    println!(
        "| threads | bare handler | median | processor | replays of different keys | median | processor | replays of one key | median | processor | first calls | median | processor |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for threads in ["1", "2", "4", "8", "16"] {
        let row = |program| Command::new(program).args(["threads", threads]).status();
        match current_exe().and_then(row) {
            Ok(status) if status.success() => {}
            _ => {
                eprintln!("failed to measure {threads} threads");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

pub(crate) fn print_row(threads: u64) {
    let runtime = Idempotency::new(Memory::builder().capacity(10_000_000).build());
    let is_first = runtime.install();
    assert!(is_first.is_ok(), "nothing else is installed");
    let guarded = |events: &Events, key| {
        // That another thread is at work on the key is an answer, too.
        drop(black_box(ready(installed(events.event(key)))));
    };
    let row = [
        measure(threads, |events, call| {
            drop(black_box(ready(bare(events.event(call.thread)))));
        }),
        measure(threads, |events, call| guarded(events, call.thread)),
        measure(threads, |events, _| guarded(events, 0)),
        measure(threads, |events, call| {
            let of_thread = (call.round << 36) + (call.thread << 28);
            guarded(events, of_thread + call.number + 1_000);
        }),
    ];
    print!("| {threads} |");
    for turns in row {
        print!(
            " {:.2} | {:.2} | {:.0} |",
            1_000.0 / turns.fastest(),
            1_000.0 / turns.median(),
            turns.processor()
        );
    }
    println!();
}

fn measure(threads: u64, call: impl Fn(&Events, &Call) + Sync) -> Turns {
    (0..ROUNDS)
        .map(|number| round(threads, number, &call))
        .collect()
}

fn round(threads: u64, round: u64, call: &(impl Fn(&Events, &Call) + Sync)) -> Taken {
    let (threads, calls) = (size(threads), size(CALLS));
    let start = Barrier::new(threads + 1);
    let stopwatch = thread::scope(|scope| {
        for thread in (0..).take(threads) {
            let start = &start;
            scope.spawn(move || {
                let events = Events::of_size(120);
                start.wait();
                for number in (0..).take(calls / threads) {
                    call(
                        &events,
                        &Call {
                            round,
                            thread,
                            number,
                        },
                    );
                }
            });
        }
        // Before any can begin: whoever waits last goes on first.
        let stopwatch = Stopwatch::start();
        start.wait();
        stopwatch
    });
    stopwatch.each_of(calls / threads * threads)
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
