//! A shop that charges orders, one a record, and what it saw.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use idem_core::batch::{self, Response, Settings};
use idem_core::clock::{Clock, ManualClock};
use idem_core::{Idempotency, Invocation, Source};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::{TTL, World};

#[derive(Debug)]
pub(crate) enum Failed {
    Guard(idem_core::Error),
    Told,
}

impl From<idem_core::Error> for Failed {
    fn from(error: idem_core::Error) -> Self {
        Self::Guard(error)
    }
}

pub(crate) struct Shop {
    pub(crate) clock: ManualClock,
    pub(crate) runtime: Idempotency,
    world: World,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// The orders that ran, in the order of their starts.
    runs: Vec<String>,
    /// What the calls gave back.
    results: Vec<(String, u32)>,
    fails: HashMap<String, u32>,
    panics: HashMap<String, u32>,
    doors: HashMap<String, Rc<Semaphore>>,
    takes: Duration,
    at_once: usize,
    most_at_once: usize,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let world = World::new();
        Self {
            clock: world.clock.clone(),
            runtime: world.runtime(),
            world,
            state: RefCell::default(),
        }
    }

    /// The first so many runs of this order fail.
    pub(crate) fn fail(&self, order: &str, times: u32) {
        self.state
            .borrow_mut()
            .fails
            .insert(order.to_owned(), times);
    }

    /// The first so many runs of this order panic.
    pub(crate) fn panic(&self, order: &str, times: u32) {
        self.state
            .borrow_mut()
            .panics
            .insert(order.to_owned(), times);
    }

    /// Each run takes this long.
    pub(crate) fn takes(&self, time: Duration) {
        self.state.borrow_mut().takes = time;
    }

    /// Runs of this order wait until its door is open.
    pub(crate) fn close(&self, order: &str) {
        let door = Rc::new(Semaphore::new(0));
        self.state.borrow_mut().doors.insert(order.to_owned(), door);
    }

    pub(crate) fn open(&self, order: &str) {
        let door = self.state.borrow().doors[order].clone();
        door.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Waits until this door is open, if it was closed.
    pub(crate) async fn wait_at(&self, door: &str) {
        let door = self.state.borrow().doors.get(door).cloned();
        if let Some(door) = door {
            drop(door.acquire().await.unwrap());
        }
    }

    pub(crate) fn runs(&self) -> Vec<String> {
        self.state.borrow().runs.clone()
    }

    pub(crate) fn results(&self) -> Vec<(String, u32)> {
        self.state.borrow().results.clone()
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.state.borrow().most_at_once
    }

    /// The verbs that were sent to the store, and forgets them.
    pub(crate) fn sent(&self) -> Vec<&'static str> {
        self.world.store.sent()
    }

    /// The context of an invocation that ends in this time.
    pub(crate) fn context(&self, timeout: Duration) -> Context {
        let mut context = Context::default();
        context.request_id = "r-1".into();
        context.deadline = self.clock.now().after(timeout).0;
        context
    }

    /// The function of one record: charges its order once, and says which run of the order did.
    pub(crate) async fn charge(&self, record: LambdaEvent<Value>) -> Result<u32, Failed> {
        let LambdaEvent { payload, context } = record;
        let order = payload["body"].as_str().unwrap_or_default();
        let idempotency = Idempotency::current()?;
        let call = idempotency.call("charge", order).ttl(TTL);
        let call = call.invocation(Invocation::from(&context));
        let call = call.source(Source::of(&payload));
        let result = call.run(|| self.run_of(order)).await?;
        let mut state = self.state.borrow_mut();
        state.results.push((order.to_owned(), result));
        Ok(result)
    }

    async fn run_of(&self, order: &str) -> Result<u32, Failed> {
        let (run, takes) = {
            let mut state = self.state.borrow_mut();
            state.runs.push(order.to_owned());
            state.at_once += 1;
            state.most_at_once = state.most_at_once.max(state.at_once);
            let runs = state.runs.iter().filter(|run| *run == order);
            let run = u32::try_from(runs.count()).unwrap();
            (run, state.takes)
        };
        self.wait_at(order).await;
        self.clock.advance(takes);
        let mut state = self.state.borrow_mut();
        state.at_once -= 1;
        let is_told =
            |told: &HashMap<String, u32>| told.get(order).is_some_and(|times| run <= *times);
        let (fails, panics) = (is_told(&state.fails), is_told(&state.panics));
        drop(state);
        assert!(!panics, "told to panic");
        if fails { Err(Failed::Told) } else { Ok(run) }
    }

    /// Runs a batch.
    pub(crate) async fn run(
        &self,
        settings: Settings,
        event: LambdaEvent<Value>,
    ) -> Result<Response<Failed>, batch::Error<Failed>> {
        let charge = |record| self.charge(record);
        self.runtime.scope(settings.run(event, charge)).await
    }

    /// Runs a batch that waits for nothing, without a deadline.
    pub(crate) fn handle(
        &self,
        records: impl IntoIterator<Item = Value>,
    ) -> Result<Response<Failed>, batch::Error<Failed>> {
        crate::support::now(self.run(Settings::new(), event(records)))
    }
}

/// The event of these records, without a deadline.
pub(crate) fn event(records: impl IntoIterator<Item = Value>) -> LambdaEvent<Value> {
    let records: Vec<_> = records.into_iter().collect();
    LambdaEvent::new(json!({ "Records": records }), Context::default())
}

/// A message of a queue.
pub(crate) fn message(id: &str, order: &str) -> Value {
    json!({
        "messageId": id,
        "body": order,
        "attributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
    })
}

/// A message of a FIFO queue.
pub(crate) fn fifo(id: &str, group: &str, order: &str) -> Value {
    let mut message = message(id, order);
    message["attributes"] = json!({ "MessageGroupId": group });
    message["eventSourceARN"] = json!("arn:aws:sqs:eu-central-1:123456789012:orders.fifo");
    message
}

/// A record of a Kinesis stream.
pub(crate) fn put(number: &str, order: &str) -> Value {
    json!({
        "eventSource": "aws:kinesis",
        "eventID": format!("shardId-000000000006:{number}"),
        "kinesis": { "sequenceNumber": number },
        "body": order,
    })
}

/// A record of a `DynamoDB` stream.
pub(crate) fn change(number: &str, order: &str) -> Value {
    json!({
        "eventSource": "aws:dynamodb",
        "eventID": format!("c4ca{number}"),
        "dynamodb": { "SequenceNumber": number },
        "body": order,
    })
}

/// A record of SNS.
pub(crate) fn notification(order: &str) -> Value {
    json!({ "EventSource": "aws:sns", "Sns": { "MessageId": order }, "body": order })
}

/// An event of this source as it is sent, with its record twice.
pub(crate) fn records(source: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    let text = fs::read_to_string(folder.join(source).with_extension("json")).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    let record = event["Records"][0].clone();
    event["Records"].as_array_mut().unwrap().push(record);
    event
}
