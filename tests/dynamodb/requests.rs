//! What a call costs, and what lost replies do to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use idem_lambda::{Error, Idempotency};

use crate::HOUR;
use crate::network::Fate;
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

/// Every request of a first run with a large result, and of its replay, loses its reply or is lost itself.
#[tokio::test]
async fn whichever_message_is_lost_the_body_runs_once_and_its_result_is_replayed() {
    for fate in [
        Fate::LoseReply,
        Fate::LoseRequest,
        Fate::Refuse(500, "InternalServerError"),
        Fate::Refuse(400, "ProvisionedThroughputExceededException"),
    ] {
        for at in 0..5 {
            let charge = Charge::new().await;
            let passing = std::iter::repeat_n(Fate::Pass, at);
            charge.table.network.plan(passing.chain([fate]));
            for _ in 0..2 {
                let result = charge.call("A-1001", 5_000).await;
                assert_eq!(result.unwrap().len(), 5_000, "{fate:?} at {at}");
            }
            assert_eq!(charge.runs(), 1, "{fate:?} at {at}");
        }
    }
}

#[tokio::test]
async fn an_error_of_the_table_is_typed_says_what_to_do_and_runs_nothing() {
    for (status, code, advice) in [
        (
            400,
            "ResourceNotFoundException",
            "create it, or set IDEM_TABLE",
        ),
        (400, "AccessDeniedException", "allow `dynamodb:UpdateItem`"),
        (
            400,
            "UnrecognizedClientException",
            "credentials were refused",
        ),
        (400, "ValidationException", "key schema"),
        (400, "ExpiredTokenException", "credentials have expired"),
    ] {
        let charge = Charge::new().await;
        charge.table.network.all(Fate::Refuse(status, code));
        let error = charge.call("A-1001", 1).await.unwrap_err();
        assert!(error.is_store(), "{code}: {error}");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(advice), "{code}: {source}");
        assert_eq!(charge.runs(), 0, "{code}");
    }
}
