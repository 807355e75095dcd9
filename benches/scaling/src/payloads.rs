//! Larger and larger events and results.

use std::cell::Cell;

use idem_lambda::Idempotency;
use idem_lambda::store::Memory;
use idem_scaling::handler::{bare, by_field, by_whole, large_bare, large_by_field, large_by_whole};
use idem_scaling::order::{Events, Order, Receipt};
use idem_scaling::ready;
use lambda_runtime::{Error, LambdaEvent};

use crate::turns::Turns;

const TURNS: usize = 100;
const CALLS: usize = 10;
const SIZES: [usize; 6] = [128, 1_024, 4_096, 16_384, 65_536, 262_144];

type Bare = fn(LambdaEvent<Order>) -> Result<Receipt, Error>;
type Guarded = fn(LambdaEvent<Order>, &Idempotency) -> Result<Receipt, Error>;

/// A key, a result, the handler alone and the same with a guard.
type Row = (&'static str, &'static str, Bare, Guarded);

const ROWS: [Row; 4] = [
    ("`$.orderId`", "100 bytes", small, |event, runtime| {
        ready(by_field(event, runtime))
    }),
    ("`$`", "100 bytes", small, |event, runtime| {
        ready(by_whole(event, runtime))
    }),
    ("`$.orderId`", "as the payload", large, |event, runtime| {
        ready(large_by_field(event, runtime))
    }),
    ("`$`", "as the payload", large, |event, runtime| {
        ready(large_by_whole(event, runtime))
    }),
];

fn small(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    ready(bare(event))
}

fn large(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    ready(large_bare(event))
}

/// The fastest turns of a first call and of a replay, over the bare handler.
#[derive(Clone, Copy)]
struct Fastest {
    first: f64,
    replay: f64,
}

pub(crate) fn print() {
    println!(
        "Nanoseconds a call over the bare handler: fastest, median, processor. The last two columns: nanoseconds for each \
         byte more than in the smallest payload, from the fastest.\n"
    );
    println!(
        "| key | result | bytes | first call | median | processor | replay | median | processor | first, a byte | replay, a byte |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (key, result, bare, guarded) in ROWS {
        let mut smallest = None;
        for bytes in SIZES {
            print!("| {key} | {result} | {bytes} |");
            let fastest = row(bytes, bare, guarded);
            let least = *smallest.get_or_insert(fastest);
            if bytes == SIZES[0] {
                println!(" | |");
            } else {
                let a_byte = |now, least| (now - least) / figure(bytes - SIZES[0]);
                println!(
                    " {:.2} | {:.2} |",
                    a_byte(fastest.first, least.first),
                    a_byte(fastest.replay, least.replay)
                );
            }
        }
    }
}

/// Prints what was measured in a store of its own.
fn row(bytes: usize, bare: Bare, guarded: Guarded) -> Fastest {
    let events = Events::of_size(bytes);
    let runtime = Idempotency::new(Memory::new());
    let number = Cell::new(0);
    let new = || {
        number.set(number.get() + 1);
        events.event(number.get())
    };
    let call = |event| guarded(event, &runtime);
    // Those that grow the heap are for nobody's account.
    drop(Turns::take(TURNS, CALLS, new, bare));
    let bare = Turns::take(TURNS, CALLS, new, bare);
    let first = Turns::take(TURNS, CALLS, new, call);
    let last = number.get();
    let replay = Turns::take(TURNS, CALLS, || events.event(last), call);
    print!("{}{}", first.over(&bare), replay.over(&bare));
    Fastest {
        first: first.fastest() - bare.fastest(),
        replay: replay.fastest() - bare.fastest(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures to read")]
fn figure(bytes: usize) -> f64 {
    bytes as f64
}
