//! The side of a turn that works: a Rust subject.

use std::hint::black_box;
use std::io;
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region};
use tokio::runtime::Runtime;

use crate::Result;
use crate::events::{COMPLETED, Events};
use crate::stopwatch::Stopwatch;
use crate::subject::{Subject, handler};
use crate::turn::{Call, HUNDRED, Pace, Ready, Taken, Turn};

/// Completes the orders to replay, replays each once, and then takes turns until the driver has no more.
pub(crate) fn turns(runtime: &Runtime, subject: &impl Subject, mut events: Events) -> Result<()> {
    for _ in 0..2 * COMPLETED {
        let event = events.next(Call::Replay)?;
        runtime.block_on(subject.call(event))?;
    }
    let versions = Vec::new();
    println!("{}", serde_json::to_string(&Ready { versions })?);
    for line in io::stdin().lines() {
        let turn = serde_json::from_str(&line?)?;
        let taken = runtime.block_on(take(subject, &mut events, turn))?;
        println!("{}", serde_json::to_string(&taken)?);
    }
    Ok(())
}

async fn take(subject: &impl Subject, events: &mut Events, turn: Turn) -> Result<Taken> {
    let mut taken = Taken::default();
    let runs = handler::runs();
    let mut cpu = Duration::ZERO;
    for hundred in 0..=turn.hundreds {
        let events: Result<Vec<_>> = (0..HUNDRED).map(|_| events.next(turn.call)).collect();
        let events = events?;
        let mut walls = Vec::with_capacity(HUNDRED);

        let allocated = Region::new(&INSTRUMENTED_SYSTEM);
        let (processor, together) = (Stopwatch::processor(), Stopwatch::wall());
        for event in events {
            match turn.pace {
                Pace::Each => {
                    let wall = Stopwatch::wall();
                    drop(black_box(subject.call(event).await?));
                    walls.push(nanoseconds(wall.elapsed()));
                }
                Pace::Hundred => drop(black_box(subject.call(event).await?)),
            }
        }
        let (together, processor) = (together.elapsed(), processor.elapsed());
        let allocated = allocated.change();

        if hundred == 0 {
            taken.allocations = allocated.allocations + allocated.reallocations;
            taken.bytes = allocated.bytes_allocated;
            continue;
        }
        if turn.pace == Pace::Hundred {
            walls.push(nanoseconds(together) / 100.0);
        }
        taken.wall.append(&mut walls);
        cpu += processor;
    }
    taken.cpu = cpu.as_nanos().try_into()?;
    taken.runs = handler::runs() - runs;
    Ok(taken)
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}
