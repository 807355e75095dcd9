//! How the memory of the embedded store grows.

use std::alloc::System;
use std::fs;

use idem_lambda::Idempotency;
use idem_lambda::store::Memory;
use idem_scaling::handler::{bare, by_field};
use idem_scaling::order::{Events, Order};
use idem_scaling::ready;
use lambda_runtime::LambdaEvent;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// So many are made for a figure of allocations.
const CALLS: u32 = 1_000;

fn main() {
    println!(
        "| keys | bytes a record, as they were asked for | of the process's memory | allocations of a first call | of a replay |"
    );
    println!("|---:|---:|---:|---:|---:|");
    let events = Events::of_size(120);
    // What is made once, for whatever number of records.
    let small = Idempotency::new(Memory::new());
    drop(ready(by_field(events.event(0), &small)));
    let of_bare = allocations(&events, 0, |event| drop(ready(bare(event))));
    let store = Memory::builder().capacity(20_000_000).build();
    // As Lambda has it: a part of what a record keeps of where it comes from.
    let runtime = Idempotency::builder(store).function_version("42").build();
    let call = |event| {
        let result = ready(by_field(event, &runtime));
        assert!(result.is_ok(), "the store is large enough");
    };
    let (before, region) = (resident(), Region::new(ALLOCATOR));
    let mut keys = 0;
    for wanted in [1_000_u32, 10_000, 100_000, 1_000_000, 10_000_000] {
        // The last of them are those whose allocations are counted.
        while keys < wanted - CALLS {
            call(events.event(keys.into()));
            keys += 1;
        }
        let of_first = allocations(&events, keys, call);
        keys = wanted;
        let now = region.change();
        let live = now.bytes_allocated.saturating_sub(now.bytes_deallocated);
        let each = |bytes| figure(bytes) / f64::from(wanted);
        let resident = resident().saturating_sub(before);
        let of_replay = allocations(&events, 0, call);
        println!(
            "| {wanted} | {:.0} | {:.0} | {:.1} | {:.1} |",
            each(live),
            each(resident),
            of_first - of_bare,
            of_replay - of_bare
        );
    }
}

/// The allocations of a call, of those from this key on, without their events.
fn allocations(events: &Events, from: u32, mut call: impl FnMut(LambdaEvent<Order>)) -> f64 {
    let numbers = from..from + CALLS;
    let events: Vec<_> = numbers.map(|number| events.event(number.into())).collect();
    let region = Region::new(ALLOCATOR);
    for event in events {
        call(event);
    }
    let made = region.change();
    figure(made.allocations + made.reallocations) / f64::from(CALLS)
}

#[expect(clippy::cast_precision_loss, reason = "figures to read")]
fn figure(bytes: usize) -> f64 {
    bytes as f64
}

/// The memory of this process, in bytes; 0 where nobody says.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}
