//! How the memory of the embedded store grows.

use std::alloc::System;
use std::fs;

use idem_lambda::Idempotency;
use idem_lambda::store::Memory;
use idem_scaling::handler::by_field;
use idem_scaling::order::Events;
use idem_scaling::ready;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    println!("| keys | bytes a record, as they were asked for | of the process's memory |");
    println!("|---:|---:|---:|");
    let events = Events::of_size(120);
    // What is made once, for whatever number of records.
    let small = Idempotency::new(Memory::new());
    drop(ready(by_field(events.event(0), &small)));
    let (before, region) = (resident(), Region::new(ALLOCATOR));
    let runtime = Idempotency::new(Memory::builder().capacity(10_000_000).build());
    let mut keys = 0;
    for wanted in [1_000_u32, 10_000, 100_000, 1_000_000, 10_000_000] {
        while keys < wanted {
            let result = ready(by_field(events.event(keys.into()), &runtime));
            assert!(result.is_ok(), "the store is large enough");
            keys += 1;
        }
        let now = region.change();
        let live = now.bytes_allocated.saturating_sub(now.bytes_deallocated);
        let each = |bytes| figure(bytes) / f64::from(wanted);
        println!(
            "| {wanted} | {:.0} | {:.0} |",
            each(live),
            each(resident().saturating_sub(before))
        );
    }
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
