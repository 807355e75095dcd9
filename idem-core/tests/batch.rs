//! Batches of records: what runs, in which order, and what is reported.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "batch/generated.rs"]
mod generated;
#[path = "batch/poisoned.rs"]
mod poisoned;
#[path = "batch/several_calls.rs"]
mod several_calls;
#[path = "batch/shop.rs"]
mod shop;
mod support;

use std::task::Poll;
use std::time::Duration;

use idem_core::batch::{self, Failure, Reason, Response, Settings};
use idem_core::{Error, Idempotency};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use shop::{Failed, Shop, change, event, fifo, message, notification, put, records};
use support::{GRACE, MARGIN, TTL, now, poll, secs};

/// How long the invocations of these tests may last.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The identifiers of what is to come again.
fn reported<E>(response: &Response<E>) -> Vec<&str> {
    response
        .failures()
        .iter()
        .map(Failure::identifier)
        .collect()
}

/// Identifier and reason of what is to come again.
fn reasons<E>(failures: &[Failure<E>]) -> Vec<String> {
    let say = |failure: &Failure<E>| format!("{} {:?}", failure.identifier(), failure.reason());
    failures.iter().map(say).collect()
}

#[test]
fn a_failed_message_has_the_receipt_handle_that_changes_its_visibility_and_shows_it_nobody() {
    let shop = Shop::new();
    shop.fail("A-1", 1);
    let mut failing = message("m-1", "A-1");
    failing["receiptHandle"] = json!("AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a");
    let response = shop.handle([failing, message("m-2", "A-2")]).unwrap();
    let handles: Vec<_> = response
        .failures()
        .iter()
        .map(Failure::receipt_handle)
        .collect();
    assert_eq!(handles, [Some("AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a")]);
    let json = serde_json::to_value(&response).unwrap();
    assert_eq!(
        json,
        json!({ "batchItemFailures": [{ "itemIdentifier": "m-1" }] })
    );
    assert!(!format!("{response:?}").contains("AQEB"));

    shop.fail("A-3", 1);
    let response = shop.handle([put("1", "A-3")]).unwrap();
    assert_eq!(response.failures()[0].receipt_handle(), None);
}

#[test]
fn an_empty_batch_has_an_empty_response() {
    let shop = Shop::new();
    let response = shop.handle([]).unwrap();
    let json = serde_json::to_value(&response).unwrap();
    assert_eq!(json, json!({ "batchItemFailures": [] }));
}

#[test]
fn an_event_without_records_is_an_error_and_nothing_runs() {
    let shop = Shop::new();
    for payload in [
        json!(null),
        json!({}),
        json!([message("m-1", "A-1")]),
        json!({ "Records": null }),
        json!({ "Records": { "0": message("m-1", "A-1") } }),
    ] {
        let event = LambdaEvent::new(payload, Context::default());
        let error = now(shop.run(Settings::new(), event)).unwrap_err();
        assert!(error.is_no_batch() && !error.is_whole());
        assert_eq!(
            error.to_string(),
            "the event is no batch: it has no list `Records`"
        );
    }
    assert_eq!(shop.runs(), [""; 0]);
}

#[test]
fn what_fails_is_reported_and_the_others_are_done() {
    let shop = Shop::new();
    shop.fail("A-2", 1);
    let batch = ["A-1", "A-2", "A-3"].map(|order| message(&format!("m-{order}"), order));
    let response = shop.handle(batch.clone()).unwrap();
    assert_eq!(reasons(response.failures()), ["m-A-2 Failed(..)"]);
    assert!(matches!(
        response.failures()[0].reason().error(),
        Some(Failed::Told)
    ));
    let json = serde_json::to_value(&response).unwrap();
    assert_eq!(
        json,
        json!({ "batchItemFailures": [{ "itemIdentifier": "m-A-2" }] })
    );

    let again = shop.handle(batch).unwrap();
    assert_eq!(reported(&again), [""; 0]);
    assert_eq!(shop.runs(), ["A-1", "A-2", "A-3", "A-2"]);
}

#[test]
fn a_record_without_a_key_fails_alone() {
    let shop = Shop::new();
    let response = shop
        .handle([message("m-1", ""), message("m-2", "A-2")])
        .unwrap();
    assert_eq!(reasons(response.failures()), ["m-1 Failed(..)"]);
    assert_eq!(shop.runs(), ["A-2"]);
}

#[test]
fn a_panic_fails_alone_and_the_record_runs_when_it_comes_again() {
    let shop = Shop::new();
    shop.panic("A-1", 1);
    let batch = [message("m-1", "A-1"), message("m-2", "A-2")];
    let response = shop.handle(batch.clone()).unwrap();
    assert_eq!(reasons(response.failures()), ["m-1 Panicked"]);
    assert_eq!(reported(&shop.handle(batch).unwrap()), [""; 0]);
    assert_eq!(shop.runs(), ["A-1", "A-2", "A-1"]);
}

#[test]
fn a_panic_before_the_first_await_fails_alone_too() {
    let shop = Shop::new();
    let handle = |record: LambdaEvent<Value>| {
        assert_ne!(record.payload["body"], "A-1", "told to panic");
        std::future::ready(Ok::<_, Error>(()))
    };
    let event = event([message("m-1", "A-1"), message("m-2", "A-2")]);
    let response = now(shop.runtime.scope(batch::run(event, handle))).unwrap();
    assert_eq!(reasons(response.failures()), ["m-1 Panicked"]);
}

#[test]
fn neither_responses_nor_errors_show_the_functions_errors() {
    let shop = Shop::new();
    let secret = async |_: LambdaEvent<Value>| Err::<(), _>("4111-1111");
    let handle = |record| now(shop.runtime.scope(batch::run(event([record]), secret)));
    let response = handle(message("m-1", "A-1")).unwrap();
    let error = handle(notification("A-1")).unwrap_err();
    for shown in [format!("{response:?}"), format!("{error:?} {error}")] {
        assert!(
            shown.contains("ailed") && !shown.contains("4111"),
            "{shown}"
        );
    }
}

mod duplicates {
    use super::*;

    #[test]
    fn run_once_and_all_get_the_result() {
        let shop = Shop::new();
        shop.close("A-1");
        let batch = (1..=25).map(|number| message(&format!("m-{number}"), "A-1"));
        let mut handled = Box::pin(shop.run(Settings::new(), event(batch)));
        assert!(poll(&mut handled).is_pending());
        shop.open("A-1");
        let response = now(handled).unwrap();
        assert_eq!(reported(&response), [""; 0]);
        assert_eq!(shop.runs(), ["A-1"]);
        assert_eq!(shop.results(), vec![("A-1".to_owned(), 1); 25]);
    }

    #[test]
    fn get_the_result_as_soon_as_it_is_there_while_others_go_on() {
        let shop = Shop::new();
        for order in ["A-1", "A-2"] {
            shop.close(order);
        }
        let batch = [
            ("m-1", "A-1"),
            ("m-2", "A-1"),
            ("m-3", "A-2"),
            ("m-4", "A-1"),
        ];
        let batch = batch.map(|(id, order)| message(id, order));
        let mut handled = Box::pin(shop.run(Settings::new(), event(batch)));
        assert!(poll(&mut handled).is_pending());
        shop.open("A-1");
        assert!(poll(&mut handled).is_pending());
        assert_eq!(shop.results(), vec![("A-1".to_owned(), 1); 3]);
        shop.open("A-2");
        assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
        assert_eq!(shop.runs(), ["A-1", "A-2"]);
    }

    #[test]
    fn of_what_failed_run_one_after_another_while_others_go_on() {
        let fail: fn(&Shop) = |shop| shop.fail("A-1", 2);
        let panic: fn(&Shop) = |shop| shop.panic("A-1", 2);
        for (tell, told) in [(fail, "Failed(..)"), (panic, "Panicked")] {
            let shop = Shop::new();
            tell(&shop);
            for order in ["A-1", "A-2"] {
                shop.close(order);
            }
            let batch = (1..=5).map(|number| message(&format!("m-{number}"), "A-1"));
            let batch = [message("m-0", "A-2")].into_iter().chain(batch);
            let mut handled = Box::pin(shop.run(Settings::new(), event(batch)));
            assert!(poll(&mut handled).is_pending());
            assert_eq!(shop.sent(), ["claim"; 6]);
            shop.open("A-1");
            assert!(poll(&mut handled).is_pending());
            assert_eq!(shop.results(), vec![("A-1".to_owned(), 3); 3]);
            let claims = shop.sent().into_iter().filter(|verb| *verb == "claim");
            assert_eq!(claims.count(), 4, "nobody is called in vain");
            shop.open("A-2");
            let response = now(handled).unwrap();
            let failed = ["m-1", "m-2"].map(|id| format!("{id} {told}"));
            assert_eq!(reasons(response.failures()), failed);
        }
    }

    #[test]
    fn that_learn_late_whom_they_met_do_not_wait_for_who_has_ended() {
        for fails in [0, 1] {
            let shop = Shop::new();
            shop.fail("A-1", fails);
            for door in ["A-1", "A-2", "after m-2", "after m-3"] {
                shop.close(door);
            }
            let batch = [
                ("m-1", "A-1"),
                ("m-2", "A-1"),
                ("m-3", "A-1"),
                ("m-4", "A-2"),
            ];
            let batch = event(batch.map(|(id, order)| message(id, order)));
            let handle = async |record: LambdaEvent<Value>| {
                let id = record.payload["messageId"].as_str().unwrap().to_owned();
                let charged = shop.charge(record).await;
                shop.wait_at(&format!("after {id}")).await;
                charged
            };
            let mut handled = Box::pin(shop.runtime.scope(batch::run(batch, handle)));
            assert!(poll(&mut handled).is_pending());
            assert_eq!(shop.sent(), ["claim"; 4]);
            shop.open("A-1");
            assert!(poll(&mut handled).is_pending());
            shop.sent();
            for door in ["after m-2", "after m-3"] {
                shop.open(door);
                assert!(poll(&mut handled).is_pending());
            }
            let run = fails + 1;
            let results = usize::try_from(3 - fails).unwrap();
            assert_eq!(shop.results(), vec![("A-1".to_owned(), run); results]);
            let claims = shop.sent().into_iter().filter(|verb| *verb == "claim");
            assert_eq!(claims.count(), 2);
            shop.open("A-2");
            assert_eq!(
                now(handled).unwrap().failures().len(),
                usize::try_from(fails).unwrap()
            );
        }
    }

    #[test]
    fn of_what_failed_run_themselves_until_one_succeeds() {
        let shop = Shop::new();
        shop.fail("A-1", 2);
        shop.close("A-1");
        let batch = (1..=5).map(|number| message(&format!("m-{number}"), "A-1"));
        let mut handled = Box::pin(shop.run(Settings::new(), event(batch)));
        assert!(poll(&mut handled).is_pending());
        shop.open("A-1");
        let response = now(handled).unwrap();
        assert_eq!(
            reasons(response.failures()),
            ["m-1 Failed(..)", "m-2 Failed(..)"]
        );
        assert_eq!(shop.runs(), ["A-1"; 3]);
        assert_eq!(shop.results(), vec![("A-1".to_owned(), 3); 3]);
    }

    #[test]
    fn are_known_whatever_the_error_of_the_function() {
        let shop = Shop::new();
        shop.close("A-1");
        let handle = async |record| shop.charge(record).await.map_err(drop);
        let batch = event([message("m-1", "A-1"), message("m-2", "A-1")]);
        let mut handled = Box::pin(shop.runtime.scope(batch::run(batch, handle)));
        assert!(poll(&mut handled).is_pending());
        shop.open("A-1");
        assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
        assert_eq!(shop.runs(), ["A-1"]);
    }

    #[test]
    fn of_another_message_group_let_that_group_go_on_as_soon_as_they_have_the_result() {
        let shop = Shop::new();
        for order in ["A-1", "A-4"] {
            shop.close(order);
        }
        let batch = event([
            fifo("m-1", "g-1", "A-1"),
            fifo("m-2", "g-2", "A-1"),
            fifo("m-3", "g-2", "A-3"),
            fifo("m-4", "g-3", "A-4"),
        ]);
        let mut handled = Box::pin(shop.run(Settings::new(), batch));
        assert!(poll(&mut handled).is_pending());
        assert_eq!(shop.runs(), ["A-1", "A-4"]);
        shop.open("A-1");
        assert!(poll(&mut handled).is_pending());
        assert_eq!(shop.runs(), ["A-1", "A-4", "A-3"]);
        shop.open("A-4");
        assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
    }

    #[test]
    fn that_started_first_and_claimed_later_get_the_result_too() {
        let shop = Shop::new();
        for door in ["A-1", "m-1"] {
            shop.close(door);
        }
        let batch = event([message("m-1", "A-1"), message("m-2", "A-1")]);
        let handle = async |record: LambdaEvent<Value>| {
            let id = record.payload["messageId"].as_str().unwrap().to_owned();
            shop.wait_at(&id).await;
            shop.charge(record).await
        };
        let mut handled = Box::pin(shop.runtime.scope(batch::run(batch, handle)));
        assert!(poll(&mut handled).is_pending());
        shop.open("m-1");
        assert!(poll(&mut handled).is_pending());
        assert_eq!(shop.sent(), ["claim", "claim"]);
        shop.open("A-1");
        assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
        assert_eq!(shop.results(), vec![("A-1".to_owned(), 1); 2]);
    }

    #[test]
    fn inside_one_message_group_replay() {
        let shop = Shop::new();
        let batch = [fifo("m-1", "g-1", "A-1"), fifo("m-2", "g-1", "A-1")];
        assert_eq!(reported(&shop.handle(batch).unwrap()), [""; 0]);
        assert_eq!(shop.runs(), ["A-1"]);
        assert_eq!(shop.results(), vec![("A-1".to_owned(), 1); 2]);
    }
}

mod elsewhere {
    use super::*;

    /// Starts an execution of A-1 that is no part of the batch.
    pub(crate) fn begun(shop: &Shop) -> support::Manual<'_, Result<u32, Failed>> {
        begun_of(shop, "A-1")
    }

    fn begun_of<'s>(shop: &'s Shop, order: &str) -> support::Manual<'s, Result<u32, Failed>> {
        shop.close(order);
        let event = LambdaEvent::new(message("m-0", order), shop.context(TIMEOUT));
        let mut other: support::Manual<'_, _> = Box::pin(shop.runtime.scope(shop.charge(event)));
        assert_eq!(poll(&mut other).map(drop), Poll::Pending);
        shop.sent();
        other
    }

    #[test]
    fn an_execution_is_a_failure_with_the_time_to_wait() {
        let shop = Shop::new();
        let _other = begun(&shop);
        shop.clock.advance(Duration::from_millis(1));
        let response = shop
            .handle([message("m-1", "A-1"), message("m-2", "A-2")])
            .unwrap();
        let [failure] = response.failures() else {
            panic!("{response:?}");
        };
        assert_eq!(failure.identifier(), "m-1");
        // A millisecond less, in whole seconds.
        assert_eq!(failure.retry_after(), Some(TIMEOUT + GRACE + MARGIN));
        let Reason::InProgress {
            error: Failed::Guard(error),
            ..
        } = failure.reason()
        else {
            panic!("{failure:?}");
        };
        assert!(error.is_in_progress());
        assert_eq!(shop.runs(), ["A-1", "A-2"]);
    }

    #[test]
    fn an_execution_is_asked_for_once_by_a_record_that_was_alone() {
        let shop = Shop::new();
        let _other = begun(&shop);
        let shard = [put("1", "A-1"), put("2", "A-2")];
        for batch in [vec![message("m-1", "A-1")], shard.into()] {
            let response = shop.handle(batch).unwrap();
            assert!(response.failures()[0].retry_after().is_some());
            assert_eq!(shop.sent(), ["claim"]);
        }
    }

    #[test]
    fn an_execution_is_asked_for_once_more_by_one_of_many() {
        let shop = Shop::new();
        let _other = begun(&shop);
        let batch = (1..=5).map(|number| message(&format!("m-{number}"), "A-1"));
        // Something else goes on meanwhile, so that they could have met in here.
        shop.close("A-2");
        let batch = [message("m-0", "A-2")].into_iter().chain(batch);
        let mut handled = Box::pin(shop.run(Settings::new(), event(batch)));
        assert!(poll(&mut handled).is_pending());
        assert_eq!(shop.sent().len(), 6);
        shop.open("A-2");
        let response = now(handled).unwrap();
        assert_eq!(reported(&response), ["m-1", "m-2", "m-3", "m-4", "m-5"]);
        assert!(
            response
                .failures()
                .iter()
                .all(|failure| failure.retry_after().is_some())
        );
        assert_eq!(shop.sent(), ["complete", "claim"]);
    }

    #[test]
    fn an_execution_is_waited_for_as_long_as_the_one_says_that_asked_last() {
        let shop = Shop::new();
        let _other = begun(&shop);
        shop.close("A-2");
        let batch = [("m-1", "A-2"), ("m-2", "A-1"), ("m-3", "A-1")];
        let batch = event(batch.map(|(id, order)| message(id, order)));
        let mut handled = Box::pin(shop.run(Settings::new(), batch));
        assert!(poll(&mut handled).is_pending());
        shop.clock.advance(secs(5));
        shop.open("A-2");
        let response = now(handled).unwrap();
        let waits: Vec<_> = response
            .failures()
            .iter()
            .map(Failure::retry_after)
            .collect();
        assert_eq!(waits, [Some(secs(5) + GRACE + MARGIN); 2]);
    }

    #[test]
    fn several_executions_are_asked_for_twice_each() {
        let shop = Shop::new();
        let _others = ["A-1", "A-2"].map(|order| begun_of(&shop, order));
        let response = shop.handle(["A-1", "A-2"].map(|order| message(order, order)));
        assert_eq!(reported(&response.unwrap()), ["A-1", "A-2"]);
        assert_eq!(shop.sent(), ["claim"; 4]);
    }

    #[test]
    fn an_execution_that_the_function_makes_a_success_of_is_one() {
        let shop = Shop::new();
        let _other = begun(&shop);
        let handle = async |record| Ok::<_, Failed>(shop.charge(record).await.is_ok());
        let batch = event([message("m-1", "A-1")]);
        let response = now(shop.runtime.scope(batch::run(batch, handle))).unwrap();
        assert_eq!(reported(&response), [""; 0]);
    }

    #[test]
    fn a_lease_of_days_is_waited_for_twelve_hours_at_a_time() {
        let shop = Shop::new();
        let lease = Duration::from_hours(48);
        let idempotency = &shop.runtime;
        let call = || idempotency.call("charge", "A-1").ttl(TTL).lease(lease);
        let wait = async || std::future::pending::<Result<(), Error>>().await;
        let mut other = Box::pin(call().run(wait));
        assert_eq!(poll(&mut other).map(drop), Poll::Pending);
        let handle = async |_: LambdaEvent<Value>| call().run(async || Ok::<_, Error>(())).await;
        let batch = event([message("m-1", "A-1")]);
        let response = now(idempotency.scope(batch::run(batch, handle))).unwrap();
        let retry_after = response.failures()[0].retry_after();
        assert_eq!(retry_after, Some(Duration::from_hours(12)));
    }
}

mod order {
    use super::*;

    #[test]
    fn of_a_message_group_is_kept_and_stops_at_the_first_failure() {
        let shop = Shop::new();
        shop.fail("A-2", 1);
        let response = shop.handle([
            fifo("m-1", "g-1", "A-1"),
            fifo("m-2", "g-1", "A-2"),
            fifo("m-3", "g-2", "B-1"),
            fifo("m-4", "g-1", "A-3"),
            fifo("m-5", "g-2", "B-2"),
            fifo("m-6", "g-1", "A-4"),
        ]);
        let response = response.unwrap();
        assert_eq!(
            reasons(response.failures()),
            ["m-2 Failed(..)", "m-4 Behind", "m-6 Behind"]
        );
        let mut runs = shop.runs();
        runs.sort();
        assert_eq!(runs, ["A-1", "A-2", "B-1", "B-2"]);
    }

    #[test]
    fn of_groups_is_each_groups_own() {
        let shop = Shop::new();
        shop.close("A-1");
        let batch = event([
            fifo("m-1", "g-1", "A-1"),
            fifo("m-2", "g-1", "A-2"),
            fifo("m-3", "g-2", "B-1"),
            fifo("m-4", "g-2", "B-2"),
        ]);
        let mut handled = Box::pin(shop.run(Settings::new(), batch));
        assert!(poll(&mut handled).is_pending());
        assert_eq!(shop.runs(), ["A-1", "B-1", "B-2"]);
        shop.open("A-1");
        assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
        assert_eq!(shop.runs(), ["A-1", "B-1", "B-2", "A-2"]);
    }

    #[test]
    fn of_a_long_group_keeps_no_other_waiting_whatever_ended_before() {
        for fails in [0, 1] {
            let shop = Shop::new();
            shop.fail("0", fails);
            shop.close("A-1");
            let one = (0..9).map(|number| fifo("m", "g-1", &number.to_string()));
            let other = (1..9).map(|number| fifo("m", "g-2", &format!("A-{number}")));
            let last = fifo("m", "g-3", "last");
            let batch = event(one.chain(other).chain([last]));
            let mut handled = Box::pin(shop.run(Settings::new(), batch));
            assert!(poll(&mut handled).is_pending());
            assert!(shop.runs().iter().any(|run| run == "last"));
        }
    }

    #[test]
    fn is_kept_of_groups_that_are_longer_than_what_is_read_ahead() {
        let shop = Shop::new();
        let batch = (1..=30).map(|number| {
            let group = if number % 5 == 0 { "g-2" } else { "g-1" };
            fifo(
                &format!("m-{number}"),
                group,
                &format!("{group} {number:02}"),
            )
        });
        let settings = Settings::new().concurrency(2);
        let response = now(shop.run(settings, event(batch))).unwrap();
        assert_eq!(reported(&response), [""; 0]);
        let runs = shop.runs();
        assert_eq!(runs.len(), 30);
        for group in ["g-1", "g-2"] {
            assert!(runs.iter().filter(|run| run.starts_with(group)).is_sorted());
        }
    }

    #[test]
    fn of_a_shard_is_kept_and_stops_at_the_first_failure() {
        for record in [put, change] {
            let shop = Shop::new();
            shop.fail("A-2", 1);
            shop.close("A-1");
            let batch = event([record("1", "A-1"), record("2", "A-2"), record("3", "A-3")]);
            let mut handled = Box::pin(shop.run(Settings::new(), batch));
            assert!(poll(&mut handled).is_pending());
            assert_eq!(shop.runs(), ["A-1"]);
            shop.open("A-1");
            let response = now(handled).unwrap();
            assert_eq!(reasons(response.failures()), ["2 Failed(..)", "3 Behind"]);
            assert_eq!(shop.runs(), ["A-1", "A-2"]);
        }
    }

    /// What runs first of these, while its door is closed.
    fn first_of(records: [Value; 3]) -> Vec<String> {
        let shop = Shop::new();
        shop.close("A-1");
        let mut handled = Box::pin(shop.run(Settings::new(), event(records)));
        assert!(poll(&mut handled).is_pending());
        let first = shop.runs();
        shop.open("A-1");
        assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
        first
    }

    fn without(name: &str, mut record: Value) -> Value {
        record.as_object_mut().unwrap().remove(name);
        record
    }

    #[test]
    fn is_kept_where_the_source_is_not_known() {
        let numbered = [("1", "A-1"), ("2", "A-2"), ("3", "A-3")];
        for record in [put, change, message] {
            let records = numbered.map(|(id, order)| record(id, order));
            let records = records.map(|record| without("eventSource", record));
            assert_eq!(first_of(records), ["A-1"]);
        }
    }

    #[test]
    fn of_message_groups_is_kept_where_the_queue_is_not_known() {
        let records = [("g-1", "A-1"), ("g-1", "A-2"), ("g-2", "A-3")];
        let records = records.map(|(group, order)| fifo(order, group, order));
        let nameless = records
            .clone()
            .map(|record| without("eventSourceARN", record));
        assert_eq!(first_of(nameless), ["A-1", "A-3"]);
        for name in [json!(null), json!("")] {
            let mut nameless = records.clone();
            for record in &mut nameless {
                record["eventSourceARN"] = name.clone();
            }
            assert_eq!(first_of(nameless), ["A-1", "A-3"]);
        }
        let without_group =
            records.map(|record| without("eventSourceARN", without("attributes", record)));
        assert_eq!(first_of(without_group), ["A-1"]);
    }

    #[test]
    fn is_not_kept_of_a_queue_whose_groups_only_share_it() {
        let shop = Shop::new();
        shop.fail("A-1", 1);
        let fair = |id, order| {
            let mut message = message(id, order);
            message["attributes"] = json!({ "MessageGroupId": "tenant-1" });
            message
        };
        let response = shop
            .handle([fair("m-1", "A-1"), fair("m-2", "A-2")])
            .unwrap();
        assert_eq!(reported(&response), ["m-1"]);
        assert_eq!(shop.runs(), ["A-1", "A-2"]);
    }
}

mod at_once {
    use super::*;

    fn most(settings: Settings) -> usize {
        let shop = Shop::new();
        let orders: Vec<_> = (1..=25).map(|number| format!("A-{number}")).collect();
        for order in &orders {
            shop.close(order);
        }
        let batch = orders.iter().map(|order| message(order, order));
        let mut handled = Box::pin(shop.run(settings, event(batch)));
        assert!(poll(&mut handled).is_pending());
        for order in &orders {
            shop.open(order);
            _ = poll(&mut handled);
        }
        assert_eq!(shop.runs(), orders);
        shop.most_at_once()
    }

    #[test]
    fn run_ten_records_or_as_many_as_the_settings_say() {
        assert_eq!(most(Settings::new()), 10);
        assert_eq!(most(Settings::new().concurrency(3)), 3);
        assert_eq!(most(Settings::new().concurrency(100)), 25);
        assert_eq!(most(Settings::new().concurrency(0)), 1);
    }
}

mod time {
    use super::*;

    #[test]
    fn must_be_left_for_a_record_to_start() {
        let shop = Shop::new();
        shop.takes(secs(3));
        let settings = Settings::new().concurrency(1).min_remaining(secs(4));
        let orders = ["A-1", "A-2", "A-3", "A-4", "A-5"];
        let batch = event(orders.map(|order| message(order, order)));
        let batch = LambdaEvent::new(batch.payload, shop.context(TIMEOUT));
        let response = now(shop.run(settings, batch)).unwrap();
        // They start with 10, 7 and 4 seconds left, and not with 1.
        assert_eq!(shop.runs(), ["A-1", "A-2", "A-3"]);
        assert_eq!(
            reasons(response.failures()),
            ["A-4 NotStarted", "A-5 NotStarted"]
        );
    }

    #[test]
    fn that_is_not_left_stops_a_group_as_a_failure_does() {
        let shop = Shop::new();
        shop.takes(secs(7));
        let settings = Settings::new().min_remaining(secs(4));
        let batch = event(["1", "2", "3"].map(|number| put(number, number)));
        let batch = LambdaEvent::new(batch.payload, shop.context(TIMEOUT));
        let response = now(shop.run(settings, batch)).unwrap();
        assert_eq!(reasons(response.failures()), ["2 NotStarted", "3 Behind"]);
        assert_eq!(shop.runs(), ["1"]);
    }

    #[test]
    fn that_is_not_left_for_a_second_call_is_no_execution_elsewhere() {
        for fails in [0, 1] {
            let shop = Shop::new();
            shop.fail("A-1", fails);
            shop.close("A-1");
            let batch = (1..=3).map(|number| message(&format!("m-{number}"), "A-1"));
            let batch = LambdaEvent::new(event(batch).payload, shop.context(TIMEOUT));
            let mut handled = Box::pin(shop.run(Settings::new(), batch));
            assert!(poll(&mut handled).is_pending());
            shop.clock.advance(TIMEOUT);
            shop.open("A-1");
            let response = now(handled).unwrap();
            let told = ["m-1 Failed(..)", "m-2 NotStarted", "m-3 NotStarted"];
            let skipped = usize::try_from(1 - fails).unwrap();
            assert_eq!(reasons(response.failures()), told[skipped..]);
        }
    }

    /// A batch in an invocation of ten seconds, of which A-1 hangs.
    fn hanging(
        shop: &Shop,
        settings: Settings,
        records: impl IntoIterator<Item = Value>,
    ) -> support::Manual<'_, Result<Response<Failed>, batch::Error<Failed>>> {
        shop.close("A-1");
        let batch = LambdaEvent::new(event(records).payload, shop.context(TIMEOUT));
        let mut handled: support::Manual<'_, _> = Box::pin(shop.run(settings, batch));
        assert!(poll(&mut handled).is_pending());
        handled
    }

    #[test]
    fn that_runs_out_leaves_a_record_that_hangs_unfinished_and_the_others_done() {
        let shop = Shop::new();
        let orders = ["A-1", "A-2", "A-3"];
        let mut handled = hanging(
            &shop,
            Settings::new(),
            orders.map(|order| message(order, order)),
        );
        shop.clock.advance(Duration::from_millis(9_499));
        assert!(poll(&mut handled).is_pending());
        shop.clock.advance(Duration::from_millis(1));
        let response = now(handled).unwrap();
        assert_eq!(reasons(response.failures()), ["A-1 Unfinished"]);
        assert!(response.failures()[0].reason().error().is_none());
        assert_eq!(shop.runs(), orders);

        // Its claim is left to its lease.
        let again = shop.handle([message("A-1", "A-1")]).unwrap();
        let left = Duration::from_millis(500);
        let lease = (left + GRACE + MARGIN).as_secs() + 1;
        assert_eq!(again.failures()[0].retry_after(), Some(secs(lease)));
    }

    #[test]
    fn that_runs_out_is_what_the_settings_reserve() {
        let shop = Shop::new();
        let settings = Settings::new()
            .reserve(secs(3))
            .min_remaining(Duration::ZERO);
        let mut handled = hanging(&shop, settings, [put("1", "A-1"), put("2", "A-2")]);
        shop.clock.advance(Duration::from_millis(6_999));
        assert!(poll(&mut handled).is_pending());
        shop.clock.advance(Duration::from_millis(1));
        let response = now(handled).unwrap();
        assert_eq!(reasons(response.failures()), ["1 Unfinished", "2 Behind"]);

        let late = event([message("m-1", "B-1")]);
        let late = LambdaEvent::new(late.payload, shop.context(secs(3)));
        let response = now(shop.run(settings, late)).unwrap();
        assert_eq!(reasons(response.failures()), ["m-1 NotStarted"]);
    }

    #[test]
    fn that_runs_out_leaves_what_waits_or_has_no_room_not_started() {
        for second in ["A-1", "A-2"] {
            let shop = Shop::new();
            // Where the second is another order, there is no room for it.
            let limit = if second == "A-1" { 2 } else { 1 };
            let settings = Settings::new().concurrency(limit);
            let records = [("m-1", "A-1"), ("m-2", second)].map(|(id, order)| message(id, order));
            let handled = hanging(&shop, settings, records);
            shop.clock.advance(TIMEOUT);
            let response = now(handled).unwrap();
            assert_eq!(
                reasons(response.failures()),
                ["m-1 Unfinished", "m-2 NotStarted"]
            );
        }
    }

    #[test]
    fn that_runs_out_while_all_end_leaves_nothing_unfinished() {
        let shop = Shop::new();
        let orders: Vec<_> = (1..=100).map(|number| format!("A-{number}")).collect();
        for order in &orders {
            shop.close(order);
        }
        let batch = orders.iter().map(|order| message(order, order));
        let settings = Settings::new().concurrency(100);
        let handled = hanging(&shop, settings, batch);
        shop.clock.advance(TIMEOUT);
        for order in &orders {
            shop.open(order);
        }
        assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
        assert_eq!(shop.results().len(), 100);
    }

    #[test]
    fn is_not_short_where_no_deadline_is_known() {
        let shop = Shop::new();
        shop.takes(Duration::from_mins(1));
        let batch = (1..=30).map(|number| message(&number.to_string(), &number.to_string()));
        assert_eq!(reported(&shop.handle(batch).unwrap()), [""; 0]);
        assert_eq!(shop.runs().len(), 30);
    }
}

mod whole {
    use super::*;

    #[test]
    fn events_fail_where_their_source_takes_no_response() {
        let shop = Shop::new();
        shop.fail("A-2", 1);
        let object = |order: &str| {
            let object = json!({ "object": { "key": order, "sequencer": order } });
            json!({ "eventSource": "aws:s3", "s3": object, "body": order })
        };
        for record in [notification, object] {
            let batch = ["A-1", "A-2", "A-3"].map(record);
            if let Err(error) = shop.handle(batch.clone()) {
                assert!(error.is_whole() && !error.is_no_batch());
                assert_eq!(error.failures().len(), 1);
                let said = error.to_string();
                assert!(said.starts_with("1 of 3 records failed, "), "{said}");
            } else {
                // The second delivery: what is done replays.
                assert_eq!(shop.runs(), ["A-1", "A-2", "A-3", "A-2"]);
            }
        }
        assert_eq!(shop.runs(), ["A-1", "A-2", "A-3", "A-2"]);
    }

    #[test]
    fn batches_fail_where_a_failed_record_has_no_identifier() {
        let shop = Shop::new();
        for nameless in [
            json!(1),
            json!({ "body": "" }),
            json!({ "eventSource": "aws:sqs", "body": "" }),
            json!({ "eventSource": "aws:sqs", "body": "", "messageId": "" }),
            json!({ "eventSource": "aws:kinesis", "body": "" }),
        ] {
            let error = shop.handle([message("m-1", "A-1"), nameless]).unwrap_err();
            assert!(error.is_whole());
            assert_eq!(reasons(error.failures()), [" Failed(..)"]);
        }
        let done = json!({ "eventSource": "aws:sqs", "body": "A-2" });
        assert_eq!(reported(&shop.handle([done]).unwrap()), [""; 0]);
    }
}

#[test]
fn without_a_runtime_each_record_says_so() {
    let handle = async |_: LambdaEvent<Value>| Idempotency::current().map(drop);
    let response = now(batch::run(event([message("m-1", "A-1")]), handle)).unwrap();
    let error = response.failures()[0].reason().error().unwrap();
    assert!(error.is_not_configured());
}

#[test]
fn a_response_is_read_from_the_json_that_it_writes() {
    let json = r#"{"batchItemFailures":[{"itemIdentifier":"m-1"}]}"#;
    let response: Response = serde_json::from_str(json).unwrap();
    assert_eq!(reasons(response.failures()), ["m-1 Untold"]);
    assert_eq!(serde_json::to_string(&response).unwrap(), json);
}

#[test]
fn typed_events_have_the_records_of_their_json() {
    use aws_lambda_events::{dynamodb, kinesis, s3, sns, sqs};

    /// What is told of these records, all of which fail.
    fn failed<B: batch::Batch>(payload: B) -> Vec<String> {
        let shop = Shop::new();
        let event = LambdaEvent::new(payload, Context::default());
        let fail = async |_| Err::<(), _>(Failed::Told);
        match now(shop.runtime.scope(batch::run(event, fail))) {
            Ok(response) => reasons(response.failures()),
            Err(error) => reasons(error.failures()),
        }
    }

    macro_rules! same {
        ($($event:ty: $source:literal,)*) => {
            $(
                let payload = records($source);
                let typed: $event = serde_json::from_value(payload.clone()).unwrap();
                let told = failed(typed);
                assert_eq!(told.len(), 2, $source);
                assert_eq!(told, failed(payload), $source);
            )*
        };
    }
    same! {
        dynamodb::Event: "dynamodb",
        kinesis::KinesisEvent: "kinesis",
        s3::S3Event: "s3",
        sns::SnsEvent: "sns",
        sqs::SqsEvent: "sqs",
    }
    let is_in_order = |source| failed(records(source))[1].ends_with("Behind");
    assert_eq!(
        ["sqs", "kinesis", "dynamodb"].map(is_in_order),
        [false, true, true]
    );
}
