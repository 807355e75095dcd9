//! Many executions of one key at once: exactly one runs; and how many calls a second that are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use idem_lambda::{Error, Idempotency, store::DynamoDb};
use tokio::task::JoinSet;

use crate::Result;
use crate::calls::{TABLE, config};
use crate::emulator::Emulator;
use crate::stopwatch::Stopwatch;

const EXECUTIONS: u32 = 64;
const ROUNDS: u32 = 500;

pub(crate) fn report() -> Result<()> {
    let emulator = Emulator::start()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let client = Client::from_conf(config(&emulator.endpoint).build());
        let store = DynamoDb::builder(TABLE).client(client).build();
        store.create_table_if_missing().await?;
        let runtime = Idempotency::new(store);
        let watch = Stopwatch::wall();
        for round in 0..ROUNDS {
            let runs = at_once(&runtime, |_| round).await?;
            assert_eq!(
                runs, 1,
                "of {EXECUTIONS} executions at once exactly one runs"
            );
        }
        let one = watch.elapsed();
        println!(
            "{EXECUTIONS} executions at once of one key, {ROUNDS} rounds: each ran exactly once"
        );
        println!("  {:>6.0} calls a second", rate(one));

        let watch = Stopwatch::wall();
        for round in 0..ROUNDS / 10 {
            let runs = at_once(&runtime, |number| (round + 1) * 1_000_000 + number).await?;
            assert_eq!(runs, EXECUTIONS, "each key runs");
        }
        println!("{EXECUTIONS} executions at once of a key each");
        println!(
            "  {:>6.0} first runs a second",
            rate(watch.elapsed()) / 10.0
        );
        Ok(())
    })
}

fn rate(took: Duration) -> f64 {
    f64::from(EXECUTIONS * ROUNDS) / took.as_secs_f64()
}

/// How many of the executions ran.
async fn at_once(runtime: &Idempotency, key: impl Fn(u32) -> u32) -> Result<u32> {
    let runs = Arc::new(AtomicU32::new(0));
    let mut executions = JoinSet::new();
    for number in 0..EXECUTIONS {
        let (runtime, runs, key) = (runtime.clone(), Arc::clone(&runs), key(number));
        executions.spawn(async move {
            let call = runtime.call("charge", &key).ttl(Duration::from_hours(1));
            let body = async || Ok::<_, Error>(runs.fetch_add(1, Ordering::Relaxed));
            call.run(body).await
        });
    }
    for ended in executions.join_all().await {
        match ended {
            Err(error) if !error.is_in_progress() => return Err(error.into()),
            _ => {}
        }
    }
    Ok(runs.load(Ordering::Relaxed))
}
