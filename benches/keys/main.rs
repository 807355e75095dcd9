//! What a key costs beside the same hash made by hand, and beside a tree of the event and a query on it.
//! `benches/README.md` says how to read it.

mod events;
mod measure;
mod paths;
mod peers;
mod whole;

use divan::AllocProfiler;

/// Many, of few calls each, so that some are not interrupted.
const SAMPLES: u32 = 400;

/// Rows that allocate say so.
#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}
