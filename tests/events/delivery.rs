//! Events as their sources deliver them: once, again, and another one.

use std::sync::atomic::{AtomicU32, Ordering};

use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

/// Of one source.
pub(crate) struct Deliveries {
    pub(crate) first: Value,
    /// The same event, delivered or sent once more.
    pub(crate) again: Value,
    pub(crate) other: Value,
}

impl Deliveries {
    /// The sample of that name, and what differs from it: a JSON pointer each, and the value there.
    #[expect(clippy::needless_pass_by_value, reason = "`json!` makes values")]
    fn of(sample: &str, again: Value, other: Value) -> Self {
        let first = read(sample);
        Self {
            again: changed(&first, &again),
            other: changed(&first, &other),
            first,
        }
    }
}

impl Deliveries {
    /// The first record of each.
    pub(crate) fn records(self) -> Self {
        let record = |event: Value| event["Records"][0].clone();
        Self {
            first: record(self.first),
            again: record(self.again),
            other: record(self.other),
        }
    }
}

/// A new invocation: Lambda gives each a request id of its own.
pub(crate) fn invoke<T>(payload: T) -> LambdaEvent<T> {
    static INVOCATIONS: AtomicU32 = AtomicU32::new(0);
    let mut context = Context::default();
    context.request_id = format!("request-{}", INVOCATIONS.fetch_add(1, Ordering::Relaxed));
    LambdaEvent::new(payload, context)
}

fn read(sample: &str) -> Value {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let text = std::fs::read_to_string(format!("{directory}/{sample}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn changed(event: &Value, changes: &Value) -> Value {
    let mut event = event.clone();
    for (pointer, value) in changes.as_object().unwrap() {
        let place = event.pointer_mut(pointer);
        *place.unwrap_or_else(|| panic!("the sample has no {pointer}")) = value.clone();
    }
    event
}

const ANOTHER_KEY: &str = "3f1c2a77-9f0e-4b57-8d6c-0a1b2c3d4e5f";
const ANOTHER_ORDER: &str = r#"{"orderId":"A-1002","cents":4200}"#;
const ANOTHER_ORDER_IN_BASE64: &str = "eyJvcmRlcklkIjoiQS0xMDAyIiwiY2VudHMiOjQyMDB9";
const ANOTHER_UUID: &str = "7b1e6a0d-3c52-4f0a-9d1b-52f1f3b7a9c4";

pub(crate) fn rest_api() -> Deliveries {
    Deliveries::of(
        "api-gateway-rest",
        json!({
            "/headers/X-Amzn-Trace-Id": "Root=1-6721e0f6-0a1b2c3d4e5f60718293a4b5",
            "/multiValueHeaders/X-Amzn-Trace-Id/0": "Root=1-6721e0f6-0a1b2c3d4e5f60718293a4b5",
            "/requestContext/authorizer/integrationLatency": 7,
            "/requestContext/extendedRequestId": "ZyXwVuTsjoEEy1g=",
            "/requestContext/requestId": "0d6a1b0e-7b62-11e6-9a41-93e8deadbeef",
            "/requestContext/requestTime": "30/Oct/2024:07:31:34 +0000",
            "/requestContext/requestTimeEpoch": 1_730_273_494_456_i64,
        }),
        json!({
            "/headers/Idempotency-Key": ANOTHER_KEY,
            "/multiValueHeaders/Idempotency-Key/0": ANOTHER_KEY,
            "/body": ANOTHER_ORDER,
        }),
    )
}

pub(crate) fn rest_api_with_user_pool() -> Deliveries {
    let authorized = |event: Value| {
        let authorizer = json!({ "claims": { "sub": "customer-77", "iss": "https://cognito-idp.eu-west-1.amazonaws.com" } });
        changed(&event, &json!({ "/requestContext/authorizer": authorizer }))
    };
    let Deliveries {
        first,
        again,
        other,
    } = rest_api();
    Deliveries {
        first: authorized(first),
        again: authorized(again),
        other: authorized(other),
    }
}

pub(crate) fn rest_api_with_another_body() -> Value {
    changed(&rest_api().first, &json!({ "/body": ANOTHER_ORDER }))
}

pub(crate) fn rest_api_without_the_header() -> Value {
    let mut event = rest_api().first;
    for headers in ["headers", "multiValueHeaders"] {
        event[headers]
            .as_object_mut()
            .unwrap()
            .remove("Idempotency-Key");
    }
    event
}

pub(crate) fn http_api() -> Deliveries {
    Deliveries::of(
        "api-gateway-http",
        json!({
            "/headers/x-amzn-trace-id": "Root=1-6721e0f6-0a1b2c3d4e5f60718293a4b5",
            "/requestContext/authorizer/jwt/claims/exp": "1730277094",
            "/requestContext/authorizer/jwt/claims/iat": "1730273494",
            "/requestContext/requestId": "ZyXwVuTsDoEEP1g=",
            "/requestContext/time": "30/Oct/2024:07:31:34 +0000",
            "/requestContext/timeEpoch": 1_730_273_494_456_i64,
        }),
        json!({ "/headers/idempotency-key": ANOTHER_KEY, "/body": ANOTHER_ORDER }),
    )
}

pub(crate) fn function_url() -> Deliveries {
    Deliveries::of(
        "function-url",
        json!({
            "/headers/x-amz-date": "20241030T073134Z",
            "/headers/x-amzn-trace-id": "Root=1-6721e0f6-0a1b2c3d4e5f60718293a4b5",
            "/requestContext/requestId": "6a7f3c1e-0c5d-4e2b-8f4a-9d0e1f2a3b4c",
            "/requestContext/time": "30/Oct/2024:07:31:34 +0000",
            "/requestContext/timeEpoch": 1_730_273_494_456_i64,
        }),
        json!({ "/headers/idempotency-key": ANOTHER_KEY, "/body": ANOTHER_ORDER_IN_BASE64 }),
    )
}

pub(crate) fn load_balancer() -> Deliveries {
    Deliveries::of(
        "alb",
        json!({ "/headers/x-amzn-trace-id": "Root=1-6721e0f6-0a1b2c3d4e5f60718293a4b5" }),
        json!({ "/headers/idempotency-key": ANOTHER_KEY, "/body": ANOTHER_ORDER }),
    )
}

pub(crate) fn load_balancer_with_many_values() -> Deliveries {
    Deliveries::of(
        "alb-multi-value",
        json!({ "/multiValueHeaders/x-amzn-trace-id/0": "Root=1-6721e0f6-0a1b2c3d4e5f60718293a4b5" }),
        json!({ "/multiValueHeaders/idempotency-key/0": ANOTHER_KEY, "/body": ANOTHER_ORDER }),
    )
}

pub(crate) fn sqs() -> Deliveries {
    Deliveries::of(
        "sqs",
        json!({
            "/Records/0/receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a+second",
            "/Records/0/attributes/ApproximateReceiveCount": "2",
        }),
        json!({ "/Records/0/messageId": ANOTHER_UUID, "/Records/0/body": ANOTHER_ORDER }),
    )
}

/// By the producer, or by a redrive from the dead-letter queue.
pub(crate) fn sqs_sent_twice() -> Deliveries {
    let sqs = sqs();
    let again = json!({
        "/Records/0/messageId": "e29ba1c0-5a3f-4f6e-b0b9-9f7a3d1c2e4b",
        "/Records/0/attributes/SentTimestamp": "1730273494456",
        "/Records/0/attributes/ApproximateFirstReceiveTimestamp": "1730273494470",
    });
    Deliveries {
        again: changed(&sqs.again, &again),
        ..sqs
    }
}

pub(crate) fn sns() -> Deliveries {
    Deliveries::of(
        "sns",
        json!({}),
        json!({ "/Records/0/Sns/MessageId": ANOTHER_UUID, "/Records/0/Sns/Message": ANOTHER_ORDER }),
    )
}

pub(crate) fn sns_published_twice() -> Deliveries {
    let sns = sns();
    let again = json!({
        "/Records/0/Sns/MessageId": "c1d7d8a6-0f7e-5a6c-8e0b-85a57f3e9b1d",
        "/Records/0/Sns/Timestamp": "2024-10-30T07:31:34.456Z",
    });
    Deliveries {
        again: changed(&sns.again, &again),
        ..sns
    }
}

pub(crate) fn sns_in_sqs() -> Deliveries {
    Deliveries::of(
        "sns-in-sqs",
        json!({
            "/Records/0/receiptHandle": "AQEBzWwaftRI0KuVm4tP+/7q1rGgNqicHq+second",
            "/Records/0/attributes/ApproximateReceiveCount": "2",
        }),
        json!({
            "/Records/0/messageId": ANOTHER_UUID,
            "/Records/0/body": json!({
                "Type": "Notification",
                "MessageId": ANOTHER_UUID,
                "TopicArn": "arn:aws:sns:eu-west-1:123456789012:orders",
                "Message": ANOTHER_ORDER,
                "Timestamp": "2024-10-30T07:31:29.123Z",
            }).to_string(),
        }),
    )
}

/// By the topic: another message of the queue with the same notification in it.
pub(crate) fn sns_in_sqs_sent_twice() -> Deliveries {
    let sns_in_sqs = sns_in_sqs();
    let again = json!({
        "/Records/0/messageId": "e29ba1c0-5a3f-4f6e-b0b9-9f7a3d1c2e4b",
        "/Records/0/attributes/SentTimestamp": "1730273494456",
        "/Records/0/attributes/ApproximateFirstReceiveTimestamp": "1730273494470",
    });
    Deliveries {
        again: changed(&sns_in_sqs.again, &again),
        ..sns_in_sqs
    }
}

pub(crate) fn event_bridge() -> Deliveries {
    Deliveries::of(
        "eventbridge",
        json!({}),
        json!({ "/id": ANOTHER_UUID, "/detail/orderId": "A-1002" }),
    )
}

pub(crate) fn event_bridge_put_twice() -> Deliveries {
    let again =
        json!({ "/id": "b5a1c6f0-2f0d-4d0e-9a55-6f7b8c9d0e1f", "/time": "2024-10-30T07:31:34Z" });
    // The same order, but something else has happened to it.
    let other = json!({ "/id": ANOTHER_UUID, "/detail-type": "OrderPaid" });
    Deliveries::of("eventbridge", again, other)
}

pub(crate) fn schedule() -> Deliveries {
    Deliveries::of(
        "schedule",
        json!({ "/id": "b5a1c6f0-2f0d-4d0e-9a55-6f7b8c9d0e1f" }),
        json!({ "/id": ANOTHER_UUID, "/time": "2024-10-31T08:00:00Z" }),
    )
}

pub(crate) fn s3() -> Deliveries {
    Deliveries::of(
        "s3",
        json!({}),
        // The same object, written anew.
        json!({
            "/Records/0/eventTime": "2024-10-30T07:40:00.000Z",
            "/Records/0/responseElements/x-amz-request-id": "9B8A7C6D5E4F3021",
            "/Records/0/s3/object/versionId": "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH",
            "/Records/0/s3/object/sequencer": "006721E2F05A6B7C8D",
        }),
    )
}

pub(crate) fn dynamodb() -> Deliveries {
    Deliveries::of(
        "dynamodb",
        json!({}),
        // The same item, changed once more.
        json!({
            "/Records/0/eventID": "c81e728d9d4c2f636f067f89cc14862c",
            "/Records/0/dynamodb/NewImage/status/S": "SHIPPED",
            "/Records/0/dynamodb/SequenceNumber": "4421584500000000017450439092",
        }),
    )
}

pub(crate) fn kinesis() -> Deliveries {
    Deliveries::of(
        "kinesis",
        json!({}),
        json!({
            "/Records/0/eventID": "shardId-000000000006:49590338271490256608559692540925702759324208523137515618",
            "/Records/0/kinesis/sequenceNumber": "49590338271490256608559692540925702759324208523137515618",
            "/Records/0/kinesis/data": ANOTHER_ORDER_IN_BASE64,
        }),
    )
}

pub(crate) fn kinesis_put_twice() -> Deliveries {
    let again = json!({
        "/Records/0/eventID": "shardId-000000000006:49590338271490256608559692539572071340155124107532910690",
        "/Records/0/kinesis/sequenceNumber": "49590338271490256608559692539572071340155124107532910690",
        "/Records/0/kinesis/approximateArrivalTimestamp": 1_730_273_494.456,
    });
    let kinesis = kinesis();
    Deliveries {
        again: changed(&kinesis.first, &again),
        ..kinesis
    }
}

pub(crate) fn step_functions() -> Deliveries {
    Deliveries::of(
        "step-functions",
        json!({ "/retryCount": 1, "/taskToken": "AQCEAAAAKgAAAAMAAAAAAAAAAsecond" }),
        json!({ "/state": "ReserveStock", "/taskToken": "AQCEAAAAKgAAAAMAAAAAAAAAAthird" }),
    )
}

/// One state, entered for another item.
pub(crate) fn step_functions_map() -> Deliveries {
    let steps = step_functions();
    let other =
        json!({ "/taskToken": "AQCEAAAAKgAAAAMAAAAAAAAAAthird", "/order/orderId": "A-1002" });
    Deliveries {
        other: changed(&steps.first, &other),
        ..steps
    }
}

pub(crate) fn step_functions_callback() -> Deliveries {
    let Deliveries { first, again, .. } = step_functions();
    Deliveries {
        again: first.clone(),
        first,
        other: again,
    }
}

pub(crate) fn cognito() -> Deliveries {
    Deliveries::of(
        "cognito",
        json!({}),
        json!({ "/userName": ANOTHER_UUID, "/request/userAttributes/sub": ANOTHER_UUID }),
    )
}

pub(crate) fn direct() -> Deliveries {
    Deliveries::of("direct", json!({}), json!({ "/orderId": "A-1002" }))
}
