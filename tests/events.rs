//! Every key of the page on event sources, on events as they are sent, typed and as plain JSON; and their messages.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "events/delivery.rs"]
mod delivery;

use std::sync::atomic::{AtomicU32, Ordering};

use aws_lambda_events::alb::AlbTargetGroupRequest;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use aws_lambda_events::cognito::CognitoEventUserPoolsPostConfirmation;
use aws_lambda_events::dynamodb;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::kinesis::{KinesisEvent, KinesisEventRecord};
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use aws_lambda_events::s3::{S3Event, S3EventRecord};
use aws_lambda_events::sns::{SnsEvent, SnsRecord};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use delivery::{Deliveries, invoke};
use idem_lambda::key::Namespace;
use idem_lambda::store::{Memory, Store};
use idem_lambda::{Error, Idempotency, Source, idempotent};
use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
    cents: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    execution: String,
    state: String,
    task_token: String,
    order: Order,
}

/// Counts runs.
#[derive(Debug, Default)]
struct Runs(AtomicU32);

impl Runs {
    fn note(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn runtime() -> Idempotency {
    Idempotency::new(Memory::new())
}

/// For each key a test: the event again has the key of the event, another event has another, and typed events have the
/// keys of their JSON.
macro_rules! keys {
    ($($test:ident: $event:ty = $delivery:ident()$(.$of:ident())?, key = {$($key:tt)*};)*) => {
        $(#[tokio::test]
        async fn $test() {
            #[idempotent(key = $($key)*, ttl = "1h", name = "handler")]
            async fn handler<T: Serialize>(event: LambdaEvent<T>, runs: &Runs) -> Result<u32, Error> {
                drop(event);
                Ok(runs.note())
            }

            let runs = Runs::default();
            let deliver = async |event: &serde_json::Value| {
                let typed: $event = serde_json::from_value(event.clone()).unwrap();
                let typed = handler(invoke(typed), &runs).await.unwrap();
                let plain = handler(invoke(event.clone()), &runs).await.unwrap();
                (typed, plain)
            };
            let Deliveries { first, again, other } = delivery::$delivery()$(.$of())?;
            let calls = async {
                assert_eq!(deliver(&first).await, (1, 1), "the first");
                assert_eq!(deliver(&again).await, (1, 1), "the same again");
                assert_eq!(deliver(&other).await, (2, 2), "another");
            };
            runtime().scope(calls).await;
        })*

        const TESTED: &[&str] = &[$(stringify!($($key)*)),*];
    };
}

keys! {
    rest_api: ApiGatewayProxyRequest = rest_api(),
        key = { ("$.requestContext.authorizer.principalId", header("idempotency-key")) };
    rest_api_with_user_pool: ApiGatewayProxyRequest = rest_api_with_user_pool(),
        key = { ("$.requestContext.authorizer.claims.sub", header("idempotency-key")) };
    http_api: ApiGatewayV2httpRequest = http_api(),
        key = { ("$.requestContext.authorizer.jwt.claims.sub", header("idempotency-key")) };
    http_api_by_body: ApiGatewayV2httpRequest = http_api(),
        key = { json("$.body", "$.orderId") };
    function_url: LambdaFunctionUrlRequest = function_url(),
        key = { ("$.requestContext.authorizer.iam.userArn", header("idempotency-key")) };
    function_url_by_body: LambdaFunctionUrlRequest = function_url(),
        key = { json(base64("$.body"), "$.orderId") };
    load_balancer: AlbTargetGroupRequest = load_balancer(),
        key = { (header("x-amzn-oidc-identity"), header("idempotency-key")) };
    load_balancer_with_many_values: AlbTargetGroupRequest = load_balancer_with_many_values(),
        key = { (header("x-amzn-oidc-identity"), header("idempotency-key")) };

    sqs: SqsMessage = sqs().records(),
        key = { json("$.body", "$.orderId") };
    sqs_sent_twice: SqsMessage = sqs_sent_twice().records(),
        key = { json("$.body", "$.orderId") };
    sqs_by_message: SqsMessage = sqs().records(),
        key = { "$.messageId" };

    sns: SnsEvent = sns(),
        key = { json("$.Records[0].Sns.Message", "$.orderId") };
    sns_published_twice: SnsEvent = sns_published_twice(),
        key = { json("$.Records[0].Sns.Message", "$.orderId") };
    sns_by_message: SnsEvent = sns(),
        key = { "$.Records[0].Sns.MessageId" };

    sns_in_sqs: SqsMessage = sns_in_sqs().records(),
        key = { json(json("$.body", "$.Message"), "$.orderId") };
    sns_in_sqs_sent_twice: SqsMessage = sns_in_sqs_sent_twice().records(),
        key = { json(json("$.body", "$.Message"), "$.orderId") };
    sns_in_sqs_by_message: SqsMessage = sns_in_sqs_sent_twice().records(),
        key = { json("$.body", "$.MessageId") };

    event_bridge: EventBridgeEvent<Order> = event_bridge(),
        key = { ("$['detail-type']", "$.detail.orderId") };
    event_bridge_put_twice: EventBridgeEvent<Order> = event_bridge_put_twice(),
        key = { ("$['detail-type']", "$.detail.orderId") };
    event_bridge_by_event: EventBridgeEvent<Order> = event_bridge(),
        key = { "$.id" };
    schedule: EventBridgeEvent = schedule(),
        key = { ("$.resources[0]", "$.time") };

    s3: S3Event = s3(),
        key = {(
            "$.Records[0].s3.bucket.name",
            "$.Records[0].s3.object.key",
            "$.Records[0].s3.object.sequencer",
        )};

    dynamodb: dynamodb::EventRecord = dynamodb().records(),
        key = { "$.eventID" };

    kinesis: KinesisEventRecord = kinesis().records(),
        key = { json(base64("$.kinesis.data"), "$.orderId") };
    kinesis_put_twice: KinesisEventRecord = kinesis_put_twice().records(),
        key = { json(base64("$.kinesis.data"), "$.orderId") };
    kinesis_by_record: KinesisEventRecord = kinesis().records(),
        key = { "$.eventID" };

    step_functions: Step = step_functions(),
        key = { ("$.execution", "$.state") };
    step_functions_map: Step = step_functions_map(),
        key = { ("$.execution", "$.state", "$.order.orderId") };
    step_functions_callback: Step = step_functions_callback(),
        key = { "$.taskToken" };

    cognito: CognitoEventUserPoolsPostConfirmation = cognito(),
        key = { ("$.userPoolId", "$.userName", "$.triggerSource") };

    direct: Order = direct(),
        key = { "$.orderId" };
}

#[idempotent(key = request_id, ttl = "1d")]
async fn by_invocation<T: Serialize>(event: LambdaEvent<T>, runs: &Runs) -> Result<u32, Error> {
    drop(event);
    Ok(runs.note())
}

#[tokio::test]
async fn lambda_retries_an_asynchronous_invocation_under_its_request_id() {
    let runs = Runs::default();
    let first = invoke(delivery::direct().first);
    let retry = first.clone();
    let calls = async {
        assert_eq!(by_invocation(first, &runs).await.unwrap(), 1);
        assert_eq!(by_invocation(retry, &runs).await.unwrap(), 1);
        let invoked_again = invoke(delivery::direct().first);
        assert_eq!(by_invocation(invoked_again, &runs).await.unwrap(), 2);
    };
    runtime().scope(calls).await;
}

#[idempotent(key = "$.Records[0].messageId", ttl = "5d")]
async fn by_message(event: LambdaEvent<SqsEvent>, runs: &Runs) -> Result<u32, Error> {
    drop(event);
    Ok(runs.note())
}

#[tokio::test]
async fn a_message_id_does_not_know_what_the_producer_sent_twice() {
    let runs = Runs::default();
    let Deliveries { first, again, .. } = delivery::sqs_sent_twice();
    let typed = |event| invoke(serde_json::from_value(event).unwrap());
    let calls = async {
        assert_eq!(by_message(typed(first), &runs).await.unwrap(), 1);
        assert_eq!(by_message(typed(again), &runs).await.unwrap(), 2);
    };
    runtime().scope(calls).await;
}

#[tokio::test]
async fn a_key_of_the_first_record_is_refused_where_there_is_a_second() {
    #[idempotent(key = json("$.Records[0].body", "$.orderId"), ttl = "5d", name = "first")]
    async fn first<T: Serialize>(event: LambdaEvent<T>, runs: &Runs) -> Result<u32, Error> {
        drop(event);
        Ok(runs.note())
    }
    let runs = Runs::default();
    let Deliveries {
        first: one, other, ..
    } = delivery::sqs();
    let mut two = one.clone();
    let records = two["Records"].as_array_mut().unwrap();
    records.push(other["Records"][0].clone());
    let calls = async {
        assert_eq!(first(invoke(one), &runs).await.unwrap(), 1);
        for refused in [
            first(invoke(typed::<SqsEvent>(&two)), &runs).await,
            first(invoke(two.clone()), &runs).await,
        ] {
            let error = refused.unwrap_err();
            assert!(error.is_not_configured() && error.to_string().contains("`batch::run`"));
        }
    };
    runtime().scope(calls).await;
    let unguarded = Idempotency::disabled();
    assert_eq!(unguarded.scope(first(invoke(two), &runs)).await.unwrap(), 2);
}

#[idempotent(
    key = ("$.requestContext.authorizer.principalId", header("idempotency-key")),
    fingerprint = "$.body",
    ttl = "24h"
)]
async fn of_request<T: Serialize>(event: LambdaEvent<T>, runs: &Runs) -> Result<u32, Error> {
    drop(event);
    Ok(runs.note())
}

#[tokio::test]
async fn one_header_for_two_bodies_is_a_mismatch_and_without_it_nothing_runs() {
    let runs = Runs::default();
    let calls = async {
        let Deliveries { first, again, .. } = delivery::rest_api();
        let typed: ApiGatewayProxyRequest = serde_json::from_value(again).unwrap();
        assert_eq!(of_request(invoke(first), &runs).await.unwrap(), 1);
        assert_eq!(of_request(invoke(typed), &runs).await.unwrap(), 1);

        let another_body = delivery::rest_api_with_another_body();
        let error = of_request(invoke(another_body), &runs).await.unwrap_err();
        assert!(error.is_mismatch());

        let no_header = delivery::rest_api_without_the_header();
        let error = of_request(invoke(no_header), &runs).await.unwrap_err();
        assert!(error.is_missing_key());
    };
    runtime().scope(calls).await;
    assert_eq!(runs.note(), 2);
}

#[idempotent(key = json("$.body", "$.orderId"), ttl = "5d")]
async fn fulfil(message: LambdaEvent<SqsMessage>, runs: &Runs) -> Result<u32, Error> {
    drop(message);
    Ok(runs.note())
}

#[tokio::test]
async fn a_batch_runs_each_record_once_in_whatever_batch_it_comes_again() {
    let runs = Runs::default();
    let Deliveries {
        first,
        again,
        other,
    } = delivery::sqs();
    let record = |event| {
        let event: SqsEvent = serde_json::from_value(event).unwrap();
        event.records.into_iter().next().unwrap()
    };
    let (first, again, other) = (record(first), record(again), record(other));
    let deliver = async |batch: [SqsMessage; 2]| {
        let mut runs_of_records = Vec::new();
        for message in batch {
            runs_of_records.push(fulfil(invoke(message), &runs).await.unwrap());
        }
        runs_of_records
    };
    let calls = async {
        assert_eq!(deliver([first, other.clone()]).await, [1, 2]);
        assert_eq!(deliver([other, again]).await, [2, 1]);
    };
    runtime().scope(calls).await;
}

/// For each source a test: its event has the id of its message, typed and as plain JSON, and so has its record alone; what
/// is delivered again has the same. What is from no source has none.
macro_rules! sources {
    ($($test:ident: $event:ty $([$record:ty])? = $delivery:ident(), $source:expr;)*) => {
        mod message_of {
            use super::*;

            $(#[test]
            fn $test() {
                let Deliveries { first, again, other } = delivery::$delivery();
                let source = |event: &serde_json::Value| {
                    let plain = Source::of(event);
                    assert_eq!(Source::of(&typed::<$event>(event)), plain);
                    $({
                        let record = &event["Records"][0];
                        assert_eq!(Source::of(record), plain);
                        assert_eq!(Source::of(&typed::<$record>(record)), plain);
                    })?
                    plain
                };
                let expected: Option<&str> = $source;
                assert_eq!(source(&first).as_ref().map(Source::as_str), expected);
                assert_eq!(source(&again), source(&first));
                assert_eq!(source(&other) == source(&first), expected.is_none());
            })*
        }
    };
}

fn typed<T: serde::de::DeserializeOwned>(event: &serde_json::Value) -> T {
    serde_json::from_value(event.clone()).unwrap()
}

sources! {
    rest_api: ApiGatewayProxyRequest = rest_api(), None;
    http_api: ApiGatewayV2httpRequest = http_api(), None;
    function_url: LambdaFunctionUrlRequest = function_url(), None;
    load_balancer: AlbTargetGroupRequest = load_balancer(), None;
    sqs: SqsEvent [SqsMessage] = sqs(), Some("sqs:059f36b4-87a3-44ab-83d2-661975830a7d");
    sns: SnsEvent [SnsRecord] = sns(), Some("sns:95df01b4-ee98-5cb9-9903-4c221d41eb5e");
    sns_in_sqs: SqsEvent [SqsMessage] = sns_in_sqs(), Some("sqs:2e1424d4-f796-459a-8184-9c92662be6da");
    event_bridge: EventBridgeEvent<Order> = event_bridge(),
        Some("eventbridge:17793124-05d4-b198-2fde-7ededc63b103");
    s3: S3Event [S3EventRecord] = s3(), Some("s3:006721E0F11F2D3C4B");
    dynamodb: dynamodb::Event [dynamodb::EventRecord] = dynamodb(),
        Some("dynamodb:c4ca4238a0b923820dcc509a6f75849b");
    kinesis: KinesisEvent [KinesisEventRecord] = kinesis(),
        Some("kinesis:shardId-000000000006:49590338271490256608559692538361571095921575989136588898");
    step_functions: Step = step_functions(), None;
    cognito: CognitoEventUserPoolsPostConfirmation = cognito(), None;
    direct: Order = direct(), None;
}

#[tokio::test]
async fn the_record_of_a_call_keeps_the_message_of_its_event() {
    #[idempotent(key = request_id, ttl = "1h", name = "handler")]
    async fn handler<T: Serialize>(event: LambdaEvent<T>) -> Result<(), Error> {
        drop(event);
        Ok(())
    }

    async fn source<T: Serialize>(payload: T) -> Option<Source> {
        let store = Memory::new();
        let event = invoke(payload);
        let namespace = Namespace::new(None, "handler");
        let id = namespace
            .id_of_value(None, &event.context.request_id)
            .unwrap();
        let runtime = Idempotency::new(store.clone());
        runtime.scope(handler(event)).await.unwrap();
        let record = store.read(&id).await.unwrap().unwrap();
        record.provenance.origin.source.clone()
    }

    let sqs = delivery::sqs().first;
    let message = Source::of(&sqs);
    assert!(message.is_some());
    assert_eq!(source(typed::<SqsEvent>(&sqs)).await, message);
    assert_eq!(
        source(typed::<SqsMessage>(&sqs["Records"][0])).await,
        message
    );
    assert_eq!(source(sqs).await, message);
    assert_eq!(source(delivery::direct().first).await, None);
}

#[test]
fn the_page_and_this_file_have_the_same_keys() {
    let page = squeezed(include_str!("../src/events.md"));
    let tested: Vec<_> = TESTED.iter().map(|key| squeezed(key)).collect();
    for key in &tested {
        assert!(page.contains(key), "not on the page: {key}");
    }
    for written in page.split("#[idempotent(key=").skip(1) {
        let known = tested.iter().any(|key| written.starts_with(key));
        assert!(
            known || written.starts_with("request_id"),
            "not tested: {written:.80}"
        );
    }
}

/// Without space, and without the comma that may stand last.
fn squeezed(text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    text.replace(",)", ")")
}
