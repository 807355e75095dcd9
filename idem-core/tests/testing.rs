//! What tests of handlers and stores get, and that the crashes find handlers that are not idempotent.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use idem_core::key::RecordId;
use idem_core::record::{Owner, Record};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Failure, Listing, Memory, Page, Release, Resolution,
    Store, StoreError, StoreFuture, Written,
};
use idem_core::testing::{
    Attempt, CountingStore, Crashes, Fault, FaultyStore, Moment, Report, Verb,
};
use idem_core::{Error, Execution, Idempotency};
use support::bank::{Bank, Paid};
use support::{Runs, START, TTL, now, poll, secs};

/// Polls until it is ready: the crashes let others go on.
#[track_caller]
fn done<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    let polls = std::iter::repeat_with(|| poll(&mut future)).take(10_000);
    let mut ready = polls.filter_map(|polled| match polled {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    });
    ready.next().unwrap()
}

/// What the crashes say of a handler that is not idempotent.
#[track_caller]
fn complaint(report: Result<Report, idem_core::testing::Broken>) -> String {
    report.unwrap_err().to_string()
}

/// A handler as it should be.
async fn charge(attempt: &Attempt) -> Result<u32, Error> {
    let call = attempt.runtime().call("charge", "order-17").ttl(TTL);
    let body = async || {
        attempt.effect();
        Ok(17)
    };
    call.run(body).await
}

#[test]
fn a_handler_survives_every_crash_and_repeats_only_between_effect_and_record() {
    let report = done(Crashes::new().run(async |attempt| charge(&attempt).await)).unwrap();
    let points = report.points().iter();
    let seen: Vec<_> = points
        .map(|point| {
            let runs = (point.runs(), point.effects());
            (point.call(), point.verb(), point.moment(), runs)
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, Verb::Claim, Moment::Before, (1, 1)),
            (1, Verb::Claim, Moment::After, (1, 1)),
            (2, Verb::Complete, Moment::Before, (2, 2)),
            (2, Verb::Complete, Moment::After, (1, 1)),
        ]
    );
    assert_eq!(report.repeats().len(), 1);
    assert_eq!(
        report.to_string(),
        "crash              runs  effects\n\
         before  1 claim        1        1\n\
         after   1 claim        1        1\n\
         before  2 complete     2        2  effects repeat\n\
         after   2 complete     1        1"
    );
}

#[test]
fn a_ttl_shorter_than_the_lease_is_no_fault() {
    let handler = async |attempt: Attempt| {
        let call = attempt.runtime().call("charge", "order-17").ttl(secs(1));
        call.run(async || Ok::<_, Error>(17)).await
    };
    done(Crashes::new().run(handler)).unwrap();
}

#[test]
fn effects_that_the_store_commits_happen_once_at_every_crash() {
    let banks = Arc::new(std::sync::Mutex::new(Vec::new()));
    let opened = Arc::clone(&banks);
    let crashes = Crashes::over(move || {
        let bank = Bank::default();
        opened.lock().unwrap().push(bank.clone());
        bank
    });
    let handler = async |attempt: Attempt| {
        let call = attempt.runtime().call("pay", "order-17").ttl(TTL);
        let body = async |execution: Execution<Paid>| {
            execution.transact([Paid(17)])?;
            Ok::<_, Error>(17)
        };
        call.run_with(body).await
    };
    done(crashes.run(handler)).unwrap();
    let banks = banks.lock().unwrap();
    assert_eq!(banks.len(), 5, "one without a crash, and one for each");
    assert!(banks.iter().all(|bank| bank.ledger() == [Paid(17)]));
}

#[test]
fn an_effect_outside_the_guard_is_found() {
    let handler = async |attempt: Attempt| {
        attempt.effect();
        charge(&attempt).await
    };
    let complaint = complaint(done(Crashes::new().run(handler)));
    assert!(complaint.contains("outside what is guarded"), "{complaint}");
}

#[tokio::test]
async fn an_effect_that_is_spawned_and_not_awaited_is_found() {
    let handler = async |attempt: Attempt| {
        let call = attempt.runtime().call("charge", "order-17").ttl(TTL);
        let body = async || {
            let bank = attempt.clone();
            tokio::spawn(async move { bank.effect() });
            Ok::<_, Error>(17)
        };
        call.run(body).await
    };
    let complaint = complaint(Crashes::new().run(handler).await);
    assert!(complaint.contains("spawned and not awaited"), "{complaint}");
}

#[tokio::test]
async fn an_effect_that_is_spawned_and_awaited_is_none_of_those() {
    let handler = async |attempt: Attempt| {
        let call = attempt.runtime().call("charge", "order-17").ttl(TTL);
        let body = async || {
            let bank = attempt.clone();
            tokio::spawn(async move { bank.effect() }).await.unwrap();
            Ok::<_, Error>(17)
        };
        call.run(body).await
    };
    Crashes::new().run(handler).await.unwrap();
}

#[test]
fn a_result_that_changes_is_found() {
    let calls = AtomicU32::new(0);
    let handler = async |attempt: Attempt| {
        charge(&attempt).await?;
        Ok::<_, Error>(calls.fetch_add(1, Ordering::Relaxed))
    };
    let complaint = complaint(done(Crashes::new().run(handler)));
    assert!(complaint.contains("another result"), "{complaint}");
}

#[test]
fn a_result_that_is_lost_is_found() {
    let handler = async |attempt: Attempt| {
        let call = attempt.runtime().call("charge", "order-17").ttl(TTL);
        call.run(async || Ok::<_, Error>(f64::NAN)).await
    };
    let complaint = complaint(done(Crashes::new().run(handler)));
    assert!(complaint.contains("loses the result"), "{complaint}");
}

#[test]
fn a_key_that_changes_is_found() {
    let calls = AtomicU32::new(0);
    let handler = async |attempt: Attempt| {
        let delivery = calls.fetch_add(1, Ordering::Relaxed);
        let call = attempt.runtime().call("charge", &delivery).ttl(TTL);
        call.run(async || Ok::<_, Error>(17)).await
    };
    let complaint = complaint(done(Crashes::new().run(handler)));
    assert!(complaint.contains("the key changes"), "{complaint}");
}

#[test]
fn a_handler_that_is_not_guarded_is_found() {
    let handler = async |_| Ok::<_, Error>(17);
    let complaint = complaint(done(Crashes::new().run(handler)));
    assert!(
        complaint.contains("asks nothing of the store"),
        "{complaint}"
    );
}

#[test]
fn a_handler_that_fails_without_a_crash_is_said() {
    let handler = async |attempt: Attempt| {
        let call = attempt.runtime().call("charge", "order-17").ttl(TTL);
        let body = async || Err::<u32, Box<dyn std::error::Error>>("card declined".into());
        call.run(body).await
    };
    let complaint = complaint(done(Crashes::new().run(handler)));
    assert!(complaint.contains("card declined"), "{complaint}");
}

#[test]
fn a_key_that_stays_blocked_is_found() {
    // Each process has a larger margin than the one before.
    let processes = AtomicU32::new(1);
    let crashes = Crashes::new().settings(move |builder| {
        let margin = Duration::from_hours(1) * processes.fetch_add(1, Ordering::Relaxed);
        builder.margin(margin)
    });
    let complaint = complaint(done(crashes.run(async |attempt| charge(&attempt).await)));
    assert!(complaint.contains("stays blocked"), "{complaint}");
}

/// A store that forgets what was completed.
#[derive(Debug, Default)]
struct Forgetful(Memory);

impl Store for Forgetful {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.0.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.0.claim(claim)
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        let release = Release {
            id: completion.id.clone(),
            owner: completion.owner,
            expires_at: completion.expires_at,
        };
        StoreFuture::ready(now(self.0.release(&release)))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.0.release(release)
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.0.extend(extension)
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        self.0.read(id)
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        self.0.resolve(resolution)
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        self.0.list(listing)
    }

    fn commits(&self, effect: TypeId) -> bool {
        self.0.commits(effect)
    }
}

#[test]
fn what_is_completed_and_runs_again_is_found() {
    let crashes = Crashes::over(Forgetful::default);
    let complaint = complaint(done(crashes.run(async |attempt| charge(&attempt).await)));
    assert!(complaint.contains("completed runs again"), "{complaint}");
}

#[test]
fn the_handler_finds_its_runtime_in_its_scope() {
    let handler = async |attempt: Attempt| {
        let call = Idempotency::current()?;
        let call = call.call("charge", "order-17").ttl(TTL);
        let body = async || {
            attempt.effect();
            Ok::<_, Error>(17)
        };
        call.run(body).await
    };
    let report = done(Crashes::new().run(handler)).unwrap();
    assert_eq!(report.points().len(), 4);
}

fn call<'a>(runtime: &'a Idempotency, runs: &'a Runs) -> support::Manual<'a, Result<u32, Error>> {
    let call = runtime.call("charge", "order-17").ttl(TTL);
    Box::pin(call.run(async || Ok(runs.note())))
}

#[test]
fn the_nth_call_of_a_verb_or_of_any_fails_and_no_other() {
    for (verb, nth, fails) in [
        (Some(Verb::Claim), 1, [true, false, false]),
        (Some(Verb::Claim), 2, [false, true, false]),
        (Some(Verb::Release), 1, [false, false, false]),
        (None, 3, [false, true, false]),
        (None, 4, [false, false, true]),
    ] {
        let (store, runs) = (FaultyStore::new(Memory::new()), Runs::default());
        let runtime = Idempotency::new(store.clone());
        store.fail(verb, nth, Fault::Before(Failure::Permanent));
        for fails in fails {
            assert_eq!(now(call(&runtime, &runs)).is_err(), fails, "{verb:?} {nth}");
        }
        assert_eq!(store.has_failed(), fails.contains(&true));
    }
}

#[test]
fn a_call_fails_before_or_after_it_takes_effect() {
    for (fault, takes_effect) in [
        (Fault::Before(Failure::Transient), false),
        (Fault::After, true),
        (Fault::SilentBefore, false),
        (Fault::SilentAfter, true),
    ] {
        let counting = CountingStore::new(Memory::new());
        let store = FaultyStore::new(counting.clone());
        let clock = idem_core::testing::ManualClock::at(START);
        let builder = Idempotency::builder(store.clone()).clock(clock.clone());
        let (runtime, runs) = (builder.build(), Runs::default());
        store.fail(Verb::Complete, 1, fault);
        let mut first = call(&runtime, &runs);
        assert!(poll(&mut first).is_pending(), "{fault:?}");
        assert!(store.has_failed(), "{fault:?}");
        let completions = usize::from(takes_effect);
        assert_eq!(counting.count(Verb::Complete), completions, "{fault:?}");
        let is_silent = matches!(fault, Fault::SilentBefore | Fault::SilentAfter);
        clock.advance(secs(1));
        assert_eq!(poll(&mut first).is_pending(), is_silent, "{fault:?}");
    }
}

#[test]
fn a_store_that_heals_fails_no_more() {
    let (store, runs) = (FaultyStore::new(Memory::new()), Runs::default());
    let runtime = Idempotency::new(store.clone());
    store.fail(None, 1, Fault::SilentBefore);
    store.heal();
    assert_eq!(now(call(&runtime, &runs)).unwrap(), 1);
}

#[test]
fn calls_are_counted_by_verb_and_from_zero_again() {
    let (store, runs) = (CountingStore::new(Memory::new()), Runs::default());
    let runtime = Idempotency::new(store.clone());
    now(call(&runtime, &runs)).unwrap();
    now(call(&runtime, &runs)).unwrap();
    assert_eq!(store.calls(), [Verb::Claim, Verb::Complete, Verb::Claim]);
    assert_eq!((store.count(Verb::Claim), store.count(Verb::Read)), (2, 0));
    store.reset();
    assert_eq!(store.calls(), []);
}
