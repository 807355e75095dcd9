//! More and more threads on the store of the process.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;

use idem_lambda::Idempotency;
use idem_lambda::store::Memory;
use idem_scaling::handler::{bare, installed};
use idem_scaling::order::Events;
use idem_scaling::ready;
use idem_scaling::stopwatch::{Stopwatch, Taken};

/// Each thread's.
const CALLS: usize = 100_000;
const ROUNDS: u64 = 5;

/// What a call of a thread is, in a round.
struct Call {
    round: u64,
    thread: u64,
    number: u64,
}

pub(crate) fn print() {
    let runtime = Idempotency::new(Memory::builder().capacity(100_000_000).build());
    let is_first = runtime.install();
    assert!(is_first.is_ok(), "nothing else is installed");
    println!(
        "Calls a microsecond of all threads, and in brackets nanoseconds of processor a call, its event included:\n"
    );
    println!(
        "| threads | bare handler | replays of different keys | replays of one key | first calls |"
    );
    println!("|---:|---:|---:|---:|---:|");
    for threads in [1, 2, 4, 8, 16] {
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
                let of_thread = (threads << 40) + (call.round << 36) + (call.thread << 28);
                guarded(events, of_thread + call.number + 1_000);
            }),
        ];
        print!("| {threads} |");
        for taken in row {
            print!(" {:.2} ({:.0}) |", 1_000.0 / taken.wall, taken.processor);
        }
        println!();
    }
}

/// The fastest of some rounds.
fn measure(threads: u64, call: impl Fn(&Events, &Call) + Sync) -> Taken {
    let rounds = (0..ROUNDS).map(|number| round(threads, number, &call));
    let fastest = rounds.min_by(|one, other| one.wall.total_cmp(&other.wall));
    fastest.unwrap_or(Taken {
        wall: 0.0,
        processor: 0.0,
    })
}

fn round(threads: u64, round: u64, call: &(impl Fn(&Events, &Call) + Sync)) -> Taken {
    let threads_and_this = usize::try_from(threads).unwrap_or(usize::MAX - 1) + 1;
    let start = Barrier::new(threads_and_this);
    let stopwatch = thread::scope(|scope| {
        for thread in 0..threads {
            let start = &start;
            scope.spawn(move || {
                let events = Events::of_size(120);
                start.wait();
                for number in (0..).take(CALLS) {
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
        start.wait();
        Stopwatch::start()
    });
    stopwatch.each_of(CALLS * (threads_and_this - 1))
}
