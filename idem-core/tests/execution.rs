//! What a handler has committed with its record, over a store that keeps a ledger beside its records.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use idem_core::policy::OnError;
use idem_core::testing::Verb;
use idem_core::{Error, Execution, Idempotency};
use support::bank::{Bank, Paid};
use support::{Manual, Runs, TTL, World, fault, now, poll, secs};

fn world() -> (World, Bank) {
    let bank = Bank::default();
    (World::over(bank.clone()), bank)
}

/// Pays 17, and then ends like that.
fn pay<'a>(
    world: &World,
    runtime: &'a Idempotency,
    runs: &'a Runs,
    end: impl Fn() -> Result<u32, Error> + 'a,
) -> Manual<'a, Result<u32, Error>> {
    let call = runtime.call("pay", "order-17").ttl(TTL);
    let call = call.invocation(world.invocation());
    Box::pin(call.run_with(async move |execution: Execution<Paid>| {
        runs.note();
        execution.transact([Paid(17)])?;
        end()
    }))
}

#[test]
fn effects_are_committed_once_and_with_the_record() {
    let ((world, bank), runs) = (world(), Runs::default());
    let runtime = world.runtime();
    for _ in 0..3 {
        assert_eq!(now(pay(&world, &runtime, &runs, || Ok(1))).unwrap(), 1);
    }
    assert_eq!(runs.count(), 1);
    assert_eq!(bank.ledger(), [Paid(17)]);
}

#[test]
fn effects_are_committed_once_although_the_reply_is_lost() {
    let ((world, bank), runs) = (world(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Complete, &[fault::REPLY_LOST]);
    let mut call = pay(&world, &runtime, &runs, || Ok(1));
    assert!(poll(&mut call).is_pending());
    world.clock.advance(secs(1));
    assert_eq!(now(call).unwrap(), 1);
    assert_eq!(bank.ledger(), [Paid(17)]);
}

#[test]
fn a_handler_that_fails_commits_nothing_and_may_run_again() {
    let ((world, bank), runs) = (world(), Runs::default());
    let runtime = world.runtime();
    let failing = pay(&world, &runtime, &runs, || {
        Err(Idempotency::current().unwrap_err())
    });
    now(failing).unwrap_err();
    assert_eq!(bank.ledger(), []);
    now(pay(&world, &runtime, &runs, || Ok(1))).unwrap();
    assert_eq!(bank.ledger(), [Paid(17)]);
    assert_eq!(runs.count(), 2);
}

#[test]
fn a_remembered_error_commits_nothing() {
    /// JSON gives a rate back as null.
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    enum Refused {
        Declined,
        Rate(f64),
        #[serde(skip)]
        Guard,
    }
    impl From<Error> for Refused {
        fn from(_: Error) -> Self {
            Self::Guard
        }
    }
    let ends: [fn() -> Refused; 2] = [|| Refused::Declined, || Refused::Rate(f64::NAN)];
    for end in ends {
        let (world, bank) = world();
        let runtime = world.runtime();
        let call = runtime.call("pay", "order-17").ttl(TTL).remember_errors();
        let outcome = now(call.run_with(async |execution: Execution<Paid>| {
            execution.transact([Paid(17)])?;
            Err::<(), _>(end())
        }));
        outcome.unwrap_err();
        assert_eq!(world.store.sent(), ["claim", "complete"]);
        assert_eq!(bank.ledger(), []);
    }
}

#[test]
fn effects_are_committed_with_a_result_that_cannot_be_stored() {
    let (world, bank) = world();
    let runtime = world.runtime();
    let call = || {
        let call = runtime.call("pay", "order-17").ttl(TTL);
        call.run_with(async |execution: Execution<Paid>| {
            execution.transact([Paid(17)])?;
            Ok::<_, Error>(f64::NAN)
        })
    };
    now(call()).unwrap();
    assert!(now(call()).unwrap_err().is_done_without_result());
    assert_eq!(bank.ledger(), [Paid(17)]);
}

#[test]
fn refused_effects_are_an_error_that_says_why_and_the_key_is_free() {
    let ((world, bank), runs) = (world(), Runs::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Complete, &[fault::CANCELED]);
    let error = now(pay(&world, &runtime, &runs, || Ok(1))).unwrap_err();
    assert!(error.is_canceled(), "{error}");
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "a planned fault");
    assert_eq!(world.store.sent(), ["claim", "complete", "release"]);
    assert_eq!(bank.ledger(), []);
    assert_eq!(now(pay(&world, &runtime, &runs, || Ok(2))).unwrap(), 2);
    assert_eq!(bank.ledger(), [Paid(17)]);
}

#[test]
fn refused_effects_hold_the_key_where_the_policy_says_so() {
    let ((world, bank), runs) = (world(), Runs::default());
    let runtime = world.builder().on_error(OnError::Hold).build();
    world.store.plan(Verb::Complete, &[fault::CANCELED]);
    let error = now(pay(&world, &runtime, &runs, || Ok(1))).unwrap_err();
    assert!(error.is_canceled(), "{error}");
    let next = now(pay(&world, &runtime, &runs, || Ok(2))).unwrap_err();
    assert!(next.is_held(), "{next}");
    assert_eq!(bank.ledger(), []);
}

/// Its condition does not hold because of what the first send wrote.
#[test]
fn effects_that_are_refused_after_they_were_committed_count_as_committed() {
    for policy in [OnError::Release, OnError::Hold] {
        let ((world, bank), runs) = (world(), Runs::default());
        let runtime = world.builder().on_error(policy).build();
        let faults = [fault::REPLY_LOST, fault::CANCELED];
        world.store.plan(Verb::Complete, &faults);
        let mut call = pay(&world, &runtime, &runs, || Ok(1));
        assert!(poll(&mut call).is_pending());
        world.clock.advance(secs(1));
        assert_eq!(now(call).unwrap(), 1, "{policy:?}");
        assert_eq!(now(pay(&world, &runtime, &runs, || Ok(2))).unwrap(), 1);
        assert_eq!(bank.ledger(), [Paid(17)]);
    }
}

#[test]
fn whether_refused_effects_were_committed_before_is_unknown_where_the_record_no_longer_tells() {
    let (world, bank) = world();
    let runtime = world.runtime();
    world
        .store
        .plan(Verb::Complete, &[fault::STALLED, fault::CANCELED]);
    let pay = |line| {
        let call = runtime.call("pay", "order-17").ttl(secs(1));
        call.invocation(world.invocation_of(secs(60))).run_with(
            async move |execution: Execution<Paid>| {
                execution.transact([Paid(line)])?;
                Ok::<_, Error>(line)
            },
        )
    };
    let mut call = Box::pin(pay(1));
    assert!(poll(&mut call).is_pending());
    world.clock.advance(secs(5));
    assert!(poll(&mut call).is_pending(), "it waits to send it again");
    let other = world.store.inner.clone();
    let other = Idempotency::builder(other)
        .clock(world.clock.clone())
        .build();
    for line in 2..=3 {
        world.clock.advance(secs(1));
        let next = other.call("pay", "order-17").ttl(secs(1));
        let next = next.run_with(async move |execution: Execution<Paid>| {
            execution.transact([Paid(line)])?;
            Ok::<_, Error>(line)
        });
        assert_eq!(now(next).unwrap(), line);
    }
    assert_eq!(bank.ledger(), [Paid(1), Paid(2), Paid(3)]);
    assert_eq!(
        now(call).unwrap(),
        3,
        "it must not say that nothing was committed"
    );
}

#[test]
fn whether_refused_effects_were_committed_before_is_unknown_where_the_store_goes_silent() {
    let ((world, _), runs) = (world(), Runs::default());
    let runtime = world.runtime();
    let faults = [fault::REPLY_LOST, fault::CANCELED];
    world.store.plan(Verb::Complete, &faults);
    world.store.plan(Verb::Release, &[fault::LOST; 10]);
    let mut call = pay(&world, &runtime, &runs, || Ok(1));
    for _ in 0..3 {
        assert!(poll(&mut call).is_pending());
        world.clock.advance(secs(1));
    }
    assert!(now(call).unwrap_err().is_completion_unknown());
}

#[test]
fn a_late_execution_commits_nothing() {
    let ((world, bank), runs) = (world(), Runs::default());
    let runtime = world
        .builder()
        .on_overrun(idem_core::policy::OnOverrun::Run)
        .build();
    let call = runtime.call("pay", "order-17").ttl(TTL);
    let (clock, inner) = (world.clock.clone(), world.runtime());
    let late =
        call.invocation(world.invocation())
            .run_with(async move |execution: Execution<Paid>| {
                execution.transact([Paid(1)])?;
                clock.advance(secs(60));
                // Another execution, on a runtime of its own: to this one it is not a call inside itself.
                let call = inner.call("pay", "order-17").ttl(TTL);
                let next = call.run_with(async |execution: Execution<Paid>| {
                    execution.transact([Paid(2)])?;
                    Ok::<_, Error>(2)
                });
                assert_eq!(next.await.unwrap(), 2);
                Ok::<_, Error>(1)
            });
    assert_eq!(now(late).unwrap(), 2, "the successor's result");
    assert_eq!(bank.ledger(), [Paid(2)]);
    assert_eq!(runs.count(), 0);
}

#[test]
fn a_store_that_cannot_commit_says_so_before_the_body_runs() {
    let (world, runs) = (World::new(), Runs::default());
    for runtime in [world.runtime(), Idempotency::disabled()] {
        let error = now(pay(&world, &runtime, &runs, || Ok(1))).unwrap_err();
        assert!(error.is_not_configured(), "{error}");
    }
    assert_eq!(runs.count(), 0);
    assert_eq!(world.store.sent(), [""; 0]);
}

#[test]
fn an_execution_without_effects_runs_on_every_store() {
    for runtime in [World::new().runtime(), Idempotency::disabled()] {
        let call = runtime.call("pay", "order-17").ttl(TTL);
        let call = call.run_with(async |_: Execution| Ok::<_, Error>(1));
        assert_eq!(now(call).unwrap(), 1);
    }
}

#[test]
fn nothing_can_be_committed_once_the_handler_has_returned() {
    let (world, bank) = world();
    let runtime = world.runtime();
    let mut kept = None;
    let call = runtime.call("pay", "order-17").ttl(TTL);
    let call = call.run_with(async |execution: Execution<Paid>| {
        kept = Some(execution);
        Ok::<_, Error>(1)
    });
    now(call).unwrap();
    let error = kept.unwrap().transact([Paid(1)]).unwrap_err();
    assert!(error.is_not_configured(), "{error}");
    assert_eq!(bank.ledger(), []);
}
