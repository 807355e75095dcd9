//! Many executions of one key at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use idem_lambda::{Error, Idempotency};
use tokio::task::JoinSet;

use crate::HOUR;
use crate::table::Table;

const ROUNDS: u32 = 20;
const EXECUTIONS: usize = 64;

/// `benches/dynamodb` plays 500 rounds.
#[tokio::test(flavor = "multi_thread")]
async fn of_64_executions_of_one_key_at_once_one_runs() {
    let table = Table::simple().await;
    let runtime = Idempotency::new(table.store().build());
    for round in 0..ROUNDS {
        let runs = Arc::new(AtomicU32::new(0));
        let mut executions = JoinSet::new();
        for _ in 0..EXECUTIONS {
            let (runtime, runs) = (runtime.clone(), Arc::clone(&runs));
            executions.spawn(async move {
                let call = runtime.call("charge", &round).ttl(HOUR);
                call.run(async || Ok::<_, Error>(runs.fetch_add(1, Ordering::Relaxed)))
                    .await
            });
        }
        for ended in executions.join_all().await {
            match ended {
                Ok(run) => assert_eq!(run, 0, "its result, or a replay of it"),
                Err(error) => assert!(error.is_in_progress(), "{error}"),
            }
        }
        assert_eq!(runs.load(Ordering::Relaxed), 1, "round {round}");
    }
}
