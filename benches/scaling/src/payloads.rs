//! Larger and larger events and results.

use std::cell::Cell;

use idem_lambda::Idempotency;
use idem_lambda::store::Memory;
use idem_scaling::handler::{bare, by_field, by_whole, of_large_result};
use idem_scaling::order::{Events, Order, Receipt};
use idem_scaling::ready;
use lambda_runtime::{Error, LambdaEvent};

use crate::turns::fastest;

const TURNS: usize = 200;
const CALLS: usize = 10;

type Handler<'a> = &'a dyn Fn(LambdaEvent<Order>) -> Result<Receipt, Error>;

pub(crate) fn print() {
    println!(
        "| bytes | field: first, ns | replay | whole event: first, ns | replay | large result: first, ns | replay |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for bytes in [128, 1_024, 4_096, 16_384, 65_536, 262_144] {
        let events = Events::of_size(bytes);
        let runtime = Idempotency::new(Memory::builder().capacity(1_000_000).build());
        let number = Cell::new(0);
        let new = || {
            number.set(number.get() + 1);
            events.event(number.get())
        };
        let floor = fastest(TURNS, CALLS, new, |event| ready(bare(event)));
        let by_field = |event| ready(by_field(event, &runtime));
        let by_whole = |event| ready(by_whole(event, &runtime));
        let of_large_result = |event| ready(of_large_result(event, &runtime));
        let handlers: [Handler<'_>; 3] = [&by_field, &by_whole, &of_large_result];
        print!("| {bytes} |");
        for handler in handlers {
            let first = fastest(TURNS, CALLS, new, handler);
            let last = number.get();
            let replay = fastest(TURNS, CALLS, || events.event(last), handler);
            print!(" {:.0} | {:.0} |", first - floor, replay - floor);
        }
        println!();
    }
}
