//! Guarded calls, and the requests that they send, sent by the SDK alone.

use std::ops::Range;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemInput};
use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::{Idempotency, idempotent, store::DynamoDb};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};

use crate::emulator::Emulator;
use crate::stopwatch::Stopwatch;
use crate::{Result, median};

pub(crate) const TABLE: &str = "records";
const ROUNDS: u64 = 301;
const CALLS: u64 = 20;

#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    FirstRun,
    BareFirstRun,
    Replay,
    BareReplay,
}

impl FromStr for What {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "first-run" => Ok(Self::FirstRun),
            "bare-first-run" => Ok(Self::BareFirstRun),
            "replay" => Ok(Self::Replay),
            "bare-replay" => Ok(Self::BareReplay),
            _ => Err("first-run, bare-first-run, replay or bare-replay"),
        }
    }
}

/// In turns of few calls, so that what else the machine does is the same for both.
pub(crate) fn report() -> Result<()> {
    println!("client CPU a call, median of {ROUNDS} rounds of {CALLS} calls, in turns");
    let emulator = Emulator::start()?;
    in_runtime(async {
        let calls = Calls::new(&emulator.endpoint).await?;
        for (name, guarded, bare) in [
            ("first run", What::FirstRun, What::BareFirstRun),
            ("replay", What::Replay, What::BareReplay),
        ] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for round in 0..ROUNDS {
                let names = round * CALLS..(round + 1) * CALLS;
                ours.push(calls.time(guarded, names.clone()).await?);
                theirs.push(calls.time(bare, names).await?);
            }
            let (ours, theirs) = (median(ours), median(theirs));
            let ratio = ours * 1_000 / theirs;
            println!(
                "  {name:<10} {:>8} ns, SDK alone {:>8} ns, ratio {}.{:03}",
                ours / CALLS,
                theirs / CALLS,
                ratio / 1_000,
                ratio % 1_000
            );
        }
        Ok(())
    })
}

/// `count` calls and no more: for valgrind, which counts instructions.
pub(crate) fn call(what: What, count: u64, endpoint: &str) -> Result<()> {
    in_runtime(async { Calls::new(endpoint).await?.run(what, 0..count).await })
}

fn in_runtime(calls: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(calls)
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "events call it so")]
struct Order {
    order_id: String,
    customer: String,
    amount: u64,
    currency: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    order_id: String,
    amount: u64,
}

#[idempotent(key = "$.orderId", ttl = "1h")]
async fn charge(event: LambdaEvent<Order>) -> std::result::Result<Receipt, lambda_runtime::Error> {
    Ok(event.payload.charged())
}

impl Order {
    fn charged(self) -> Receipt {
        Receipt {
            order_id: self.order_id,
            amount: self.amount,
        }
    }
}

fn event(order_id: String) -> LambdaEvent<Order> {
    let order = Order {
        order_id,
        customer: "C-77".to_owned(),
        amount: 4_200,
        currency: "EUR".to_owned(),
    };
    LambdaEvent::new(order, Context::default())
}

/// Both ways to call, over one endpoint.
struct Calls {
    client: Client,
    claim: UpdateItemInput,
    completion: UpdateItemInput,
    /// The order of a record that is completed, and that record's id.
    completed: (String, String),
}

impl Calls {
    async fn new(endpoint: &str) -> Result<Self> {
        let order = format!("A-{}", std::process::id());

        // What a guarded call sends, seen once, so that the SDK alone sends the same.
        let sent = Sent::default();
        let watched = Client::from_conf(config(endpoint).interceptor(sent.clone()).build());
        let watched = DynamoDb::builder(TABLE).client(watched).build();
        watched.create_table_if_missing().await?;
        let watched = Idempotency::new(watched);
        let seen = watched.call("seen", &order).ttl(Duration::from_hours(1));
        let run = async || Ok::<_, idem_lambda::Error>(event(order.clone()).payload.charged());
        seen.run(run).await?;
        let [claim, completion] = sent.requests()?;

        let client = Client::from_conf(config(endpoint).build());
        let store = DynamoDb::builder(TABLE).client(client.clone()).build();
        Idempotency::new(store).install()?;
        charge(event(order.clone())).await?;
        let id = id_of(&claim)?.to_owned();
        Ok(Self {
            client,
            claim,
            completion,
            completed: (order, id),
        })
    }

    /// The nanoseconds of processor time that these calls take.
    async fn time(&self, what: What, names: Range<u64>) -> Result<u64> {
        let watch = Stopwatch::processor();
        self.run(what, names).await?;
        Ok(watch.elapsed().as_nanos().try_into()?)
    }

    async fn run(&self, what: What, names: Range<u64>) -> Result<()> {
        let (order, id) = &self.completed;
        for name in names {
            match what {
                What::FirstRun => {
                    charge(event(format!("{order}-{name}"))).await?;
                }
                What::Replay => {
                    charge(event(order.clone())).await?;
                }
                What::BareFirstRun => {
                    let id = format!("{id}-{name}");
                    assert!(self.send(&self.claim, &id).await);
                    assert!(self.send(&self.completion, &id).await);
                }
                What::BareReplay => assert!(!self.send(&self.claim, id).await),
            }
        }
        Ok(())
    }

    /// Sends the request for another record; whether its condition held.
    async fn send(&self, request: &UpdateItemInput, id: &str) -> bool {
        let update = self.client.update_item();
        let sent = update
            .set_table_name(request.table_name.clone())
            .key("id", AttributeValue::S(id.to_owned()))
            .set_update_expression(request.update_expression.clone())
            .set_condition_expression(request.condition_expression.clone())
            .set_expression_attribute_names(request.expression_attribute_names.clone())
            .set_expression_attribute_values(request.expression_attribute_values.clone())
            .set_return_values(request.return_values.clone())
            .set_return_values_on_condition_check_failure(
                request.return_values_on_condition_check_failure.clone(),
            )
            .send()
            .await;
        match sent {
            Ok(_) => true,
            Err(error) => {
                let refused = error.as_service_error();
                assert!(
                    refused.is_some_and(UpdateItemError::is_conditional_check_failed_exception)
                );
                false
            }
        }
    }
}

/// A client of the emulator.
pub(crate) fn config(endpoint: &str) -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

fn id_of(request: &UpdateItemInput) -> Result<&String> {
    let id = request.key().and_then(|key| key.get("id"));
    let id = id.ok_or("a request without a key")?.as_s();
    Ok(id.map_err(|_| "a key that is no string")?)
}

/// The updates that a client sends.
#[derive(Clone, Debug, Default)]
struct Sent(Arc<Mutex<Vec<UpdateItemInput>>>);

impl Sent {
    /// Those of one first run.
    fn requests(&self) -> Result<[UpdateItemInput; 2]> {
        let requests = std::mem::take(&mut *self.0.lock().map_err(|_| "a panic")?);
        Ok(requests
            .try_into()
            .map_err(|_| "a first run is two requests")?)
    }
}

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "Sent"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        if let Some(request) = context.input().downcast_ref::<UpdateItemInput>() {
            let mut requests = self.0.lock().map_err(|_| "a panic")?;
            requests.push(request.clone());
        }
        Ok(())
    }
}
