//! Times at the limits of their types: none overflows or panics, and no key is blocked longer than was asked for.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::time::Duration;

use idem_core::__private::{Expression, Name, Path, Segment, Site, call_on, run};
use idem_core::clock::UnixMillis;
use idem_core::store::Memory;
use idem_core::{Error, Idempotency, Invocation};
use support::{Door, GRACE, MARGIN, Runs, START, TTL, World, execution, now, poll, secs};

const ALL_MILLIS: Duration = Duration::from_millis(u64::MAX);
const BELOW_A_SECOND: Duration = Duration::from_nanos(999_999_999);
const LAST: UnixMillis = UnixMillis(u64::MAX);

/// Times for which a call is refused, then times that serve.
const TIMES: [Duration; 6] = [
    Duration::ZERO,
    BELOW_A_SECOND,
    Duration::from_secs(1),
    Duration::from_secs(u32::MAX as u64),
    ALL_MILLIS,
    Duration::MAX,
];

const CLOCKS: [UnixMillis; 5] = [
    UnixMillis(0),
    UnixMillis(1),
    START,
    UnixMillis(u64::MAX - 1),
    LAST,
];

/// The settings of a runtime and of a call.
#[derive(Clone, Copy, Debug)]
struct Times {
    clock: UnixMillis,
    deadline: Option<UnixMillis>,
    ttl: Duration,
    lease: Option<Duration>,
    default_lease: Duration,
    margin: Duration,
    kill_grace: Duration,
}

impl Times {
    /// Every combination, and some more of the last four than of the others.
    fn all() -> impl Iterator<Item = Self> {
        let rough = [Duration::ZERO, Duration::from_secs(1), Duration::MAX];
        let leases = TIMES.map(Some).into_iter().chain([None]);
        let deadlines = CLOCKS.map(Some).into_iter().chain([None]);
        let times = CLOCKS.into_iter().flat_map(move |clock| {
            let leases = leases.clone();
            deadlines.clone().flat_map(move |deadline| {
                let leases = leases.clone();
                TIMES.into_iter().flat_map(move |ttl| {
                    leases
                        .clone()
                        .map(move |lease| (clock, deadline, ttl, lease))
                })
            })
        });
        times.flat_map(move |(clock, deadline, ttl, lease)| {
            (0..27).map(move |of| Self {
                clock,
                deadline,
                ttl,
                lease,
                default_lease: [BELOW_A_SECOND, Duration::from_secs(1), Duration::MAX][of % 3],
                margin: rough[of / 3 % 3],
                kill_grace: rough[of / 9],
            })
        })
    }

    fn are_refused(&self) -> bool {
        let shortest = Duration::from_secs(1);
        self.ttl < shortest || self.lease.unwrap_or(self.default_lease) < shortest
    }

    fn invocation(&self) -> Invocation<'static> {
        Invocation {
            deadline: self.deadline,
            ..Invocation::default()
        }
    }

    fn runtime(&self, world: &World) -> Idempotency {
        let builder = world.builder().margin(self.margin);
        let builder = builder.kill_grace(self.kill_grace);
        builder.default_lease(self.default_lease).build()
    }

    /// When what a killed execution held is free again, as was asked for.
    fn free_at(&self) -> UnixMillis {
        let killed_at = (self.deadline.filter(|deadline| *deadline > self.clock))
            .map(|deadline| deadline.after(self.kill_grace));
        let lease = match (self.lease, killed_at) {
            (None, Some(killed_at)) => killed_at,
            (Some(lease), Some(killed_at)) => self.clock.after(lease).min(killed_at),
            (lease, None) => self.clock.after(lease.unwrap_or(self.default_lease)),
        };
        lease.after(self.margin)
    }
}

#[test]
fn at_every_limit_a_call_runs_once_and_replays_or_is_refused() {
    for times in Times::all() {
        let (world, runs) = (World::new(), Runs::default());
        world.clock.set(times.clock);
        let runtime = times.runtime(&world);
        let call = || {
            let mut call = runtime.call("charge", "order-17").ttl(times.ttl);
            if let Some(lease) = times.lease {
                call = call.lease(lease);
            }
            let call = call.invocation(times.invocation());
            now(call.run(async || Ok::<_, Error>(runs.note())))
        };
        let (first, second) = (call(), call());
        if times.are_refused() {
            assert!(first.unwrap_err().is_not_configured(), "{times:?}");
            assert!(second.unwrap_err().is_not_configured(), "{times:?}");
        } else if times.clock == LAST {
            // No lease ends after the last moment there is.
            assert!(first.unwrap_err().is_not_started(), "{times:?}");
            assert!(second.unwrap_err().is_not_started(), "{times:?}");
        } else {
            assert_eq!((first.unwrap(), second.unwrap()), (1, 1), "{times:?}");
        }
        let ran = !times.are_refused() && times.clock != LAST;
        assert_eq!(runs.count(), u32::from(ran), "{times:?}");
    }
}

#[test]
fn at_every_limit_a_crash_blocks_the_key_as_long_as_was_asked_for() {
    let served = |times: &Times| !times.are_refused() && times.clock != LAST;
    for times in Times::all().filter(served) {
        let (world, runs, door) = (World::new(), Runs::default(), Door::default());
        world.clock.set(times.clock);
        let runtime = times.runtime(&world);
        let call = |door: Door, invocation| {
            let mut call = runtime.call("charge", "order-17").ttl(times.ttl);
            if let Some(lease) = times.lease {
                call = call.lease(lease);
            }
            let runs = runs.clone();
            Box::pin(call.invocation(invocation).run(async move || {
                let run = runs.note();
                door.pass().await;
                Ok::<_, Error>(run)
            }))
        };
        let mut killed = call(door.clone(), times.invocation());
        assert!(poll(&mut killed).is_pending(), "{times:?}");
        drop(killed);
        door.open();

        let free_at = times.free_at();
        if let Some(before) = free_at
            .0
            .checked_sub(1)
            .filter(|before| *before > times.clock.0)
        {
            world.clock.set(UnixMillis(before));
            let error = now(call(door.clone(), Invocation::default())).unwrap_err();
            assert_eq!(
                error.retry_after(),
                Some(Duration::from_millis(1)),
                "{times:?}"
            );
        }
        world.clock.set(free_at);
        let outcome = now(call(door.clone(), Invocation::default()));
        if free_at == LAST {
            assert!(outcome.unwrap_err().is_not_started(), "{times:?}");
        } else {
            assert_eq!(outcome.unwrap(), 2, "{times:?}");
        }
    }
}

#[test]
fn a_result_without_an_end_is_replayed_until_the_last_moment() {
    for ttl in [ALL_MILLIS, Duration::MAX] {
        let world = World::new();
        let runtime = world.runtime();
        let call = || {
            let call = runtime.call("charge", "order-17").ttl(ttl);
            now(call.run(async || Ok::<_, Error>(())))
        };
        call().unwrap();
        world.clock.set(UnixMillis(u64::MAX - 1));
        world.store.sent();
        call().unwrap();
        assert_eq!(world.store.sent(), ["claim"]);
    }
}

#[test]
fn a_ttl_of_a_second_ends_in_the_second_after_it() {
    let (world, runs) = (World::new(), Runs::default());
    world.clock.set(UnixMillis(START.0 + 1));
    let runtime = world.runtime();
    let call = || {
        let call = runtime.call("charge", "order-17").ttl(secs(1));
        now(call.run(async || Ok::<_, Error>(runs.note()))).unwrap()
    };
    assert_eq!(call(), 1);
    world.clock.set(UnixMillis(START.0 + 1_999));
    assert_eq!(call(), 1, "rounded up to seconds");
    world.clock.set(UnixMillis(START.0 + 2_000));
    assert_eq!(call(), 2);
}

#[test]
fn a_lease_without_an_end_ends_with_the_deadline_where_there_is_one() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.builder().default_lease(Duration::MAX).build();
    let call = runtime
        .call("charge", "order-17")
        .ttl(TTL)
        .lease(Duration::MAX);
    let mut killed = Box::pin(call.invocation(world.invocation()).run(async || {
        door.pass().await;
        Ok::<_, Error>(())
    }));
    assert!(poll(&mut killed).is_pending());
    drop(killed);
    door.open();
    world.clock.advance(secs(10) + GRACE + MARGIN);
    let next = execution(&runtime, world.invocation(), &runs, &door, "next");
    assert_eq!(now(next).unwrap(), "next");
}

#[test]
fn a_memory_store_that_is_full_of_records_without_an_end_refuses_new_keys() {
    let world = World::over(Memory::builder().capacity(1).build());
    let runtime = world.runtime();
    let call = |key: &'static str| {
        let call = runtime.call("charge", key).ttl(Duration::MAX);
        now(call.run(async || Ok::<_, Error>(())))
    };
    call("order-17").unwrap();
    world.clock.set(UnixMillis(u64::MAX - 1));
    assert!(call("order-18").unwrap_err().is_store());
    call("order-17").unwrap();
}

/// The machine's own timer, too, is set for a moment that never comes.
#[tokio::test]
async fn a_body_that_waits_under_a_lease_without_an_end_is_woken_and_returns() {
    for lease in [ALL_MILLIS, Duration::MAX] {
        let runtime = Idempotency::builder(Memory::new())
            .default_lease(lease)
            .build();
        let call = runtime.call("charge", "order-17").ttl(Duration::MAX);
        let run = call.run(async || {
            tokio::task::yield_now().await;
            Ok::<_, Error>(17)
        });
        assert_eq!(run.await.unwrap(), 17);
    }
}

/// The attribute refuses most of these; what is written by hand must not panic either.
#[test]
fn an_annotated_handler_at_the_limits_runs_once_or_is_refused() {
    const KEY: Expression = Expression::Path(Path::streamed("$.id", &[Segment::Name("id")]));
    let site = |name, ttl, lease| -> &'static Site {
        Box::leak(Box::new(Site::new(
            Name::given(name),
            KEY,
            None,
            ttl,
            lease,
        )))
    };
    let world = World::new();
    let runtime = world.runtime();
    for (site, is_refused) in [
        (site("none", 0, 0), true),
        (site("short", 999, 0), true),
        (site("short lease", 1_000, 999), true),
        (site("shortest", 1_000, 1_000), false),
        (site("without a lease", u64::MAX, 0), false),
        (site("without an end", u64::MAX, u64::MAX), false),
    ] {
        let runs = Runs::default();
        for _ in 0..2 {
            let event = serde_json::json!({"id": "order-17"});
            let prepared = call_on(site, &runtime, &event, &[]);
            let body = std::pin::pin!(async { Ok::<_, Error>(runs.note()) });
            match now(run(prepared, body)) {
                Ok(run) => assert_eq!((run, is_refused), (1, false)),
                Err(error) => assert!(is_refused && error.is_not_configured(), "{error}"),
            }
        }
    }
}
