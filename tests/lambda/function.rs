//! The function: a guarded handler behind the real runtime, in a process of its own.
//!
//! The process is this test binary once more, told to run one of the ignored tests below. That needs no manifest entry
//! and no harness, and it works alike under `cargo test` and `cargo nextest`: both run tests from a binary that speaks
//! the same arguments. Run without a test that starts them, the two do nothing.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use idem_lambda::clock::{ManualClock, UnixMillis};
use idem_lambda::store::Memory;
use idem_lambda::{Execution, Idempotency, Verdict, batch, idempotent};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use tokio::sync::watch;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::event::{Control, Event, Order, Receipt, Run, Tally};

/// The time at which the function's clock stands until it is moved.
pub(crate) const START: UnixMillis = UnixMillis(1_800_000_000_000);

pub(crate) const GUARDED: &str = "function::guarded";
pub(crate) const WITHOUT_RUNTIME: &str = "function::without_runtime";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that other tests start"]
async fn guarded() {
    serve(Some(Memory::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that another test starts"]
async fn without_runtime() {
    serve(None).await;
}

async fn serve(store: Option<Memory>) {
    let Some(shop) = open(store) else { return };
    let handler = service_fn(move |event| {
        let shop = Arc::clone(&shop);
        async move { handle(event, &shop).await }
    });
    lambda_runtime::run_concurrent(handler).await.unwrap();
}

/// What a function works with, whose records are in `store`; `None` where nobody has started it as a function.
pub(crate) fn open(store: Option<Memory>) -> Option<Arc<Shop>> {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API")?;
    // The test holds the other end: once it is gone, the runtime would ask for invocations for ever.
    std::thread::spawn(|| {
        _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(1);
    });
    // At `TRACE`, the Lambda runtime itself logs payloads.
    let levels = Targets::new()
        .with_default(LevelFilter::DEBUG)
        .with_target("idem", LevelFilter::TRACE);
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().json())
        .with(levels)
        .init();

    let clock = ManualClock::at(START);
    if let Some(store) = store {
        let runtime = Idempotency::builder(store).clock(clock.clone()).build();
        runtime.install().unwrap();
    }
    Some(Arc::new(Shop {
        clock,
        counters: watch::Sender::default(),
    }))
}

async fn handle(event: LambdaEvent<Event>, shop: &Shop) -> Result<Reply, Failure> {
    let LambdaEvent { payload, context } = event;
    match payload {
        Event::Order(payload) => {
            let order = LambdaEvent { payload, context };
            charge(order, shop).await.map(Reply::Receipt)
        }
        Event::Control(control) => Ok(shop.obey(control).await),
        Event::Batch(batch) => {
            let mut receipts = Vec::new();
            for payload in batch.records {
                let context = context.clone();
                let message = LambdaEvent { payload, context };
                receipts.push(fulfil(message, shop).await);
            }
            let receipts: Result<_, _> = receipts.into_iter().collect();
            receipts.map(Reply::Receipts)
        }
    }
}

#[idempotent(key = "$.orderId", fingerprint = "$.card", ttl = "1h")]
async fn charge(
    event: LambdaEvent<Order>,
    shop: &Shop,
    #[execution] execution: Execution,
) -> Result<Receipt, Failure> {
    let request_id = event.context.request_id;
    run(event.payload, request_id, execution.verdict(), shop).await
}

#[idempotent(key = json("$.body", "$.orderId"), ttl = "1h")]
async fn fulfil(
    message: LambdaEvent<SqsMessage>,
    shop: &Shop,
    #[execution] execution: Execution,
) -> Result<Receipt, Failure> {
    let order = serde_json::from_str(&message.payload.body.unwrap_or_default()).unwrap();
    let request_id = message.context.request_id;
    run(order, request_id, execution.verdict(), shop).await
}

pub(crate) async fn run(
    order: Order,
    request_id: String,
    verdict: Option<Verdict>,
    shop: &Shop,
) -> Result<Receipt, Failure> {
    let order_id = order.id.unwrap_or_default();
    let run = shop.begin(&order_id);
    let what = order.runs.get(run - 1).copied().unwrap_or_default();
    match what {
        Run::Wait => shop.wait_for(|counters| counters.is_open(&order_id)).await,
        Run::Meet(runs) => shop.wait_for(|counters| counters.begun() >= runs).await,
        Run::Return | Run::Fail | Run::Panic | Run::Unstorable => {}
    }
    shop.end(&order_id);
    let seats = match what {
        Run::Fail => return Err(Failure::Told),
        Run::Panic => panic!("told to panic"),
        Run::Unstorable => BTreeMap::from([((1, 2), 3)]),
        Run::Return | Run::Wait | Run::Meet(_) => BTreeMap::new(),
    };
    Ok(Receipt {
        order_id,
        run,
        request_id,
        verdict: verdict.map(|verdict| verdict.to_string()),
        total: 0.1 + 0.2,
        discount: None,
        seats,
    })
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    Receipt(Receipt),
    Receipts(Vec<Receipt>),
    Batch(batch::Response<Failure>),
    Tally(Tally),
    Done,
}

#[derive(Debug)]
pub(crate) enum Failure {
    Guard(idem_lambda::Error),
    Batch(batch::Error<Failure>),
    Told,
}

impl From<idem_lambda::Error> for Failure {
    fn from(error: idem_lambda::Error) -> Self {
        Self::Guard(error)
    }
}

impl From<batch::Error<Failure>> for Failure {
    fn from(error: batch::Error<Failure>) -> Self {
        Self::Batch(error)
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let (error_type, error_message) = match failure {
            Failure::Batch(error) => return error.into(),
            Failure::Guard(error) => (kind(&error), error.to_string()),
            Failure::Told => ("Told", "told to fail".to_owned()),
        };
        Self {
            error_type: error_type.to_owned(),
            error_message,
        }
    }
}

fn kind(error: &idem_lambda::Error) -> &'static str {
    if error.is_in_progress() {
        "InProgress"
    } else if error.is_missing_key() {
        "MissingKey"
    } else if error.is_lease_lost() {
        "LeaseLost"
    } else if error.is_done_without_result() {
        "DoneWithoutResult"
    } else if error.is_not_configured() {
        "NotConfigured"
    } else {
        "Other"
    }
}

/// What the handler works with, and a test looks into.
pub(crate) struct Shop {
    clock: ManualClock,
    counters: watch::Sender<Counters>,
}

impl Shop {
    pub(crate) async fn obey(&self, control: Control) -> Reply {
        match control {
            Control::AdvanceMs(millis) => self.clock.advance(Duration::from_millis(millis)),
            Control::Open(order_id) => self.change(&order_id, |counter| counter.open = true),
            Control::Begun(order_id) => {
                self.wait_for(|counters| counters.tally(&order_id).begun > 0)
                    .await;
            }
            Control::Tally(order_id) => {
                return Reply::Tally(self.counters.borrow().tally(&order_id));
            }
        }
        Reply::Done
    }

    /// Says which run of the order this is.
    fn begin(&self, order_id: &str) -> usize {
        let mut run = 0;
        self.change(order_id, |counter| {
            counter.tally.begun += 1;
            run = counter.tally.begun;
        });
        run
    }

    fn end(&self, order_id: &str) {
        self.change(order_id, |counter| counter.tally.ended += 1);
    }

    fn change(&self, order_id: &str, change: impl FnOnce(&mut Counter)) {
        self.counters
            .send_modify(|counters| change(counters.0.entry(order_id.to_owned()).or_default()));
    }

    async fn wait_for(&self, condition: impl Fn(&Counters) -> bool) {
        // Fails only without a sender, which is here.
        _ = self.counters.subscribe().wait_for(condition).await;
    }
}

/// One counter an order.
#[derive(Default)]
struct Counters(HashMap<String, Counter>);

#[derive(Clone, Copy, Default)]
struct Counter {
    tally: Tally,
    /// Whether the order's door is open.
    open: bool,
}

impl Counters {
    fn of(&self, order_id: &str) -> Counter {
        self.0.get(order_id).copied().unwrap_or_default()
    }

    fn tally(&self, order_id: &str) -> Tally {
        self.of(order_id).tally
    }

    fn is_open(&self, order_id: &str) -> bool {
        self.of(order_id).open
    }

    /// How many runs have begun, of whatever order.
    fn begun(&self) -> usize {
        self.0.values().map(|counter| counter.tally.begun).sum()
    }
}
