//! What annotated handlers do, on the embedded store.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "attribute/crashes.rs"]
mod crashes;
#[path = "attribute/keys.rs"]
mod keys;
#[path = "attribute/mismatch.rs"]
mod mismatch;
#[path = "attribute/policies.rs"]
mod policies;
#[path = "attribute/replayed.rs"]
mod replayed;

use std::borrow::Cow;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use idem_lambda::{Error, Idempotency, idempotent, store::Memory};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_field_names,
    reason = "the key of the tests is `$.orderId`"
)]
struct Order {
    order_id: String,
    customer: Option<String>,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Line {
    sku: String,
}

fn order(id: &str) -> Order {
    Order {
        order_id: id.to_owned(),
        customer: Some("c-1".to_owned()),
        lines: vec![
            Line {
                sku: "a".to_owned(),
            },
            Line {
                sku: "b".to_owned(),
            },
        ],
    }
}

fn runtime() -> Idempotency {
    Idempotency::new(Memory::new())
}

/// Counts runs.
#[derive(Clone, Debug, Default)]
struct Runs(Arc<AtomicU32>);

impl Runs {
    fn note(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[idempotent(key = "$.orderId", ttl = "1h")]
async fn charge(event: LambdaEvent<Order>, runs: Runs) -> Result<u32, lambda_runtime::Error> {
    assert!(!event.payload.order_id.is_empty());
    Ok(runs.note())
}

#[idempotent(key = "$.orderId", ttl = "1h")]
async fn refund(order: Order, runs: &Runs) -> Result<u32, Error> {
    assert!(!order.order_id.is_empty());
    Ok(runs.note())
}

fn event(id: &str) -> LambdaEvent<Order> {
    LambdaEvent::new(order(id), Context::default())
}

#[tokio::test]
async fn a_second_event_of_one_key_replays() {
    let runs = Runs::default();
    let calls = async {
        assert_eq!(charge(event("A-1"), runs.clone()).await.unwrap(), 1);
        assert_eq!(charge(event("A-1"), runs.clone()).await.unwrap(), 1);
        assert_eq!(charge(event("A-2"), runs.clone()).await.unwrap(), 2);
    };
    runtime().scope(calls).await;
}

#[tokio::test]
async fn two_handlers_of_one_payload_do_not_share_records() {
    let runs = Runs::default();
    let calls = async {
        assert_eq!(charge(event("A-1"), runs.clone()).await.unwrap(), 1);
        assert_eq!(refund(order("A-1"), &runs).await.unwrap(), 2);
        assert_eq!(refund(order("A-1"), &runs).await.unwrap(), 2);
    };
    runtime().scope(calls).await;
}

#[tokio::test]
async fn tenants_do_not_share_records() {
    let runs = Runs::default();
    let of_tenant = |tenant: &str| {
        let mut event = event("A-1");
        event.context.tenant_id = Some(tenant.to_owned());
        event
    };
    let calls = async {
        assert_eq!(charge(of_tenant("blue"), runs.clone()).await.unwrap(), 1);
        assert_eq!(charge(of_tenant("green"), runs.clone()).await.unwrap(), 2);
        assert_eq!(charge(of_tenant("blue"), runs.clone()).await.unwrap(), 1);
    };
    runtime().scope(calls).await;
}

#[tokio::test]
async fn an_event_without_a_key_is_refused_and_nothing_runs() {
    let runs = Runs::default();
    let error = runtime().scope(refund(order(""), &runs)).await.unwrap_err();
    assert!(error.is_missing_key());
    assert!(error.to_string().contains("$.orderId"), "{error}");
    assert_eq!(runs.note(), 1);
}

#[tokio::test]
async fn without_a_runtime_the_error_shows_the_line_to_write() {
    let error = refund(order("A-1"), &Runs::default()).await.unwrap_err();
    assert!(error.is_not_configured());
    assert!(
        error
            .to_string()
            .contains("Idempotency::new(store).install()?"),
        "{error}"
    );
}

#[tokio::test]
async fn a_disabled_runtime_runs_every_call() {
    let runs = Runs::default();
    let calls = async {
        assert_eq!(refund(order("A-1"), &runs).await.unwrap(), 1);
        assert_eq!(refund(order("A-1"), &runs).await.unwrap(), 2);
    };
    Idempotency::disabled().scope(calls).await;
}

#[tokio::test]
async fn scopes_side_by_side_do_not_share_records() {
    let runs = Runs::default();
    let (one, other) = (runtime(), runtime());
    assert_eq!(one.scope(refund(order("A-1"), &runs)).await.unwrap(), 1);
    assert_eq!(other.scope(refund(order("A-1"), &runs)).await.unwrap(), 2);
    assert_eq!(one.scope(refund(order("A-1"), &runs)).await.unwrap(), 1);
}

#[idempotent(key = ("$.orderId", "$.customer"), ttl = "1h")]
async fn of_order_and_customer(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(runs.note())
}

#[tokio::test]
async fn every_part_of_a_tuple_counts_and_is_required() {
    let runs = Runs::default();
    let of = |customer: Option<&str>| Order {
        customer: customer.map(str::to_owned),
        ..order("A-1")
    };
    let calls = async {
        assert_eq!(
            of_order_and_customer(of(Some("c-1")), &runs).await.unwrap(),
            1
        );
        assert_eq!(
            of_order_and_customer(of(Some("c-2")), &runs).await.unwrap(),
            2
        );
        assert_eq!(
            of_order_and_customer(of(Some("c-1")), &runs).await.unwrap(),
            1
        );
        assert!(
            of_order_and_customer(of(None), &runs)
                .await
                .unwrap_err()
                .is_missing_key()
        );
    };
    runtime().scope(calls).await;
}

#[idempotent(key = "$.lines[*].sku", ttl = "1h")]
async fn of_all_lines(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(runs.note())
}

#[tokio::test]
async fn a_general_path_takes_all_that_it_selects() {
    let runs = Runs::default();
    let calls = async {
        assert_eq!(of_all_lines(order("A-1"), &runs).await.unwrap(), 1);
        assert_eq!(
            of_all_lines(order("A-2"), &runs).await.unwrap(),
            1,
            "only the lines count"
        );
        let mut longer = order("A-1");
        longer.lines.push(Line {
            sku: "c".to_owned(),
        });
        assert_eq!(of_all_lines(longer, &runs).await.unwrap(), 2);
        let empty = Order {
            lines: Vec::new(),
            ..order("A-1")
        };
        assert!(
            of_all_lines(empty, &runs)
                .await
                .unwrap_err()
                .is_missing_key()
        );
    };
    runtime().scope(calls).await;
}

mod before {
    use super::{Error, Order, Runs, idempotent};

    #[idempotent(key = "$.orderId", ttl = "1h", name = "charge")]
    pub(crate) async fn charge(order: Order, runs: &Runs) -> Result<u32, Error> {
        drop(order);
        Ok(runs.note())
    }
}

mod after {
    use super::{Error, Order, Runs, idempotent};

    #[idempotent(key = "$.orderId", ttl = "1h", name = "charge")]
    pub(crate) async fn charge_card(order: Order, runs: &Runs) -> Result<u32, Error> {
        drop(order);
        Ok(runs.note())
    }
}

#[tokio::test]
async fn a_name_keeps_the_records_of_a_renamed_and_moved_function() {
    let runs = Runs::default();
    let calls = async {
        assert_eq!(before::charge(order("A-1"), &runs).await.unwrap(), 1);
        assert_eq!(after::charge_card(order("A-1"), &runs).await.unwrap(), 1);
    };
    runtime().scope(calls).await;
}

/// A function inside a function has the module path and, it may be, the name of one beside that.
fn nested() -> impl AsyncFn(Order, &Runs) -> Result<u32, Error> {
    #[idempotent(key = "$.orderId", ttl = "1h")]
    async fn refund(order: Order, runs: &Runs) -> Result<u32, Error> {
        drop(order);
        Ok(runs.note())
    }
    refund
}

struct Warehouse;

impl Warehouse {
    #[idempotent(key = "$.orderId", ttl = "1h")]
    async fn refund(order: Order, runs: &Runs) -> Result<u32, Error> {
        drop(order);
        Ok(runs.note())
    }
}

#[tokio::test]
async fn a_handler_that_could_share_anothers_name_by_accident_is_refused() {
    let runs = Runs::default();
    let calls = async {
        for refused in [
            nested()(order("A-1"), &runs).await.unwrap_err(),
            Warehouse::refund(order("A-1"), &runs).await.unwrap_err(),
        ] {
            assert!(refused.is_not_configured());
            assert!(refused.to_string().contains("name ="), "{refused}");
        }
        assert_eq!(refund(order("A-1"), &runs).await.unwrap(), 1);
    };
    runtime().scope(calls).await;
}

/// A service with a runtime of its own.
#[derive(Debug)]
struct Shop {
    idempotency: Idempotency,
    runs: Runs,
}

impl Shop {
    fn new() -> Self {
        Self {
            idempotency: runtime(),
            runs: Runs::default(),
        }
    }

    #[idempotent(key = "$.orderId", ttl = "1h", name = "shop by reference", runtime = self.idempotency)]
    async fn by_reference(&self, order: Order) -> Result<u32, Error> {
        drop(order);
        Ok(self.runs.note())
    }

    #[idempotent(key = "$.orderId", ttl = "1h", name = "shop by mutable reference", runtime = &self.idempotency)]
    async fn by_mutable_reference(&mut self, order: &Order) -> Result<u32, Error> {
        assert!(!order.order_id.is_empty());
        let next = Runs::default();
        next.0.store(self.runs.note(), Ordering::Relaxed);
        self.runs = next;
        Ok(self.runs.0.load(Ordering::Relaxed))
    }

    #[idempotent(key = "$.orderId", ttl = "1h", name = "shop by arc", runtime = self.idempotency)]
    async fn by_arc(self: Arc<Self>, order: Order) -> Result<u32, Error> {
        drop(order);
        Ok(self.runs.note())
    }

    #[idempotent(key = "$.orderId", ttl = "1h", name = "shop without receiver", runtime = shop.idempotency, event = order)]
    async fn without_receiver(shop: &Self, order: Order) -> Result<u32, Error> {
        drop(order);
        Ok(shop.runs.note())
    }
}

#[tokio::test]
async fn methods_of_every_receiver_are_guarded_by_the_runtime_they_name() {
    let mut shop = Shop::new();
    for _ in 0..2 {
        assert_eq!(shop.by_reference(order("A-1")).await.unwrap(), 1);
    }
    for _ in 0..2 {
        assert_eq!(shop.by_mutable_reference(&order("A-1")).await.unwrap(), 2);
    }
    for _ in 0..2 {
        assert_eq!(
            Shop::without_receiver(&shop, order("A-1")).await.unwrap(),
            3
        );
    }
    let shop = Arc::new(shop);
    for _ in 0..2 {
        assert_eq!(Arc::clone(&shop).by_arc(order("A-1")).await.unwrap(), 4);
    }
}

#[idempotent(key = "$", ttl = "1h", event = id)]
async fn generic<T, F>(runs: &Runs, id: Cow<'_, str>, make: F) -> Result<T, Error>
where
    T: Serialize + for<'de> Deserialize<'de>,
    F: AsyncFnOnce(u32) -> T,
{
    assert!(!id.is_empty());
    Ok(make(runs.note()).await)
}

#[tokio::test]
async fn generics_lifetimes_and_closures_work() {
    let runs = Runs::default();
    let calls = async {
        for _ in 0..2 {
            let id = Cow::Borrowed("A-1");
            let made: String = generic(&runs, id, async |run| format!("run {run}"))
                .await
                .unwrap();
            assert_eq!(made, "run 1");
        }
    };
    runtime().scope(calls).await;
}

#[idempotent(key = "$.orderId", ttl = "1h")]
async fn with_a_pattern(
    LambdaEvent {
        payload: Order {
            order_id,
            mut lines,
            ..
        },
        ..
    }: LambdaEvent<Order>,
) -> Result<String, lambda_runtime::Error> {
    lines.pop();
    if lines.is_empty() {
        return Err("no lines".into());
    }
    let number: u8 = order_id.trim_start_matches("A-").parse()?;
    Ok(format!(
        "{number} of {} lines",
        tokio::task::spawn_blocking(move || lines.len()).await?
    ))
}

#[tokio::test]
async fn patterns_question_marks_returns_and_awaits_work() {
    let calls = async {
        assert_eq!(with_a_pattern(event("A-7")).await.unwrap(), "7 of 1 lines");
        assert_eq!(with_a_pattern(event("A-7")).await.unwrap(), "7 of 1 lines");
        assert!(
            with_a_pattern(event("A-x"))
                .await
                .unwrap_err()
                .is::<std::num::ParseIntError>()
        );
        let mut short = event("A-8");
        short.payload.lines.truncate(1);
        assert_eq!(
            with_a_pattern(short).await.unwrap_err().to_string(),
            "no lines"
        );
    };
    runtime().scope(calls).await;
}

#[idempotent(key = "$", ttl = "1h")]
async fn not_send(id: String, runs: Rc<Runs>) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    assert!(!id.is_empty());
    Ok(runs.note())
}

#[tokio::test]
async fn a_future_is_send_exactly_where_its_body_is() {
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    let runs = Runs::default();
    let calls = async {
        assert_eq!(
            is_send(charge(event("A-1"), runs.clone())).await.unwrap(),
            1
        );
        let local = Rc::new(Runs::default());
        assert_eq!(
            not_send("A-1".to_owned(), Rc::clone(&local)).await.unwrap(),
            1
        );
        assert_eq!(not_send("A-1".to_owned(), local).await.unwrap(), 1);
    };
    runtime().scope(calls).await;
}
