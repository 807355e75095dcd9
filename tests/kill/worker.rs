//! The process that is killed: a function with two guarded handlers.
//!
//! It is this test binary once more, told to run the ignored test below. At each step it says where it is, and goes on
//! when it is told to; so a kill can be put on a step, or set off at one to land wherever it lands.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use idem_lambda::clock::{Clock, SystemClock, UnixMillis};
use idem_lambda::store::dynamodb::TransactWriteItem;
use idem_lambda::store::{DynamoDb, Memory};
use idem_lambda::{Error, Execution, Idempotency, idempotent};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};

use crate::emulator::{COMMITTED, NUMBER, RECORDS, config, request_id};
use crate::ledger::{Effect, Ledger};

pub(crate) const WORKER: &str = "worker::work";
/// The [`Job`]; who has it is the worker.
pub(crate) const JOB: &str = "IDEM_KILL_JOB";
/// As the handlers say.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
pub(crate) const MARGIN: Duration = Duration::from_secs(2);

/// What one process is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) run: u32,
    /// The time that its clock shows, in Unix milliseconds.
    pub(crate) now: u64,
    pub(crate) endpoint: String,
    pub(crate) ledger: PathBuf,
    /// The keys to call for, in turn.
    pub(crate) keys: Vec<String>,
    pub(crate) sabotage: Option<Sabotage>,
}

/// What is wrong with the process, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Sabotage {
    /// Nothing is guarded.
    Disabled,
    /// Records are gone with the process.
    Forgetful,
    /// Its clock is hours ahead, and further with each run, so that it takes leases for ended that have not.
    Hasty,
    /// It completes whatever stands there, as libraries do that write their results without a condition.
    Careless,
}

/// Where the process is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Step {
    Called(usize),
    /// In the handler, before the effect.
    Begun(usize),
    /// In the handler, after the effect.
    Paid(usize),
    Ended(usize, End),
}

/// How a call ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum End {
    Result(Receipt),
    InProgress,
    /// The claim was not confirmed: nothing ran, and the caller is to try again.
    Unconfirmed,
    Error(String),
}

#[derive(Serialize)]
struct Order {
    id: String,
}

/// Says which run of the handler it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) effect: Effect,
    /// Large for some keys: such a result lies in an item of its own.
    text: String,
}

/// An effect outside of the store.
#[idempotent(key = "$.id", ttl = "7d", lease = "30s")]
async fn charge(
    event: LambdaEvent<Order>,
    effect: Effect,
    ledger: Ledger,
) -> Result<Receipt, Error> {
    Ok(pay(&event.payload, effect, ledger))
}

/// One in the store as well, which is committed with the record.
#[idempotent(key = "$.id", ttl = "7d", lease = "30s")]
async fn transfer(
    event: LambdaEvent<Order>,
    effect: Effect,
    ledger: Ledger,
    #[execution] execution: Execution<TransactWriteItem>,
) -> Result<Receipt, Error> {
    let update = Update::builder()
        .table_name(COMMITTED)
        .key("id", AttributeValue::S(event.payload.id.clone()))
        .update_expression("ADD #number :one")
        .expression_attribute_names("#number", NUMBER)
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    let update = update.build().unwrap();
    execution.transact([TransactWriteItem::builder().update(update).build()])?;
    Ok(pay(&event.payload, effect, ledger))
}

/// Whether the handler of this key has something committed.
pub(crate) fn is_transfer(key: &str) -> bool {
    key.starts_with("transfer")
}

fn pay(order: &Order, effect: Effect, mut ledger: Ledger) -> Receipt {
    say(&Step::Begun(effect.call));
    ledger.note(&effect);
    say(&Step::Paid(effect.call));
    let size = if order.id.ends_with("large") {
        8_000
    } else {
        8
    };
    Receipt {
        text: format!("{:0size$}", effect.run),
        effect,
    }
}

#[tokio::test]
#[ignore = "the process that other tests start and kill"]
async fn work() {
    let Ok(job) = std::env::var(JOB) else {
        return;
    };
    let job: Job = serde_json::from_str(&job).unwrap();
    let now = match job.sabotage {
        Some(Sabotage::Hasty) => UnixMillis(job.now).after(Duration::from_hours(job.run.into())),
        _ => UnixMillis(job.now),
    };
    let mut config = config(&job.endpoint);
    if job.sabotage == Some(Sabotage::Careless) {
        config = config.interceptor(Unconditional);
    }
    let store = DynamoDb::builder(RECORDS).client(Client::from_conf(config.build()));
    let runtime = match job.sabotage {
        Some(Sabotage::Disabled) => Idempotency::disabled(),
        Some(Sabotage::Forgetful) => Idempotency::builder(Memory::new()).build(),
        _ => Idempotency::builder(store.build())
            .clock(Still(now))
            .margin(MARGIN)
            .build(),
    };
    runtime.install().unwrap();
    for (call, key) in job.keys.into_iter().enumerate() {
        let mut context = Context::default();
        context.request_id = request_id(&key, job.run, call);
        context.deadline = now.after(LEASE * 2).0;
        let event = LambdaEvent::new(Order { id: key.clone() }, context);
        let ledger = Ledger::open(&job.ledger);
        say(&Step::Called(call));
        let run = job.run;
        let handler = if is_transfer(&key) {
            transfer(event, Effect { key, run, call }, ledger).await
        } else {
            charge(event, Effect { key, run, call }, ledger).await
        };
        let end = match handler {
            Ok(receipt) => End::Result(receipt),
            Err(error) if error.is_in_progress() => End::InProgress,
            Err(error) if error.is_store() => End::Unconfirmed,
            Err(error) => End::Error(error.to_string()),
        };
        say(&Step::Ended(call, end));
    }
}

/// Says where the process is, and waits until it may go on.
fn say(step: &Step) {
    let mut out = io::stdout().lock();
    // On a line of its own, whatever the harness has written.
    write!(out, "\n{}\n", serde_json::to_string(step).unwrap()).unwrap();
    out.flush().unwrap();
    // Whoever would say so may be gone; then so is this.
    if io::stdin().read_exact(&mut [0]).is_err() {
        std::process::exit(1);
    }
}

/// The time stands still while the process works, so that no lease ends by itself however slow the machine is.
#[derive(Debug)]
struct Still(UnixMillis);

impl Clock for Still {
    fn now(&self) -> UnixMillis {
        self.0
    }

    fn sleep_until(&self, until: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let woken = SystemClock.now().after(until.since(self.0));
        Box::pin(async move { SystemClock.sleep_until(woken).await })
    }
}

/// Takes the condition from completions.
#[derive(Debug)]
struct Unconditional;

impl Intercept for Unconditional {
    fn name(&self) -> &'static str {
        "Unconditional"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(update) = context.input_mut().downcast_mut::<UpdateItemInput>()
            && update
                .update_expression()
                .is_some_and(|change| change.contains("ended = :ended"))
        {
            // DynamoDB refuses names and values that nothing uses.
            let condition = update.condition_expression.take().unwrap_or_default();
            update.condition_expression =
                Some(format!("attribute_exists(layout) OR ({condition})"));
        }
        Ok(())
    }
}
