//! More and more keys in one store.

use idem_lambda::Idempotency;
use idem_lambda::store::Memory;
use idem_scaling::handler::{bare, by_field};
use idem_scaling::order::Events;
use idem_scaling::ready;

use crate::turns::fastest;

const TURNS: usize = 200;
const CALLS: usize = 50;
/// Steps through the keys so that the next one lies anywhere: prime, so that all come.
const STRIDE: u64 = 7_368_787;

pub(crate) fn print() {
    let events = Events::of_size(120);
    let runtime = Idempotency::new(Memory::builder().capacity(20_000_000).build());
    let floor = fastest(TURNS, CALLS, || events.event(0), |event| ready(bare(event)));
    println!("| keys | first call, ns | replay of one key | replay of any key |");
    println!("|---:|---:|---:|---:|");
    let mut keys = 0;
    for wanted in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        while keys < wanted {
            let result = ready(by_field(events.event(keys), &runtime));
            assert!(result.is_ok(), "the store is large enough");
            keys += 1;
        }
        let call = |event| ready(by_field(event, &runtime)).is_ok();
        let one = fastest(TURNS, CALLS, || events.event(1), call);
        let mut next = 0;
        let any = || {
            next = (next + STRIDE) % wanted;
            events.event(next)
        };
        let any = fastest(TURNS, CALLS, any, call);
        let new = || {
            keys += 1;
            events.event(keys - 1)
        };
        let first = fastest(TURNS.min(20), CALLS, new, call);
        println!(
            "| {wanted} | {:.0} | {:.0} | {:.0} |",
            first - floor,
            one - floor,
            any - floor
        );
    }
}
