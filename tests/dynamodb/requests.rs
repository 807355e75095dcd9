//! What a call costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use idem_lambda::{Error, Idempotency};

use crate::HOUR;
use crate::table::Table;

/// A guarded function on a table, and how often it ran.
struct Charge {
    table: Table,
    runtime: Idempotency,
    runs: Arc<AtomicU32>,
}

impl Charge {
    async fn new() -> Self {
        let table = Table::simple().await;
        Self {
            runtime: Idempotency::new(table.store().build()),
            table,
            runs: Arc::default(),
        }
    }

    async fn call(&self, key: &str, size: usize) -> Result<String, Error> {
        let body = async || {
            self.runs.fetch_add(1, Ordering::Relaxed);
            Ok("x".repeat(size))
        };
        self.runtime.call("charge", key).ttl(HOUR).run(body).await
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_first_run_costs_two_requests_and_a_replay_one() {
    let charge = Charge::new().await;
    charge.table.network.requests();
    assert_eq!(charge.call("A-1001", 100).await.unwrap().len(), 100);
    assert_eq!(charge.table.network.requests(), ["UpdateItem"; 2]);
    assert_eq!(charge.call("A-1001", 100).await.unwrap().len(), 100);
    assert_eq!(charge.table.network.requests(), ["UpdateItem"]);
    assert_eq!(charge.runs(), 1);
}

#[tokio::test]
async fn a_busy_call_costs_one_request() {
    let charge = Charge::new().await;
    let call = charge.runtime.call("charge", "A-1001").ttl(HOUR);
    let outer = call.run(async || {
        charge.table.network.requests();
        // Another task: in this one it would be a call inside itself.
        let runtime = charge.runtime.clone();
        let inner = tokio::spawn(async move {
            let call = runtime.call("charge", "A-1001").ttl(HOUR);
            call.run(async || Ok::<_, Error>(())).await
        });
        assert!(inner.await.unwrap().unwrap_err().is_in_progress());
        assert_eq!(charge.table.network.requests(), ["UpdateItem"]);
        Ok::<_, Error>(())
    });
    outer.await.unwrap();
}

#[tokio::test]
async fn a_large_result_costs_one_request_more_each_way() {
    let charge = Charge::new().await;
    charge.table.network.requests();
    assert_eq!(charge.call("A-1001", 5_000).await.unwrap().len(), 5_000);
    assert_eq!(
        charge.table.network.requests(),
        ["UpdateItem", "PutItem", "UpdateItem"]
    );
    assert_eq!(charge.call("A-1001", 5_000).await.unwrap().len(), 5_000);
    assert_eq!(charge.table.network.requests(), ["UpdateItem", "GetItem"]);
    assert_eq!(charge.runs(), 1);
}

#[tokio::test]
async fn a_result_that_no_item_can_hold_is_done_without_result() {
    let charge = Charge::new().await;
    assert_eq!(charge.call("A-1001", 500_000).await.unwrap().len(), 500_000);
    let duplicate = charge.call("A-1001", 500_000).await.unwrap_err();
    assert!(duplicate.is_done_without_result(), "{duplicate}");
    assert_eq!(charge.runs(), 1);
}
