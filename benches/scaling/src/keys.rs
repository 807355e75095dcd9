//! More and more keys in one store.

use idem_lambda::Idempotency;
use idem_lambda::store::Memory;
use idem_scaling::handler::{bare, by_field};
use idem_scaling::order::Events;
use idem_scaling::ready;
use idem_scaling::stopwatch::Stopwatch;

use crate::turns::Turns;

const TURNS: usize = 200;
const CALLS: usize = 50;
/// Steps through the keys so that the next one lies anywhere: prime, so that all come.
const STRIDE: u64 = 7_368_787;

pub(crate) fn print() {
    let events = Events::of_size(120);
    let runtime = Idempotency::new(Memory::builder().capacity(20_000_000).build());
    let bare = Turns::take(TURNS, CALLS, || events.event(0), |event| ready(bare(event)));
    println!(
        "Nanoseconds a call over the bare handler, {:.0}: fastest, median, processor. Longest: of one first call on the way from \
         the row before, in microseconds.\n",
        bare.fastest()
    );
    println!(
        "| keys | first call | median | processor | longest | replay of one key | median | processor | replay of any key | median | processor |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let call = |event| ready(by_field(event, &runtime)).is_ok();
    let mut keys = 0;
    for wanted in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        let mut longest = 0_f64;
        while keys < wanted {
            let event = events.event(keys);
            let stopwatch = Stopwatch::start();
            assert!(call(event), "the store is large enough");
            longest = longest.max(stopwatch.each_of(1).processor);
            keys += 1;
        }
        let one = Turns::take(TURNS, CALLS, || events.event(1), call);
        let mut next = 0;
        let any = || {
            next = (next + STRIDE) % wanted;
            events.event(next)
        };
        let any = Turns::take(TURNS, CALLS, any, call);
        let new = || {
            keys += 1;
            events.event(keys - 1)
        };
        let first = Turns::take(TURNS.min(20), CALLS, new, call);
        println!(
            "| {wanted} |{} {:.0} |{}{}",
            first.over(&bare),
            longest / 1_000.0,
            one.over(&bare),
            any.over(&bare)
        );
    }
}
