//! What a running handler knows of its execution, and asks of it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::collections::HashSet;
use std::future::Future;
use std::time::Duration;

use idem_core::policy::{OnMissingKey, OnOverrun};
use idem_core::record::Status;
use idem_core::testing::Verb;
use idem_core::{Error, Execution, Idempotency, Token};
use support::{Door, GRACE, MARGIN, Manual, TTL, World, fault, now, poll, secs};

/// A call of "order-17" that asks its execution.
fn call<'a, T, F>(
    world: &World,
    runtime: &'a Idempotency,
    body: impl FnOnce(Execution) -> F + 'a,
) -> Manual<'a, Result<T, Error>>
where
    F: Future<Output = Result<T, Error>> + 'a,
    T: serde::Serialize + serde::de::DeserializeOwned + 'a,
{
    let call = runtime
        .call("charge", "order-17")
        .ttl(TTL)
        .invocation(world.invocation());
    Box::pin(call.run_with(body))
}

fn failed() -> Error {
    Idempotency::current().unwrap_err()
}

#[test]
fn a_token_is_the_same_on_every_attempt_of_key_and_step_and_on_no_other() {
    let (world, mut seen) = (World::new(), HashSet::new());
    let runtime = world.runtime();
    let mut tokens = |name: &str, key: &str| {
        let mut ends = [Err(failed()), Ok(())].into_iter();
        let attempts = [(); 2].map(|()| {
            let call = runtime.call(name, key).ttl(TTL);
            let tokens = std::cell::OnceCell::new();
            let _: Result<(), Error> = now(call.run_with(async |execution: Execution| {
                let both = ["charge", "mail"].map(|step| execution.token(step));
                tokens.set(both).unwrap();
                ends.next().unwrap()
            }));
            tokens.into_inner().unwrap()
        });
        assert_eq!(attempts[0], attempts[1], "both attempts have the same");
        for token in attempts[0] {
            assert!(seen.insert(token), "no other key or step has it");
        }
    };
    tokens("charge", "order-17");
    tokens("charge", "order-18");
    tokens("refund", "order-17");
}

#[test]
fn a_token_fits_what_downstream_systems_take() {
    let world = World::new();
    let runtime = world.runtime();
    let token = std::cell::OnceCell::new();
    now(call(&world, &runtime, async |execution| {
        token.set(execution.token("charge")).unwrap();
        Ok(())
    }))
    .unwrap();
    let token: Token = token.into_inner().unwrap();
    let (uuid, hex) = (token.to_uuid(), token.to_hex());
    // A key that reached a payment provider must not change with a release: these are fixed for good.
    assert_eq!(uuid, "951d3f88-739b-83b4-a888-4095973414da");
    assert_eq!(
        hex,
        "951d3f88739b73b4e8884095973414da166be544ffec12910c32ad1d04348937"
    );
    let groups: Vec<_> = uuid.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12]);
    assert_eq!(&uuid[14..15], "8", "version 8");
    assert!("89ab".contains(&uuid[19..20]), "variant of RFC 9562");
    assert!(hex.len() == 64 && hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
    assert_eq!(token.to_string(), uuid);
}

#[test]
fn generations_grow_also_after_the_record_was_forgotten() {
    let world = World::new();
    let runtime = world.runtime();
    let mut generations = Vec::new();
    for _ in 0..3 {
        generations.push(
            now(call(&world, &runtime, async |execution| {
                Ok(execution.generation())
            }))
            .unwrap(),
        );
        let record = now(runtime.records().find("charge", "order-17"))
            .unwrap()
            .unwrap();
        world.clock.advance(Duration::from_millis(2));
        now(runtime.records().forget(&record)).unwrap();
    }
    assert!(
        generations.is_sorted_by(|before, after| before < after),
        "{generations:?}"
    );
}

#[test]
fn an_attempt_knows_its_number_and_how_the_one_before_ended() {
    let (world, door) = (World::new(), Door::default());
    let runtime = world.runtime();
    let seen = |end: Result<(), Error>| {
        let seen = std::cell::OnceCell::new();
        let _ = now(call(&world, &runtime, async |execution| {
            let previous = execution.previous().map(|previous| previous.status);
            seen.set((execution.attempt(), previous, execution.is_late()))
                .unwrap();
            end
        }));
        seen.into_inner().unwrap()
    };
    assert_eq!(seen(Err(failed())), (1, None, false));
    let mut crashed = call(&world, &runtime, async |execution| {
        assert_eq!(execution.previous().unwrap().status, Status::Released);
        door.pass().await;
        Ok(())
    });
    assert!(poll(&mut crashed).is_pending());
    drop(crashed);
    world.clock.advance(secs(10) + GRACE + MARGIN);
    assert_eq!(seen(Ok(())), (3, Some(Status::InProgress), false));
    world.clock.advance(TTL + secs(1));
    assert_eq!(
        seen(Ok(())),
        (4, Some(Status::Completed), true),
        "the event is late"
    );
}

#[test]
fn remaining_is_the_time_until_the_deadline_or_the_end_of_the_lease() {
    let world = World::new();
    let runtime = world.runtime();
    let clock = &world.clock;
    now(call(&world, &runtime, async |execution| {
        assert_eq!(execution.remaining(), secs(10));
        clock.advance(secs(4));
        assert_eq!(execution.remaining(), secs(6));
        Ok(())
    }))
    .unwrap();
    let unlimited = runtime.call("refund", "order-17").ttl(TTL).lease(secs(30));
    let outcome: Result<(), Error> = now(unlimited.run_with(async |execution: Execution| {
        assert_eq!(execution.remaining(), secs(30));
        Ok(())
    }));
    outcome.unwrap();
}

#[test]
fn a_lease_is_extended_before_a_long_computation_and_never_past_the_deadline() {
    let world = World::new();
    let runtime = world.runtime();
    let clock = &world.clock;
    let call = |asks: Duration, computes: Duration, deadline| {
        let key = format!("{asks:?}");
        let call = runtime.call("charge", &key).ttl(TTL).lease(secs(5));
        let call = match deadline {
            Some(timeout) => call.invocation(world.invocation_of(timeout)),
            None => call,
        };
        now(call.run_with(async move |execution: Execution| {
            execution.extend(asks).await?;
            // Without waiting: nothing can be renewed meanwhile.
            clock.advance(computes);
            std::future::ready(()).await;
            Ok::<_, Error>(execution.remaining())
        }))
    };
    world.store.sent();
    assert_eq!(call(secs(60), secs(59), None).unwrap(), secs(1));
    assert_eq!(world.store.sent(), ["claim", "extend", "complete"]);
    // Shorter than the lease is: nothing is sent.
    assert_eq!(call(secs(3), secs(1), None).unwrap(), secs(4));
    assert_eq!(world.store.sent(), ["claim", "complete"]);
    // As long as it can be.
    assert_eq!(call(secs(600), secs(20), Some(secs(30))).unwrap(), secs(10));
}

#[test]
fn a_lease_that_was_not_extended_is_an_error_and_the_handler_goes_on() {
    let world = World::new();
    let runtime = world.runtime();
    world.store.plan(Verb::Extend, &[fault::LOST]);
    now(call(&world, &runtime, async |_| Ok(()))).unwrap();
    let call = runtime.call("refund", "order-17").ttl(TTL).lease(secs(5));
    let outcome: Result<String, Error> = now(call.run_with(async |execution: Execution| {
        let refused = execution.extend(secs(60)).await.unwrap_err();
        assert!(refused.is_not_extended(), "{refused}");
        execution.extend(secs(60)).await?;
        Ok("second try".to_owned())
    }));
    assert_eq!(outcome.unwrap(), "second try");
}

#[test]
fn a_handler_that_runs_on_without_its_claim_learns_it_from_extend() {
    let (world, door) = (World::new(), Door::default());
    let runtime = world.runtime();
    let call = || runtime.call("charge", "order-17").ttl(TTL).lease(secs(5));
    let mut late: Manual<'_, Result<u32, Error>> = Box::pin(
        call()
            .on_overrun(OnOverrun::Run)
            .run_with(async |execution: Execution| {
                door.pass().await;
                let lost = execution.extend(secs(60)).await.unwrap_err();
                assert!(lost.is_not_extended());
                Ok(1)
            }),
    );
    assert!(poll(&mut late).is_pending());
    // Nobody polls it: the sandbox is frozen.
    world.clock.advance(secs(5) + MARGIN);
    let second: Result<u32, Error> = now(call().run(async || Ok(2)));
    assert_eq!(second.unwrap(), 2);
    door.open();
    assert_eq!(now(late).unwrap(), 2, "the successor's result");
}

#[test]
fn several_tasks_of_one_handler_may_extend_at_once() {
    let (world, door) = (World::new(), Door::default());
    let runtime = world.runtime();
    world.store.plan(Verb::Extend, &[fault::STALLED]);
    let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(20));
    let mut running: Manual<'_, Result<(), Error>> =
        Box::pin(call.run_with(async |execution: Execution| {
            let (first, second) = (execution.clone(), execution);
            let mut first = Box::pin(async move { first.extend(secs(30)).await });
            let mut second = Box::pin(async move { second.extend(secs(60)).await });
            std::future::poll_fn(|context| {
                let first = first.as_mut().poll(context).is_ready();
                if second.as_mut().poll(context).is_ready() || first {
                    return std::task::Poll::Ready(());
                }
                std::task::Poll::Pending
            })
            .await;
            door.pass().await;
            Ok(())
        }));
    assert!(poll(&mut running).is_pending());
    // The first answer never comes; the next request asks for the most that is wanted.
    world.clock.advance(secs(6));
    assert!(poll(&mut running).is_pending());
    door.open();
    now(running).unwrap();
}

#[test]
fn a_handler_that_nothing_guards_has_an_execution_of_its_own() {
    let world = World::new();
    let runtime = world.builder().on_missing_key(OnMissingKey::Run).build();
    let disabled = Idempotency::disabled();
    let mut seen = HashSet::new();
    for runtime in [&runtime, &runtime, &disabled] {
        let call = runtime.call("charge", &None::<u32>).ttl(TTL);
        let call = call.invocation(world.invocation());
        let token = std::cell::OnceCell::new();
        let outcome: Result<(), Error> = now(call.run_with(async |execution: Execution| {
            token.set(execution.token("charge")).unwrap();
            assert_eq!((execution.generation(), execution.attempt()), (0, 1));
            assert!(execution.previous().is_none() && !execution.is_late());
            execution.extend(secs(60)).await
        }));
        outcome.unwrap();
        assert!(
            seen.insert(token.into_inner().unwrap()),
            "no two share a token"
        );
    }
}

#[test]
fn an_execution_outlives_its_call_and_then_extends_nothing() {
    let world = World::new();
    let runtime = world.runtime();
    let kept = std::cell::OnceCell::new();
    now(call(&world, &runtime, async |execution| {
        kept.set(execution).unwrap();
        Ok(())
    }))
    .unwrap();
    let kept = kept.into_inner().unwrap();
    assert!(now(kept.extend(secs(600))).unwrap_err().is_not_extended());
}

#[tokio::test]
async fn tasks_of_one_handler_that_extend_are_all_answered() {
    let world = World::new();
    let runtime = world.runtime();
    let call = runtime.call("charge", "order-17").ttl(TTL).lease(secs(5));
    let outcome: Result<u32, Error> = call
        .run_with(async |execution: Execution| {
            let mut tasks = tokio::task::JoinSet::new();
            for minutes in 1..=8 {
                let execution = execution.clone();
                tasks.spawn(async move { execution.extend(secs(60 * minutes)).await });
            }
            while let Some(extended) = tasks.join_next().await {
                extended.unwrap()?;
            }
            Ok(1)
        })
        .await;
    assert_eq!(outcome.unwrap(), 1);
}
