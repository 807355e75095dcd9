//! Guarded handlers behind the real Lambda runtime, over the protocol that it speaks in production.
//!
//! Time is the function's own and stands still until a test moves it; nothing here waits for a clock.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "lambda/batch.rs"]
mod batch;
#[path = "lambda/event.rs"]
mod event;
#[path = "lambda/function.rs"]
mod function;
#[path = "../examples/orders/platform.rs"]
mod platform;
#[path = "lambda/process.rs"]
mod process;
#[path = "lambda/queue.rs"]
mod queue;
#[path = "lambda/records.rs"]
mod records;
#[path = "lambda/verdicts.rs"]
mod verdicts;

use std::time::Duration;

use event::{Order, Receipt, Run, Tally};
use function::{GUARDED, START, WITHOUT_RUNTIME};
use platform::Invocation;
use process::{DEADLINE, Failure, Function, Pending, invocation};
use serde_json::json;

const KILL_GRACE: Duration = Duration::from_secs(1);
const MARGIN: Duration = Duration::from_secs(2);
const MILLISECOND: Duration = Duration::from_millis(1);

/// From the start until nobody can still be at work under [`DEADLINE`].
const LEASE: Duration = Duration::from_millis(DEADLINE.0 - START.0).saturating_add(KILL_GRACE);

/// What a platform sends that knows no deadlines.
const NO_DEADLINE_MS: u64 = 600_000;

#[tokio::test]
async fn an_asynchronous_retry_replays_the_response_byte_for_byte() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::new("A-1");

    let first = function.invoke(invocation("r-1", &order)).response().await;
    let retry = function.invoke(invocation("r-1", &order)).response().await;

    assert_eq!(retry, first);
    assert_eq!(receipt(&first).run, 1);
    assert_eq!(function.tally("A-1").await, tally(1, 1));
}

#[tokio::test]
async fn a_client_retry_replays_the_response_byte_for_byte() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::new("Ä-1 ☂");

    let first = function.invoke(invocation("r-1", &order)).response().await;
    let retry = function.invoke(invocation("r-2", &order)).response().await;

    assert_eq!(retry, first);
    assert_eq!(receipt(&retry).request_id, "r-1");
    assert_eq!(function.tally("Ä-1 ☂").await, tally(1, 1));
}

#[tokio::test]
async fn duplicates_are_busy_while_the_first_runs_and_replay_it_afterwards() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::with_runs("A-1", [Run::Wait]);

    let first = function.begin(invocation("r-1", &order), "A-1").await;
    for request_id in ["r-1", "r-2"] {
        let busy = function
            .invoke(invocation(request_id, &order))
            .error()
            .await;
        assert_eq!(busy.error_type, "InProgress");
        assert_ends(&busy, "already in progress; retry after 33000 ms");
    }
    function.open("A-1").await;
    let first = first.response().await;
    let third = function.invoke(invocation("r-3", &order)).response().await;

    assert_eq!(receipt(&first).request_id, "r-1");
    assert_eq!(third, first);
    assert_eq!(function.tally("A-1").await, tally(1, 1));
}

#[tokio::test]
async fn a_handler_past_its_deadline_is_stopped_and_taken_over() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::with_runs("A-1", [Run::Wait]);
    let retry = || Invocation {
        deadline_ms: DEADLINE.0 + 60_000,
        ..invocation("r-1", &order)
    };

    let first = function.begin(invocation("r-1", &order), "A-1").await;
    function.advance(LEASE).await;
    let stopped = first.error().await;
    assert_eq!(stopped.error_type, "LeaseLost");
    assert_ends(&stopped, "the outcome is unknown; retry to learn it");

    function.advance(MARGIN.saturating_sub(MILLISECOND)).await;
    let early = function.invoke(retry()).error().await;
    assert_eq!(early.error_type, "InProgress");
    assert_ends(&early, "retry after 1 ms");

    function.advance(MILLISECOND).await;
    let second = function.invoke(retry()).response().await;
    assert_eq!(receipt(&second).run, 2);

    // Nobody is left behind the door.
    function.open("A-1").await;
    assert_eq!(function.tally("A-1").await, tally(2, 1));
    assert_eq!(function.invoke(retry()).response().await, second);
}

#[tokio::test]
async fn a_panic_reaches_the_caller_and_lets_the_retry_run() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::with_runs("A-1", [Run::Panic]);

    let panicked = function.invoke(invocation("r-1", &order)).error().await;
    let retry = function.invoke(invocation("r-1", &order)).response().await;
    let third = function.invoke(invocation("r-1", &order)).response().await;

    assert_ends(&panicked, "told to panic");
    assert_eq!(receipt(&retry).run, 2);
    assert_eq!(third, retry);
    assert_eq!(function.tally("A-1").await, tally(2, 2));
}

#[tokio::test]
async fn an_error_reaches_the_caller_and_lets_the_retry_run() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::with_runs("A-1", [Run::Fail]);

    let failed = function.invoke(invocation("r-1", &order)).error().await;
    let retry = function.invoke(invocation("r-1", &order)).response().await;
    let third = function.invoke(invocation("r-1", &order)).response().await;

    assert_eq!(
        (&*failed.error_type, &*failed.error_message),
        ("Told", "told to fail")
    );
    assert_eq!(receipt(&retry).run, 2);
    assert_eq!(third, retry);
    assert_eq!(function.tally("A-1").await, tally(2, 2));
}

#[tokio::test]
async fn an_event_without_a_key_is_refused_and_nothing_runs() {
    let function = Function::start(GUARDED, 4).await;

    for (payload, part) in [
        (json!({}), "null"),
        (json!({ "orderId": null }), "null"),
        (json!({ "orderId": "" }), "an empty string"),
    ] {
        let refused = function.invoke(invocation("r-1", &payload)).error().await;
        assert_eq!(refused.error_type, "MissingKey");
        let message = format!("the event has no idempotency key: key `$.orderId`: {part}");
        assert_eq!(refused.error_message, message);
    }
    assert_eq!(function.tally("").await, tally(0, 0));
}

#[tokio::test]
async fn a_payload_of_another_shape_is_the_runtimes_error_and_nothing_runs() {
    let function = Function::start(GUARDED, 4).await;

    let payload = json!({ "orderId": "A-1", "runs": "none" });
    let refused = function.invoke(invocation("r-1", &payload)).error().await;

    assert!(
        refused.error_type.contains("DeserializeError"),
        "{refused:?}"
    );
    assert_eq!(function.tally("A-1").await, tally(0, 0));
}

#[tokio::test]
async fn tenants_do_not_share_records() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::new("A-1");
    let of = |tenant: Option<&str>, request_id| Invocation {
        tenant_id: tenant.map(str::to_owned),
        ..invocation(request_id, &order)
    };

    for (runs, tenant) in [None, Some("t-1"), Some("t-2")].into_iter().enumerate() {
        let first = function.invoke(of(tenant, "r-1")).response().await;
        let retry = function.invoke(of(tenant, "r-2")).response().await;
        assert_eq!(receipt(&first).run, runs + 1);
        assert_eq!(retry, first);
    }
    assert_eq!(function.tally("A-1").await, tally(3, 3));
}

#[tokio::test]
async fn a_deadline_before_the_process_began_counts_as_unknown() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::with_runs("A-1", [Run::Wait]);
    let with_no_deadline = |request_id| Invocation {
        deadline_ms: NO_DEADLINE_MS,
        ..invocation(request_id, &order)
    };

    let first = function.begin(with_no_deadline("r-1"), "A-1").await;
    let busy = function.invoke(with_no_deadline("r-2")).error().await;
    function.open("A-1").await;
    let first = first.response().await;
    let third = function.invoke(with_no_deadline("r-3")).response().await;

    assert_eq!(busy.error_type, "InProgress");
    assert_ends(&busy, "retry after 62000 ms");
    assert_eq!(third, first);
    assert_eq!(function.tally("A-1").await, tally(1, 1));
    let warnings = function.end().await.matches("counts as unknown").count();
    assert_eq!(warnings, 1);
}

#[tokio::test]
async fn a_missing_runtime_is_an_error_that_shows_the_line_to_write() {
    let function = Function::start(WITHOUT_RUNTIME, 4).await;

    let refused = function
        .invoke(invocation("r-1", &Order::new("A-1")))
        .error()
        .await;

    assert_eq!(refused.error_type, "NotConfigured");
    assert_ends(
        &refused,
        "write `Idempotency::new(store).install()?` at the start of `main`",
    );
    assert_eq!(function.tally("A-1").await, tally(0, 0));
}

#[tokio::test]
async fn a_result_that_is_no_json_ends_a_sequential_process_without_an_answer() {
    let function = Function::start(GUARDED, 1).await;
    let order = Order::with_runs("A-1", [Run::Unstorable]);

    function
        .invoke(invocation("r-1", &order))
        .unanswered()
        .await;
}

#[tokio::test]
async fn duplicates_of_a_result_that_is_no_json_are_told_that_it_is_done() {
    let function = Function::start(GUARDED, 4).await;
    let order = Order::with_runs("A-1", [Run::Unstorable]);

    // The runtime gives up the one of its pollers that ran it; nobody is answered.
    let first = function.invoke(invocation("r-1", &order));
    assert_eq!(function.ended("r-1", 1).await.outcome, "ran");
    for request_id in ["r-1", "r-2"] {
        let refused = function
            .invoke(invocation(request_id, &order))
            .error()
            .await;
        assert_eq!(refused.error_type, "DoneWithoutResult");
        assert_ends(&refused, "already done, but the result could not be stored");
    }

    assert_eq!(function.tally("A-1").await, tally(1, 1));
    function.end().await;
    first.unanswered().await;
}

#[tokio::test]
async fn many_invocations_run_at_once_and_keep_their_results_apart() {
    const AT_ONCE: usize = 64;
    let function = Function::start(GUARDED, AT_ONCE).await;
    let order_ids: Vec<_> = (1..=AT_ONCE).map(|number| format!("A-{number}")).collect();
    // Each waits for all others, so that the answers of any are the proof that all ran at once.
    let invoke_all = |attempt: &str| -> Vec<Pending> {
        let invoke = |order_id: &String| {
            let order = Order::with_runs(order_id, [Run::Meet(AT_ONCE)]);
            function.invoke(invocation(&format!("{attempt}-{order_id}"), &order))
        };
        order_ids.iter().map(invoke).collect()
    };

    let mut first = Vec::new();
    for (pending, order_id) in invoke_all("first").into_iter().zip(&order_ids) {
        let response = pending.response().await;
        let receipt = receipt(&response);
        assert_eq!(receipt.order_id, *order_id);
        assert_eq!(receipt.request_id, format!("first-{order_id}"));
        assert_eq!(receipt.run, 1);
        first.push(response);
    }
    for (pending, first) in invoke_all("second").into_iter().zip(first) {
        assert_eq!(pending.response().await, first);
    }
}

#[tokio::test]
async fn neither_key_nor_payload_is_logged_or_in_an_error_of_the_guard() {
    const SECRET: &str = "4111-1111-1111-1111";
    let function = Function::start(GUARDED, 4).await;
    let order = |request_id, name, run| {
        let order = Order {
            card: SECRET.to_owned(),
            ..Order::with_runs(&format!("{name} {SECRET}"), [run])
        };
        invocation(request_id, &order)
    };
    let plain = || function.invoke(order("r-1", "plain", Run::Return));
    let failing = function.invoke(order("r-2", "failing", Run::Fail));
    let panicking = function.invoke(order("r-3", "panicking", Run::Panic));
    let unstorable = || function.invoke(order("r-4", "unstorable", Run::Unstorable));
    let waiting = || order("r-5", "waiting", Run::Wait);
    let without_key = invocation("r-6", &json!({ "card": SECRET }));

    plain().response().await;
    plain().response().await;
    let mut errors = vec![failing.error().await, panicking.error().await];
    let unanswered = unstorable();
    assert_eq!(function.ended("r-4", 1).await.outcome, "ran");
    errors.push(unstorable().error().await);
    let stopped = function
        .begin(waiting(), &format!("waiting {SECRET}"))
        .await;
    errors.push(function.invoke(waiting()).error().await);
    function.advance(LEASE).await;
    errors.push(stopped.error().await);
    errors.push(function.invoke(without_key).error().await);
    let log = function.end().await;
    unanswered.unanswered().await;

    let kinds = errors.iter().skip(2).map(|error| &*error.error_type);
    assert!(
        kinds.eq(["DoneWithoutResult", "InProgress", "LeaseLost", "MissingKey"]),
        "{errors:?}"
    );
    for outcome in ["ran", "failed", "replayed", "busy", "refused"] {
        let field = format!(r#""outcome":"{outcome}""#);
        assert!(log.contains(&field), "{outcome}:\n{log}");
    }
    assert!(!log.contains(SECRET), "{log}");
    for error in errors {
        assert!(!error.error_message.contains(SECRET), "{error:?}");
    }
}

#[tokio::test]
async fn of_many_invocations_of_one_key_at_once_one_runs_and_the_others_are_busy_or_replay_it() {
    const AT_ONCE: usize = 64;
    // One more, for what the function itself is told.
    let function = Function::start(GUARDED, AT_ONCE + 1).await;
    let order = Order::with_runs("A-1", [Run::Wait]);
    let invoke = |number: usize| function.invoke(invocation(&format!("r-{number}"), &order));

    let first = function.begin(invocation("r-0", &order), "A-1").await;
    let others: Vec<_> = (1..AT_ONCE).map(invoke).collect();
    for other in others {
        assert_eq!(other.error().await.error_type, "InProgress");
    }
    function.open("A-1").await;
    let first = first.response().await;
    let again: Vec<_> = (0..AT_ONCE).map(invoke).collect();
    for again in again {
        assert_eq!(again.response().await, first);
    }
    assert_eq!(function.tally("A-1").await, tally(1, 1));
}

fn receipt(response: &str) -> Receipt {
    serde_json::from_str(response).unwrap()
}

fn tally(begun: usize, ended: usize) -> Tally {
    Tally { begun, ended }
}

#[track_caller]
fn assert_ends(failure: &Failure, end: &str) {
    assert!(failure.error_message.ends_with(end), "{failure:?}");
}
