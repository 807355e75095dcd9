//! The guard over a store that fails, is silent, is full, or answers late.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::Arc;
use std::task::Poll;

use idem_core::clock::{Clock, ManualClock};
use idem_core::decision::Terms;
use idem_core::key::Namespace;
use idem_core::policy::OnAbandoned;
use idem_core::record::{Origin, Record};
use idem_core::store::{Claim, Extension, Memory, Store};
use idem_core::testing::Verb;
use idem_core::{Error, Idempotency};
use support::slow::Slow;
use support::{
    Door, MARGIN, Manual, Runs, START, TTL, World, execution, fault, now, poll, quick, secs,
};

#[test]
fn a_claim_whose_reply_is_lost_is_not_blocked_by_itself() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Claim, &[fault::REPLY_LOST]);
    let mut call = quick(&runtime, world.invocation(), &runs);
    assert!(
        poll(&mut call).is_pending(),
        "it waits before it sends again"
    );
    world.clock.advance(secs(1));
    assert_eq!(now(call).unwrap(), "run 1");
    assert_eq!(world.store.sent(), ["claim", "claim", "complete"]);
}

#[test]
fn a_completion_whose_reply_is_lost_is_a_success() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Complete, &[fault::REPLY_LOST]);
    let mut call = quick(&runtime, world.invocation(), &runs);
    assert!(poll(&mut call).is_pending());
    world.clock.advance(secs(1));
    assert_eq!(now(call).unwrap(), "run 1");
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
}

#[test]
fn a_release_whose_reply_is_lost_still_returns_the_callers_error() {
    let world = World::new();
    let runtime = world.runtime();
    world.store.plan(Verb::Release, &[fault::REPLY_LOST]);
    let mut call: Manual<'_, Result<(), Box<dyn std::error::Error + Send + Sync>>> = Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .run(|| async { Err("card declined".into()) }),
    );
    assert!(poll(&mut call).is_pending());
    world.clock.advance(secs(1));
    assert_eq!(now(call).unwrap_err().to_string(), "card declined");
}

#[test]
fn a_renewal_that_gets_no_answer_is_tried_again_before_the_lease_ends() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Extend, &[fault::LOST]);
    let mut first = Box::pin(
        runtime
            .call("charge", "order-17")
            .ttl(TTL)
            .lease(secs(8))
            .run(|| async {
                runs.note();
                door.pass().await;
                Ok::<_, Error>(())
            }),
    );
    assert!(poll(&mut first).is_pending());
    for _ in 0..3 {
        world.clock.advance(secs(2));
        assert!(poll(&mut first).is_pending());
    }
    assert_eq!(world.store.sent(), ["claim", "extend", "extend"]);
    world.clock.advance(secs(3));
    assert!(
        poll(&mut first).is_pending(),
        "9 s after the claim the second renewal holds"
    );
    door.open();
    now(first).unwrap();
}

#[test]
fn a_store_that_is_down_before_the_run_runs_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Claim, &[fault::LOST; 3]);
    let mut call = quick(&runtime, world.invocation(), &runs);
    let outcome = loop {
        match poll(&mut call) {
            Poll::Ready(outcome) => break outcome,
            Poll::Pending => world.clock.advance(secs(1)),
        }
    };
    let error = outcome.unwrap_err();
    assert!(error.is_store());
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "a planned fault");
    assert_eq!(runs.count(), 0);
    assert_eq!(world.store.sent(), ["claim", "claim", "claim", "release"]);
}

#[test]
fn a_store_that_refuses_is_not_asked_again() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Claim, &[fault::REFUSED]);
    assert!(
        now(quick(&runtime, world.invocation(), &runs))
            .unwrap_err()
            .is_store()
    );
    assert_eq!((runs.count(), world.store.sent()), (0, vec!["claim"]));
}

#[test]
fn a_store_that_is_down_after_the_run_is_asked_until_the_deadline() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Complete, &[fault::LOST; 100]);
    let mut call = quick(&runtime, world.invocation(), &runs);
    let (outcome, ended_at) = loop {
        match poll(&mut call) {
            Poll::Ready(outcome) => break (outcome, world.clock.now()),
            Poll::Pending => world.clock.advance(std::time::Duration::from_millis(50)),
        }
    };
    assert!(outcome.unwrap_err().is_completion_unknown());
    let ended_after = ended_at.since(START);
    assert!(
        ended_after > secs(7) && ended_after < secs(10),
        "gave up after {ended_after:?}"
    );
    world.store.heal();
    world.clock.advance(secs(20));
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 2",
        "the promise is at least once"
    );
}

/// The record of the orders here.
fn order_17(world: &World) -> Record {
    let id = Namespace::new(None, "charge");
    let id = id.id_of_value(None, "order-17").unwrap();
    Arc::unwrap_or_clone(now(world.store.inner.read(&id)).unwrap().unwrap())
}

#[test]
fn a_late_copy_of_an_extension_does_not_shorten_the_lease() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    let call = || {
        let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(60));
        call.invocation(world.invocation_of(secs(99)))
            .run(|| async {
                runs.note();
                door.pass().await;
                Ok::<_, Error>(())
            })
    };
    let mut first = Box::pin(call());
    assert!(poll(&mut first).is_pending());
    world.store.plan(Verb::Extend, &[fault::LOST]);
    for asked_at in [30, 45] {
        world.clock.set(START.after(secs(asked_at)));
        assert!(poll(&mut first).is_pending());
    }
    let record = order_17(&world);
    let late_copy = Extension {
        id: record.id,
        owner: record.owner,
        lease_until: START.after(secs(30 + 60)),
        expires_at: record.expires_at,
    };
    now(world.store.inner.extend(&late_copy)).unwrap();
    world.clock.set(START.after(secs(95)));
    assert!(now(call()).unwrap_err().is_in_progress());
    assert!(
        poll(&mut first).is_pending(),
        "its second extension holds until 100 s"
    );
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_late_copy_of_a_released_claim_claims_nothing() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    let failing = runtime.call("charge", "order-17").ttl(TTL).run(|| async {
        Err::<(), Box<dyn std::error::Error + Send + Sync>>("card declined".into())
    });
    now(failing).unwrap_err();
    let record = order_17(&world);
    let late_copy = Claim {
        terms: Terms {
            owner: record.owner,
            now: START,
            margin: MARGIN,
            fingerprint: None,
            on_abandoned: OnAbandoned::Retry,
        },
        id: record.id,
        lease_until: START.after(secs(60)),
        expires_at: record.expires_at,
        origin: Origin::default(),
        marks: None,
    };
    now(world.store.inner.claim(&late_copy)).unwrap();
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
}

#[test]
fn a_release_whose_reply_is_lost_counts_also_where_another_has_claimed_since() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Release, &[fault::REPLY_LOST]);
    let call = runtime.call("charge", "order-17").ttl(TTL);
    let mut failing = Box::pin(call.run(|| async {
        Err::<(), Box<dyn std::error::Error + Send + Sync>>("card declined".into())
    }));
    assert!(poll(&mut failing).is_pending());
    let mut next = execution(&runtime, world.invocation(), &runs, &door, "next");
    assert!(poll(&mut next).is_pending());
    world.clock.advance(secs(1));
    assert_eq!(now(failing).unwrap_err().to_string(), "card declined");
}

#[test]
fn a_cleaning_store_keeps_a_claim_until_lease_and_margin_are_over() {
    let (world, runs, door) = (
        World::over(Memory::builder().capacity(1).build()),
        Runs::default(),
        Door::default(),
    );
    let runtime = world.runtime();
    let call = runtime
        .call("charge", "order-17")
        .ttl(secs(1))
        .invocation(world.invocation_of(secs(9)));
    let mut first = Box::pin(call.run(|| async {
        runs.note();
        door.pass().await;
        Ok::<_, Error>(())
    }));
    assert!(poll(&mut first).is_pending());
    // Lease and ttl are over for somebody whose clock is ahead by less than the margin.
    let ahead = World {
        clock: ManualClock::at(START.after(secs(11))),
        store: world.store.clone(),
    };
    let other = ahead.runtime();
    let other = other
        .call("charge", "other")
        .ttl(TTL)
        .run(async || Ok::<_, Error>(()));
    assert!(now(other).unwrap_err().is_store(), "there is no room yet");
    world.clock.advance(secs(9));
    door.open();
    now(first).unwrap();
}

#[test]
fn a_store_that_never_answers_a_claim_ends_the_call_and_nothing_runs() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Claim, &[fault::STALLED; 9]);
    let mut call = quick(&runtime, world.invocation_of(secs(900)), &runs);
    let outcome = loop {
        match poll(&mut call) {
            Poll::Ready(outcome) => break outcome,
            Poll::Pending => world.clock.advance(secs(1)),
        }
    };
    world.store.heal();
    assert!(outcome.unwrap_err().is_store());
    assert_eq!(runs.count(), 0);
    assert_eq!(
        world.store.sent().last(),
        Some(&"release"),
        "nothing ran: nobody need wait for the lease"
    );
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
}

#[test]
fn a_store_that_never_answers_a_completion_is_given_up_before_the_deadline() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Complete, &[fault::STALLED; 99]);
    let mut call = quick(&runtime, world.invocation(), &runs);
    let mut seconds = 0;
    while poll(&mut call).is_pending() {
        world.clock.advance(secs(1));
        seconds += 1;
    }
    assert!(seconds <= 10, "gave up after {seconds} s");
}

#[test]
fn a_renewal_without_an_answer_is_sent_again_before_the_lease_ends() {
    let (world, runs, door) = (World::new(), Runs::default(), Door::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Extend, &[fault::STALLED]);
    let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(60));
    let mut first = Box::pin(call.run(|| async {
        runs.note();
        door.pass().await;
        Ok::<_, Error>(())
    }));
    for _ in 0..100 {
        assert!(
            poll(&mut first).is_pending(),
            "one lost answer stopped the body"
        );
        world.clock.advance(secs(1));
    }
    door.open();
    now(first).unwrap();
}

#[test]
fn a_completion_that_is_refused_for_good_is_recorded_as_done() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Complete, &[fault::REFUSED]);
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
    world.clock.advance(secs(60));
    assert!(
        now(quick(&runtime, world.invocation(), &runs))
            .unwrap_err()
            .is_done_without_result()
    );
    assert_eq!(runs.count(), 1);
}

#[test]
fn a_full_store_refuses_new_keys_and_replays_old_ones() {
    let (world, runs) = (
        World::over(Memory::builder().capacity(1).build()),
        Runs::default(),
    );
    let runtime = world.runtime();
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
    let other = || {
        runtime
            .call("charge", "order-18")
            .ttl(TTL)
            .run(async || Ok::<_, Error>(runs.note()))
    };
    assert!(now(other()).unwrap_err().is_store());
    assert_eq!(
        now(quick(&runtime, world.invocation(), &runs)).unwrap(),
        "run 1"
    );
    world.clock.advance(TTL);
    assert_eq!(now(other()).unwrap(), 2, "what has expired makes room");
}

#[test]
fn what_was_completed_at_the_claim_is_replayed_though_the_answer_comes_after_its_ttl() {
    let (clock, runs) = (ManualClock::at(START), Runs::default());
    let store = Slow::new(&clock, secs(6));
    let runtime = Idempotency::builder(store).clock(clock.clone()).build();
    let call = || {
        let call = runtime.call("charge", "order-17").ttl(secs(10));
        now(call.run(async || Ok::<_, Error>(runs.note()))).unwrap()
    };
    assert_eq!(call(), 1);
    // Four seconds of the ttl are left, and the answer takes six.
    assert_eq!(call(), 1);
    assert_eq!(call(), 2, "its ttl is over");
}
