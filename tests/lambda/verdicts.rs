//! Why a duplicate came, as the function logs it and its handler sees it, for every way in which one can come.
//!
//! Of three orders one duplicate each: the second comes in the minute of the first, the third in the next.

use std::time::Duration;

use idem_lambda::{SourceKind, Verdict};

use crate::event::{Order, Run};
use crate::function::{GUARDED, START};
use crate::platform::{Answer, Invocation};
use crate::process::{DEADLINE, Ended, Function, Pending, invocation};
use crate::{LEASE, MARGIN};

pub(crate) const ORDERS: [&str; 3] = ["A-1", "A-2", "A-3"];

const MINUTE: Duration = Duration::from_mins(1);
const TTL: Duration = Duration::from_hours(1);

/// How many invocations the function takes at once: one for each order that waits, and those by which it is told what to
/// do.
pub(crate) const CONCURRENCY: usize = 8;

/// What is told of a duplicate.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    pub(crate) handler: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) verdict: Verdict,
    /// What the advice is for.
    pub(crate) source: Option<SourceKind>,
}

/// Of a request that came by no event source.
fn told(outcome: &'static str, verdict: Verdict) -> Told {
    Told {
        handler: "shop/lambda::function::charge",
        outcome,
        verdict,
        source: None,
    }
}

/// The request that brings an order first.
pub(crate) fn first(order_id: &str) -> String {
    format!("first-{order_id}")
}

/// Another one.
pub(crate) fn second(order_id: &str) -> String {
    format!("second-{order_id}")
}

/// An invocation that may take as long as these tests last.
pub(crate) fn patient(invocation: Invocation) -> Invocation {
    Invocation {
        deadline_ms: START.after(Duration::from_hours(24)).0,
        ..invocation
    }
}

/// An order that is charged like that, run by run.
fn charge(request_id: &str, order_id: &str, runs: &[Run]) -> Invocation {
    let order = Order {
        runs: runs.to_vec(),
        ..Order::new(order_id)
    };
    patient(invocation(request_id, &order))
}

/// Lets attempts run into their timeout, which leaves their records in progress until lease and margin are over.
pub(crate) async fn time_out(function: &Function, invocation: impl Fn(&str) -> Invocation) {
    let mut attempts: Vec<Pending> = Vec::new();
    for order_id in ORDERS {
        let mortal = Invocation {
            deadline_ms: DEADLINE.0,
            ..invocation(order_id)
        };
        attempts.push(function.begin(mortal, order_id).await);
    }
    function.advance(LEASE).await;
    for attempt in attempts {
        assert_eq!(attempt.error().await.error_type, "LeaseLost");
    }
    function.advance(MARGIN).await;
}

/// Delivers a duplicate of each order, and wants the same told of each, with advice once a minute.
pub(crate) async fn are_told(
    function: &Function,
    expected: Told,
    duplicate: impl Fn(&str) -> Invocation,
) {
    for (number, order_id) in ORDERS.into_iter().enumerate() {
        let is_advised = number != 1;
        if number == 2 {
            function.advance(MINUTE).await;
        }
        let (invocation, first) = (duplicate(order_id), first(order_id));
        let request_id = invocation.request_id.clone();
        let answer = function.invoke(invocation).answer().await;

        let same = usize::from(request_id == first);
        let ended = function.ended(&request_id, 1 + same).await;
        // Where the first still runs, it may go on.
        function.open(order_id).await;
        let record = function.ended(&first, 1).await.record;
        assert!(record.is_some());
        let advice = expected.verdict.advice(expected.source);
        assert_eq!(
            ended,
            Ended {
                handler: expected.handler.to_owned(),
                record,
                request_id,
                outcome: expected.outcome.to_owned(),
                reason: ended.reason.clone(),
                verdict: Some(expected.verdict.to_string()),
                first_request_id: Some(first),
                advice: is_advised.then(|| advice.to_owned()),
            }
        );
        if expected.outcome == "ran" {
            assert_eq!(seen(&answer), expected.verdict.as_str());
        }
    }
}

/// Why its event came, as the handler saw it.
fn seen(answer: &Answer) -> String {
    let Answer::Response(response) = answer else {
        panic!("the handler should have returned");
    };
    let response: serde_json::Value = serde_json::from_str(response).unwrap();
    // Of a batch there is an answer for each message.
    let receipt = response.get(0).unwrap_or(&response);
    receipt["verdict"].as_str().unwrap_or("none").to_owned()
}

#[tokio::test]
async fn a_first_delivery_has_no_verdict() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    let answer = function.invoke(charge("r-1", "A-1", &[])).answer().await;
    assert_eq!(seen(&answer), "none");
    let ended = function.ended("r-1", 1).await;
    let told = (ended.verdict, ended.first_request_id, ended.advice);
    assert_eq!(told, (None, None, None));
}

#[tokio::test]
async fn lambda_tries_again_what_has_failed() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    let delivery = |order_id: &str| charge(&first(order_id), order_id, &[Run::Fail]);
    for order_id in ORDERS {
        function.invoke(delivery(order_id)).error().await;
    }
    are_told(&function, told("ran", Verdict::LambdaRetry), delivery).await;
}

#[tokio::test]
async fn lambda_tries_again_what_has_timed_out() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    let delivery = |order_id: &str| charge(&first(order_id), order_id, &[Run::Wait]);
    time_out(&function, delivery).await;
    are_told(&function, told("ran", Verdict::LambdaRetry), delivery).await;
}

#[tokio::test]
async fn the_queue_of_asynchronous_events_delivers_again_what_is_done() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    let delivery = |order_id: &str| charge(&first(order_id), order_id, &[]);
    for order_id in ORDERS {
        function.invoke(delivery(order_id)).response().await;
    }
    are_told(
        &function,
        told("replayed", Verdict::QueueDuplicate),
        delivery,
    )
    .await;
}

#[tokio::test]
async fn a_client_sends_again_what_is_done() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    for order_id in ORDERS {
        let delivery = charge(&first(order_id), order_id, &[]);
        function.invoke(delivery).response().await;
    }
    are_told(
        &function,
        told("replayed", Verdict::ClientRetry),
        |order_id| charge(&second(order_id), order_id, &[]),
    )
    .await;
}

#[tokio::test]
async fn a_client_sends_again_what_has_failed() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    for order_id in ORDERS {
        let delivery = charge(&first(order_id), order_id, &[Run::Fail]);
        function.invoke(delivery).error().await;
    }
    are_told(&function, told("ran", Verdict::ClientRetry), |order_id| {
        charge(&second(order_id), order_id, &[Run::Fail])
    })
    .await;
}

#[tokio::test]
async fn a_client_uses_a_key_again_for_something_else() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    for order_id in ORDERS {
        let delivery = charge(&first(order_id), order_id, &[]);
        function.invoke(delivery).response().await;
    }
    are_told(&function, told("refused", Verdict::KeyReuse), |order_id| {
        let order = Order {
            card: "another".to_owned(),
            ..Order::new(order_id)
        };
        patient(invocation(&second(order_id), &order))
    })
    .await;
    let reason = function.ended(&second("A-1"), 1).await.reason.unwrap();
    assert!(reason.contains("$.card"), "{reason}");
}

#[tokio::test]
async fn a_duplicate_comes_while_the_first_is_at_work() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    for order_id in ORDERS {
        let delivery = charge(&first(order_id), order_id, &[Run::Wait]);
        function.begin(delivery, order_id).await;
    }
    are_told(&function, told("busy", Verdict::Concurrent), |order_id| {
        charge(&second(order_id), order_id, &[Run::Wait])
    })
    .await;
}

#[tokio::test]
async fn an_execution_disappeared_and_nobody_retries_its_invocation() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    let delivery = |request_id: &str, order_id: &str| charge(request_id, order_id, &[Run::Wait]);
    time_out(&function, |order_id| delivery(&first(order_id), order_id)).await;
    are_told(&function, told("ran", Verdict::Abandoned), |order_id| {
        delivery(&second(order_id), order_id)
    })
    .await;
}

#[tokio::test]
async fn a_duplicate_comes_after_the_ttl() {
    let function = Function::start(GUARDED, CONCURRENCY).await;
    let delivery = |request_id: &str, order_id: &str| charge(request_id, order_id, &[]);
    for order_id in ORDERS {
        let first = delivery(&first(order_id), order_id);
        function.invoke(first).response().await;
    }
    function.advance(TTL).await;
    are_told(&function, told("ran", Verdict::LateArrival), |order_id| {
        delivery(&second(order_id), order_id)
    })
    .await;
}
