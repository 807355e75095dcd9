//! Batches of any make: no record is lost, and none runs out of its turn.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use idem_core::batch::{Failure, Settings};
use idem_core::clock::ManualClock;
use idem_core::store::Memory;
use idem_core::{Error, Idempotency};
use lambda_runtime::LambdaEvent;
use proptest::prelude::*;
use serde_json::Value;

use crate::shop::{event, fifo, message};
use crate::support::START;

/// What one record is, and what its function does where it runs.
#[derive(Clone, Debug)]
struct Plan {
    key: u8,
    group: Option<u8>,
    /// How often it waits.
    waits: u8,
    fails: bool,
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let group = prop_oneof![Just(None), (0..3_u8).prop_map(Some)];
    let plan = (0..6_u8, group, 0..4_u8, prop::bool::weighted(0.2));
    let plan = plan.prop_map(|(key, group, waits, fails)| Plan {
        key,
        group,
        waits,
        fails,
    });
    prop::collection::vec(plan, 0..40)
}

/// Is ready when it was polled this often, and says so each time.
async fn wait(mut times: u8) {
    poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// What was seen of the records, by their places.
#[derive(Default)]
struct Seen {
    running: usize,
    most: usize,
    calls: usize,
    ran: Vec<usize>,
    results: HashMap<usize, usize>,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_record_is_done_or_reported_and_groups_keep_their_order(plans in plans(), limit in 1..6_usize) {
        let records = plans.iter().enumerate().map(|(place, plan)| {
            let (id, key) = (place.to_string(), format!("key {}", plan.key));
            match plan.group {
                None => message(&id, &key),
                Some(group) => fifo(&id, &format!("g-{group}"), &key),
            }
        });
        let seen = RefCell::new(Seen::default());
        let handle = async |record: LambdaEvent<Value>| {
            let place: usize = record.payload["messageId"].as_str().unwrap().parse().unwrap();
            let plan = &plans[place];
            let idempotency = Idempotency::current()?;
            let call = idempotency.call("any", &record.payload["body"]).ttl(Duration::from_hours(1));
            {
                let mut seen = seen.borrow_mut();
                seen.running += 1;
                seen.most = seen.most.max(seen.running);
                seen.calls += 1;
            }
            let result = call.run(async || {
                seen.borrow_mut().ran.push(place);
                wait(plan.waits).await;
                if plan.fails { Err(Told::Told) } else { Ok(place) }
            });
            let result = result.await;
            let mut seen = seen.borrow_mut();
            seen.running -= 1;
            let result = result?;
            seen.results.insert(place, result);
            Ok::<_, Told>(result)
        };
        let clock = ManualClock::at(START);
        let runtime = Idempotency::builder(Memory::new()).clock(clock).build();
        let settings = Settings::new().concurrency(limit);
        let mut handled = pin!(runtime.scope(settings.run(event(records), handle)));
        let mut context = Context::from_waker(Waker::noop());
        let response = loop {
            if let Poll::Ready(response) = handled.as_mut().poll(&mut context) {
                break response.unwrap();
            }
        };

        let seen = seen.borrow();
        prop_assert!(seen.most <= limit);
        // Each failure has one called once more, and a result each that waits for it, which then has it.
        let failures = seen.ran.iter().filter(|place| plans[**place].fails).count();
        prop_assert!(seen.calls <= 2 * plans.len() + failures);
        let place = |failure: &Failure<Told>| failure.identifier().parse::<usize>().unwrap();
        let failed: Vec<_> = response.failures().iter().map(place).collect();
        prop_assert!(failed.is_sorted());
        let failed: HashSet<_> = failed.into_iter().collect();
        for (place, plan) in plans.iter().enumerate() {
            // Done or reported, and never both.
            prop_assert_ne!(failed.contains(&place), seen.results.contains_key(&place));
            let behind = plans.iter().enumerate().skip(place + 1);
            for (other, _) in behind.filter(|(_, other)| plan.group.is_some() && other.group == plan.group) {
                prop_assert!(!failed.contains(&place) || failed.contains(&other));
                let start = |place| seen.ran.iter().position(|ran| *ran == place);
                if let (Some(first), Some(second)) = (start(place), start(other)) {
                    prop_assert!(first < second);
                }
            }
            // All of one key get one result.
            if let Some(result) = seen.results.get(&place) {
                prop_assert_eq!(plans[*result].key, plan.key);
                let others = seen.results.iter().filter(|(other, _)| plans[**other].key == plan.key);
                prop_assert!(others.map(|(_, other)| other).all(|other| other == result));
            }
        }
        // Nobody was busy elsewhere: what is reported failed itself, or is behind what did.
        prop_assert!(response.failures().iter().all(|failure| failure.retry_after().is_none()));
        let mut ran = seen.ran.clone();
        ran.sort_unstable();
        ran.dedup();
        prop_assert_eq!(ran.len(), seen.ran.len());
    }
}

#[derive(Debug)]
enum Told {
    Guard(#[expect(dead_code, reason = "shown where a case fails")] Error),
    Told,
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Self::Guard(error)
    }
}
