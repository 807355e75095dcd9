//! What each policy of a handler does where its call goes wrong.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use idem_lambda::clock::{ManualClock, UnixMillis};
use idem_lambda::policy::OnError;
use idem_lambda::record::Status;
use idem_lambda::store::Memory;
use idem_lambda::{Error, Execution, Idempotency, Reconciliation, idempotent};
use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};

use crate::{Order, Runs, event, order, runtime};

/// The default lease and the margin.
const ABANDONED: Duration = Duration::from_secs(62);

/// A runtime, and the clock that it looks at.
fn timed() -> (Idempotency, ManualClock) {
    let clock = ManualClock::at(UnixMillis(1_800_000_000_000));
    let runtime = Idempotency::builder(Memory::new()).clock(clock.clone());
    (runtime.build(), clock)
}

/// A runtime whose store takes no record.
fn down() -> Idempotency {
    Idempotency::new(Memory::builder().capacity(0).build())
}

fn poll<F: Future>(call: Pin<&mut F>) -> Poll<F::Output> {
    call.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls once, and drops what is not done: a crash in the middle of the handler.
fn crash(call: impl Future) {
    assert!(poll(pin!(call)).is_pending());
}

/// An error of which one variant is final.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Declined {
    Card {
        run: u32,
    },
    #[serde(skip)]
    Outage,
    #[serde(skip)]
    Guard(String),
}

impl From<Error> for Declined {
    fn from(error: Error) -> Self {
        Self::Guard(error.to_string())
    }
}

#[idempotent(key = "$.orderId", ttl = "1h", on_error = remember)]
async fn remembers(order: Order, runs: &Runs) -> Result<u32, Declined> {
    let run = runs.note();
    match &*order.order_id {
        "declined" => Err(Declined::Card { run }),
        "outage" if run == 1 => Err(Declined::Outage),
        _ => Ok(run),
    }
}

#[tokio::test]
async fn a_remembered_error_is_replayed() {
    let runs = Runs::default();
    let calls = async {
        for _ in 0..2 {
            let error = remembers(order("declined"), &runs).await.unwrap_err();
            assert_eq!(error, Declined::Card { run: 1 });
        }
    };
    runtime().scope(calls).await;
}

#[tokio::test]
async fn an_error_that_serde_skips_is_not_remembered() {
    let runs = Runs::default();
    let calls = async {
        let error = remembers(order("outage"), &runs).await.unwrap_err();
        assert_eq!(error, Declined::Outage);
        assert_eq!(remembers(order("outage"), &runs).await.unwrap(), 2);
    };
    runtime().scope(calls).await;
}

#[idempotent(key = "$.orderId", ttl = "1h", on_error = hold)]
async fn holds(order: Order, runs: &Runs) -> Result<u32, lambda_runtime::Error> {
    Err(format!("{} of run {}", order.order_id, runs.note()).into())
}

#[tokio::test]
async fn a_held_error_refuses_every_later_call() {
    let runs = Runs::default();
    let calls = async {
        let error = holds(order("A-1"), &runs).await.unwrap_err();
        assert_eq!(error.to_string(), "A-1 of run 1");
        let error = holds(order("A-1"), &runs).await.unwrap_err();
        assert!(error.downcast_ref::<Error>().unwrap().is_held(), "{error}");
    };
    runtime().scope(calls).await;
}

#[idempotent(key = "$.orderId", ttl = "1h", on_error = release)]
async fn releases(order: Order, runs: &Runs) -> Result<u32, lambda_runtime::Error> {
    match runs.note() {
        1 => Err(order.order_id.into()),
        run => Ok(run),
    }
}

#[tokio::test]
async fn the_policy_of_a_handler_goes_before_that_of_its_runtime() {
    let runtime = Idempotency::builder(Memory::new())
        .on_error(OnError::Hold)
        .build();
    let runs = Runs::default();
    let calls = async {
        releases(order("A-1"), &runs).await.unwrap_err();
        assert_eq!(releases(order("A-1"), &runs).await.unwrap(), 2);
    };
    runtime.scope(calls).await;
}

/// Never ends in its first run.
async fn run_or_hang(runs: &Runs) -> u32 {
    match runs.note() {
        1 => pending().await,
        run => run,
    }
}

#[idempotent(key = "$.orderId", ttl = "1h", on_abandoned = hold)]
async fn held_if_abandoned(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(run_or_hang(runs).await)
}

#[tokio::test]
async fn an_abandoned_record_is_held_where_the_handler_says_so() {
    let (runtime, clock) = timed();
    let runs = Runs::default();
    crash(runtime.scope(held_if_abandoned(order("A-1"), &runs)));
    clock.advance(ABANDONED);
    let call = runtime.scope(held_if_abandoned(order("A-1"), &runs));
    assert!(call.await.unwrap_err().is_held());
    assert_eq!(runs.note(), 2);
}

#[idempotent(key = "$.orderId", ttl = "1h", on_abandoned = retry)]
async fn retried_if_abandoned(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(run_or_hang(runs).await)
}

#[tokio::test]
async fn an_abandoned_record_is_taken_over_where_the_handler_says_so() {
    let (runtime, clock) = timed();
    let runs = Runs::default();
    crash(runtime.scope(retried_if_abandoned(order("A-1"), &runs)));
    let early = runtime.scope(retried_if_abandoned(order("A-1"), &runs));
    assert!(early.await.unwrap_err().is_in_progress());
    clock.advance(ABANDONED);
    let call = runtime.scope(retried_if_abandoned(order("A-1"), &runs));
    assert_eq!(call.await.unwrap(), 2);
}

/// Knows what became of an order by its id.
async fn ask(
    event: &LambdaEvent<Order>,
    execution: &Execution,
) -> Result<Reconciliation<u32>, Error> {
    tokio::task::yield_now().await;
    assert_eq!(execution.attempt(), 2);
    assert_eq!(execution.previous().unwrap().status, Status::InProgress);
    Ok(match &*event.payload.order_id {
        "done" => Reconciliation::Completed(100),
        "never" => Reconciliation::NeverHappened,
        _ => Reconciliation::Unknown,
    })
}

#[idempotent(key = "$.orderId", ttl = "1h", on_abandoned = reconcile(ask))]
async fn asks(
    LambdaEvent { payload, .. }: LambdaEvent<Order>,
    runs: &Runs,
    #[execution] execution: Execution,
) -> Result<u32, Error> {
    drop(payload);
    let run = run_or_hang(runs).await;
    assert_eq!(execution.attempt(), run);
    Ok(run)
}

#[tokio::test]
async fn the_question_decides_what_becomes_of_an_abandoned_record() {
    for (id, result, run) in [
        ("done", Ok(100), 2),
        ("never", Ok(2), 3),
        ("unknown", Err(true), 2),
    ] {
        let (runtime, clock) = timed();
        let runs = Runs::default();
        crash(runtime.scope(asks(event(id), &runs)));
        clock.advance(ABANDONED);
        for _ in 0..2 {
            let call = runtime.scope(asks(event(id), &runs)).await;
            assert_eq!(call.map_err(|error| error.is_held()), result, "{id}");
        }
        assert_eq!(runs.note(), run, "{id}");
    }
}

#[tokio::test]
async fn a_first_run_and_a_replay_ask_nothing() {
    let runs = Runs::default();
    let calls = async {
        for _ in 0..2 {
            assert_eq!(never_asks(order("A-1"), &runs).await.unwrap(), 1);
        }
    };
    runtime().scope(calls).await;
}

#[idempotent(key = "$.orderId", ttl = "1h", on_abandoned = reconcile(|_, _| async { panic!("asked") }))]
async fn never_asks(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(runs.note())
}

/// A service that knows what it did.
struct Shop {
    idempotency: Idempotency,
    runs: Runs,
    charged: u32,
}

impl Shop {
    async fn find(&self, id: &str) -> Result<u32, Declined> {
        tokio::task::yield_now().await;
        if id == "outage" {
            return Err(Declined::Outage);
        }
        Ok(self.charged)
    }

    async fn ask(order: &Order, _: &Execution) -> Result<Reconciliation<u32>, Error> {
        tokio::task::yield_now().await;
        Ok(Reconciliation::Completed(
            order.lines.len().try_into().unwrap(),
        ))
    }

    #[idempotent(
        key = "$.orderId",
        ttl = "1h",
        name = "policies/charge",
        runtime = self.idempotency,
        on_abandoned = reconcile(async |order: &Order, execution| {
            assert_eq!(execution.token("charge"), execution.token("charge"));
            let charged = self.find(&order.order_id).await?;
            Ok(Reconciliation::Completed(charged))
        })
    )]
    async fn charge(&self, order: Order) -> Result<u32, Declined> {
        drop(order);
        Ok(run_or_hang(&self.runs).await)
    }

    #[idempotent(
        key = "$.orderId",
        ttl = "1h",
        name = "policies/refund",
        runtime = self.idempotency,
        on_abandoned = reconcile(Self::ask)
    )]
    async fn refund(&self, order: &Order) -> Result<u32, Error> {
        assert!(!order.order_id.is_empty());
        Ok(run_or_hang(&self.runs).await)
    }
}

#[tokio::test]
async fn a_method_asks_by_a_closure_or_a_function_of_its_type() {
    for id in ["A-1", "outage"] {
        let (idempotency, clock) = timed();
        let shop = Shop {
            idempotency,
            runs: Runs::default(),
            charged: 7,
        };
        crash(shop.charge(order(id)));
        clock.advance(ABANDONED);
        let expected = if id == "outage" {
            Err(Declined::Outage)
        } else {
            Ok(7)
        };
        assert_eq!(shop.charge(order(id)).await, expected);
        assert_eq!(shop.runs.note(), 2);
    }
    let (idempotency, clock) = timed();
    let shop = Shop {
        idempotency,
        runs: Runs::default(),
        charged: 7,
    };
    crash(shop.refund(&order("A-1")));
    clock.advance(ABANDONED);
    assert_eq!(shop.refund(&order("A-1")).await.unwrap(), 2);
    assert_eq!(shop.runs.note(), 2);
}

/// Waits until it is opened, however often it is polled.
#[derive(Default)]
struct Gate(Cell<bool>);

impl Gate {
    async fn passed(&self) {
        poll_fn(|_| {
            if self.0.get() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn open(&self) {
        self.0.set(true);
    }
}

#[idempotent(key = "$.orderId", ttl = "1h", on_busy = wait("5s"))]
async fn waits(order: Order, runs: &Runs, gate: &Gate) -> Result<u32, Error> {
    gate.passed().await;
    assert!(!order.order_id.is_empty());
    Ok(runs.note())
}

#[tokio::test]
async fn a_call_waits_for_the_result_of_one_that_is_running() {
    let (runtime, _) = timed();
    let (runs, gate) = (Runs::default(), Gate::default());
    let mut first = pin!(runtime.scope(waits(order("A-1"), &runs, &gate)));
    let mut second = pin!(runtime.scope(waits(order("A-1"), &runs, &gate)));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    gate.open();
    assert_eq!(first.await.unwrap(), 1);
    assert_eq!(second.await.unwrap(), 1);
}

#[tokio::test]
async fn a_call_waits_no_longer_than_the_handler_says() {
    let (runtime, clock) = timed();
    let (runs, gate) = (Runs::default(), Gate::default());
    let mut first = pin!(runtime.scope(waits(order("A-1"), &runs, &gate)));
    let mut second = pin!(runtime.scope(waits(order("A-1"), &runs, &gate)));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    clock.advance(Duration::from_millis(4_999));
    assert!(poll(second.as_mut()).is_pending());
    clock.advance(Duration::from_millis(1));
    assert!(second.await.unwrap_err().is_in_progress());
}

#[idempotent(key = "$.orderId", ttl = "1h", on_overrun = run)]
async fn runs_on(order: Order, gate: &Gate) -> Result<usize, Error> {
    gate.passed().await;
    Ok(order.lines.len())
}

#[idempotent(key = "$.orderId", ttl = "1h", on_overrun = stop)]
async fn stops(order: Order, gate: &Gate) -> Result<usize, Error> {
    gate.passed().await;
    Ok(order.lines.len())
}

#[tokio::test]
async fn a_body_that_outruns_its_lease_runs_on_where_the_handler_says_so() {
    let (runtime, clock) = timed();
    let gate = Gate::default();
    let mut runs_on = pin!(runtime.scope(runs_on(order("A-1"), &gate)));
    let mut stops = pin!(runtime.scope(stops(order("A-1"), &gate)));
    assert!(poll(runs_on.as_mut()).is_pending());
    assert!(poll(stops.as_mut()).is_pending());
    clock.advance(ABANDONED);
    gate.open();
    assert_eq!(runs_on.await.unwrap(), 2);
    assert!(stops.await.unwrap_err().is_lease_lost());
}

#[idempotent(key = "$.orderId", ttl = "1h", on_missing_key = run)]
async fn runs_without_a_key(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(runs.note())
}

#[tokio::test]
async fn an_event_without_a_key_runs_every_time_where_the_handler_says_so() {
    let runs = Runs::default();
    let calls = async {
        for run in 1..=2 {
            assert_eq!(runs_without_a_key(order(""), &runs).await.unwrap(), run);
        }
        for _ in 0..2 {
            assert_eq!(runs_without_a_key(order("A-1"), &runs).await.unwrap(), 3);
        }
    };
    runtime().scope(calls).await;
}

#[idempotent(key = "$.orderId", ttl = "1h", on_store_failure = run)]
async fn runs_without_a_store(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(runs.note())
}

#[tokio::test]
async fn a_call_runs_without_its_store_where_the_handler_says_so() {
    let runs = Runs::default();
    let calls = async {
        for run in 1..=2 {
            assert_eq!(
                runs_without_a_store(order("A-1"), &runs).await.unwrap(),
                run
            );
        }
        // Any other handler does not.
        assert!(remembers(order("A-1"), &runs).await.is_err());
    };
    down().scope(calls).await;
    assert_eq!(runs.note(), 3);
}

#[idempotent(
    key = "$.orderId",
    ttl = "1h",
    lease = "30s",
    on_error = remember,
    on_abandoned = reconcile(|order, _| never_happened(order)),
    on_busy = wait("5s"),
    on_overrun = run,
    on_missing_key = run,
    on_store_failure = run
)]
async fn with_every_policy(order: Order, runs: &Runs) -> Result<u32, Declined> {
    let run = run_or_hang(runs).await;
    if order.order_id == "declined" {
        return Err(Declined::Card { run });
    }
    Ok(run)
}

async fn never_happened(order: &Order) -> Result<Reconciliation<u32>, Declined> {
    tokio::task::yield_now().await;
    assert!(!order.order_id.is_empty());
    Ok(Reconciliation::NeverHappened)
}

#[tokio::test]
async fn policies_do_not_get_in_each_others_way() {
    let (runtime, clock) = timed();
    let runs = Runs::default();
    crash(runtime.scope(with_every_policy(order("declined"), &runs)));
    clock.advance(ABANDONED);
    let calls = async {
        for _ in 0..2 {
            let error = with_every_policy(order("declined"), &runs)
                .await
                .unwrap_err();
            assert_eq!(error, Declined::Card { run: 2 });
        }
        assert_eq!(with_every_policy(order("A-1"), &runs).await.unwrap(), 3);
        assert_eq!(with_every_policy(order(""), &runs).await.unwrap(), 4);
    };
    runtime.scope(calls).await;
    let call = down().scope(with_every_policy(order("A-1"), &runs)).await;
    assert_eq!(call.unwrap(), 5);
}
