//! Handlers with the shortest and the longest times that the attribute takes.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::time::Duration;

use idem_lambda::clock::{Clock, ManualClock, UnixMillis};
use idem_lambda::store::Memory;
use idem_lambda::{Error, Idempotency, idempotent};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

#[idempotent(key = "$", ttl = "1s", lease = "1s")]
async fn shortest(order: &str, clock: &ManualClock) -> Result<u64, Error> {
    _ = order;
    Ok(clock.now().0)
}

#[idempotent(key = "$", ttl = "36500d", lease = "36500d")]
async fn longest(order: &str, clock: &ManualClock) -> Result<u64, Error> {
    _ = order;
    Ok(clock.now().0)
}

fn world() -> (ManualClock, Idempotency) {
    let clock = ManualClock::at(START);
    let runtime = Idempotency::builder(Memory::new()).clock(clock.clone());
    (clock, runtime.build())
}

#[tokio::test]
async fn the_shortest_ttl_replays_for_a_second() {
    let (clock, runtime) = world();
    let call = async || runtime.scope(shortest("A-1", &clock)).await.unwrap();
    assert_eq!(call().await, START.0);
    clock.advance(Duration::from_millis(999));
    assert_eq!(call().await, START.0);
    clock.advance(Duration::from_millis(1));
    assert_eq!(call().await, START.0 + 1_000);
}

#[tokio::test]
async fn the_longest_ttl_replays_for_a_hundred_years() {
    let (clock, runtime) = world();
    let call = async || runtime.scope(longest("A-1", &clock)).await.unwrap();
    assert_eq!(call().await, START.0);
    clock.advance(Duration::from_hours(36_500 * 24 - 1));
    assert_eq!(call().await, START.0);
    clock.advance(Duration::from_hours(1));
    assert_eq!(call().await, clock.now().0);
}
