//! A call whose future is dropped, whose body panics, or that calls itself, in every phase and by every way.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use idem_core::clock::Clock;
use idem_core::policy::{OnBusy, OnError};
use idem_core::store::Memory;
use idem_core::testing::{Fault, Verb};
use idem_core::{Error, Idempotency};
use support::{
    Door, GRACE, MARGIN, Manual, Outcome, Runs, TTL, World, fault, now, poll, quick, secs,
};

/// A phase of a call, how it is brought there, and what the key is worth when its future was dropped in it.
struct Phase {
    name: &'static str,
    /// What goes wrong, so that the call stays in this phase.
    fault: Option<(Verb, Fault)>,
    ends: End,
    /// How long it is before it comes to this phase.
    after: Duration,
    /// What was sent by then.
    sent: &'static [&'static str],
    then: Then,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Never,
    Result,
    Error,
}

/// What a later call finds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// Nothing: it runs at once.
    Free,
    /// A claim that is left to its lease.
    Leased,
    /// The result.
    Done,
}

const PHASES: &[Phase] = &[
    Phase {
        name: "claiming, and the claim never arrived",
        fault: Some((Verb::Claim, Fault::SilentBefore)),
        ends: End::Result,
        after: Duration::ZERO,
        sent: &["claim"],
        then: Then::Free,
    },
    Phase {
        name: "claiming",
        fault: Some((Verb::Claim, fault::STALLED)),
        ends: End::Result,
        after: Duration::ZERO,
        sent: &["claim"],
        then: Then::Leased,
    },
    Phase {
        name: "waiting to send the claim again",
        fault: Some((Verb::Claim, fault::REPLY_LOST)),
        ends: End::Result,
        after: Duration::ZERO,
        sent: &["claim"],
        then: Then::Leased,
    },
    Phase {
        name: "running",
        fault: None,
        ends: End::Never,
        after: Duration::ZERO,
        sent: &["claim"],
        then: Then::Leased,
    },
    Phase {
        name: "extending",
        fault: Some((Verb::Extend, fault::STALLED)),
        ends: End::Never,
        after: Duration::from_secs(5),
        sent: &["claim", "extend"],
        then: Then::Leased,
    },
    Phase {
        name: "completing, and the completion never arrived",
        fault: Some((Verb::Complete, Fault::SilentBefore)),
        ends: End::Result,
        after: Duration::ZERO,
        sent: &["claim", "complete"],
        then: Then::Leased,
    },
    Phase {
        name: "completing",
        fault: Some((Verb::Complete, fault::STALLED)),
        ends: End::Result,
        after: Duration::ZERO,
        sent: &["claim", "complete"],
        then: Then::Done,
    },
    Phase {
        name: "waiting to send the completion again",
        fault: Some((Verb::Complete, fault::LOST)),
        ends: End::Result,
        after: Duration::ZERO,
        sent: &["claim", "complete"],
        then: Then::Leased,
    },
    Phase {
        name: "releasing, and the release never arrived",
        fault: Some((Verb::Release, Fault::SilentBefore)),
        ends: End::Error,
        after: Duration::ZERO,
        sent: &["claim", "release"],
        then: Then::Leased,
    },
    Phase {
        name: "releasing",
        fault: Some((Verb::Release, fault::STALLED)),
        ends: End::Error,
        after: Duration::ZERO,
        sent: &["claim", "release"],
        then: Then::Free,
    },
];

#[test]
fn a_future_dropped_in_any_phase_writes_nothing_and_leaves_its_claim_to_the_lease() {
    for phase in PHASES {
        let (world, runs) = (World::new(), Runs::default());
        let runtime = world.runtime();
        if let Some((verb, fault)) = phase.fault {
            world.store.plan(verb, &[fault]);
        }
        let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(10));
        let call = call.invocation(world.invocation_of(secs(60)));
        let mut dropped: Manual<'_, Outcome> = Box::pin(call.run(|| async {
            match phase.ends {
                End::Never => std::future::pending().await,
                End::Result => Ok("dropped".to_owned()),
                End::Error => Err(Idempotency::current().unwrap_err()),
            }
        }));
        assert!(poll(&mut dropped).is_pending(), "{}", phase.name);
        world.clock.advance(phase.after);
        assert!(poll(&mut dropped).is_pending(), "{}", phase.name);
        assert_eq!(world.store.sent(), phase.sent, "{}", phase.name);
        drop(dropped);
        assert_eq!(world.store.sent(), [""; 0], "{}", phase.name);

        world.store.heal();
        let dropped_at = world.clock.now();
        let next = || now(quick(&runtime, world.invocation(), &runs));
        if phase.then == Then::Leased {
            let error = next().unwrap_err();
            assert!(error.is_in_progress(), "{}: {error}", phase.name);
            world.clock.advance(error.retry_after().unwrap());
            let blocked = world.clock.now().since(dropped_at);
            assert!(blocked <= secs(10) + MARGIN, "{}", phase.name);
        }
        let expected = match phase.then {
            Then::Done => "dropped",
            Then::Free | Then::Leased => "run 1",
        };
        assert_eq!(next().unwrap(), expected, "{}", phase.name);
    }
}

#[test]
fn a_waiter_that_is_dropped_leaves_the_other_alone() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = support::execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    world.store.sent();
    for (fault, sent) in [
        (None, &["claim"][..]),
        (Some(fault::STALLED), &["claim", "read"]),
    ] {
        if let Some(fault) = fault {
            world.store.plan(Verb::Read, &[fault]);
        }
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let call = call.on_busy(OnBusy::Wait(secs(5)));
        let mut waiter = Box::pin(call.run(async || Ok::<_, Error>(String::new())));
        assert!(poll(&mut waiter).is_pending());
        if fault.is_some() {
            world.clock.advance(secs(1));
            assert!(poll(&mut waiter).is_pending());
        }
        drop(waiter);
        assert_eq!(world.store.sent(), sent, "a waiter only reads");
    }
    door.open();
    assert_eq!(now(first).unwrap(), "first");
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_future_dropped_before_it_is_polled_asks_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    drop(quick(&world.runtime(), world.invocation(), &runs));
    assert_eq!((world.store.sent(), runs.count()), (vec![], 0));
}

#[test]
fn a_panic_does_with_the_claim_as_the_policy_says_and_goes_on() {
    for (policy, sent, is_held) in [
        (OnError::Release, ["claim", "release"], false),
        (OnError::Remember, ["claim", "release"], false),
        (OnError::Hold, ["claim", "complete"], true),
    ] {
        let (world, runs, door) = (World::new(), Runs::default(), Door::default());
        let runtime = world.runtime();
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let call = call.remember_errors().on_error(policy);
        let mut panicking = Box::pin(call.run(|| async {
            door.pass().await;
            assert!(runs.count() > 0, "the card reader is on fire");
            Ok::<_, Failed>(())
        }));
        assert!(poll(&mut panicking).is_pending());
        door.open();
        let panic = catch_unwind(AssertUnwindSafe(|| now(panicking))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the card reader is on fire"));
        assert_eq!(world.store.sent(), sent, "{policy:?}");
        let next = now(quick(&runtime, world.invocation(), &runs));
        assert_eq!(next.is_err_and(|error| error.is_held()), is_held);
    }
}

/// An error that can be remembered.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
enum Failed {
    #[serde(skip)]
    Guard(#[expect(dead_code, reason = "it is only carried")] Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Guard(error)
    }
}

#[tokio::test]
async fn a_call_inside_itself_is_reentrant_by_every_way_within_one_task() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let inner = || quick(&runtime, world.invocation(), &runs);
    let outer = runtime.call("charge", "order-17").ttl(TTL).run(|| async {
        let (joined, ()) = tokio::join!(inner(), tokio::task::yield_now());
        assert!(joined.unwrap_err().is_reentrant());
        let selected = tokio::select! {
            selected = inner() => selected,
            never = std::future::pending() => never,
        };
        assert!(selected.unwrap_err().is_reentrant());
        let between = runtime.call("charge", "order-18").ttl(TTL);
        let error = between.run(async || inner().await).await.unwrap_err();
        assert!(error.is_reentrant(), "through another key, too");
        Ok::<_, Error>(())
    });
    outer.await.unwrap();
    assert_eq!(runs.count(), 0);
}

#[tokio::test]
async fn a_call_inside_itself_through_another_task_is_busy_at_once() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let outer = runtime.call("charge", "order-17").ttl(TTL).run(|| async {
        let (runtime, runs) = (runtime.clone(), runs.clone());
        let other_task = tokio::spawn(async move {
            let call = runtime.call("charge", "order-17").ttl(TTL);
            call.run(async || Ok::<_, Error>(runs.note())).await
        });
        assert!(other_task.await.unwrap().unwrap_err().is_in_progress());
        Ok::<_, Error>(())
    });
    outer.await.unwrap();
    assert_eq!(runs.count(), 0);
}

#[test]
fn calls_of_one_key_beside_each_other_are_busy_and_not_reentrant() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let mut first = support::execution(&runtime, world.invocation(), &runs, &door, "first");
    assert!(poll(&mut first).is_pending());
    // Polled where a body of another key runs.
    let other = runtime.call("charge", "order-18").ttl(TTL).run(async || {
        let beside = quick(&runtime, world.invocation(), &runs).await;
        Ok::<_, Error>(beside.unwrap_err().is_in_progress())
    });
    assert!(now(other).unwrap());
    door.open();
    assert_eq!(now(first).unwrap(), "first");
}

#[test]
fn a_call_of_the_same_key_on_another_runtime_is_another_call() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let (same_store, other_store) = (world.runtime(), Idempotency::new(Memory::new()));
    let outer = runtime.call("charge", "order-17").ttl(TTL).run(async || {
        let busy = quick(&same_store, world.invocation(), &runs).await;
        let error = busy.unwrap_err();
        assert!(error.is_in_progress(), "{error}");
        assert_eq!(error.retry_after(), Some(secs(60) + MARGIN));
        quick(&other_store, world.invocation_of(GRACE), &runs).await
    });
    assert_eq!(now(outer).unwrap(), "run 1", "that of the other store");
}

#[test]
fn a_panic_inside_a_call_leaves_no_trace_of_it_on_the_thread() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let outer = runtime.call("charge", "order-17").ttl(TTL).run(|| async {
        let inner = runtime.call("charge", "order-18").ttl(TTL);
        let inner = inner.run(async || -> Result<(), Error> { panic!("the printer is on fire") });
        inner.await
    });
    catch_unwind(AssertUnwindSafe(|| now(outer))).unwrap_err();
    for key in ["order-17", "order-18"] {
        let call = runtime.call("charge", key).ttl(TTL);
        now(call.run(async || Ok::<_, Error>(runs.note()))).unwrap();
    }
    assert_eq!(runs.count(), 2, "neither is taken to be running still");
}
