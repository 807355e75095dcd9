//! What each form of a key makes equal, and what it refuses.

use idem_lambda::{Error, idempotent};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

use crate::{Order, Runs, order, runtime};

/// Calls a handler with each event and gives the run whose result came back, or none where the event was refused.
macro_rules! runs {
    ($handler:ident, $events:expr) => {{
        let runs = Runs::default();
        let calls = async {
            let mut results = Vec::new();
            for event in $events {
                match $handler(event, &runs).await {
                    Ok(run) => results.push(Some(run)),
                    Err(error) => {
                        assert!(error.is_missing_key() || error.is_invalid_key(), "{error}");
                        results.push(None);
                    }
                }
            }
            results
        };
        runtime().scope(calls).await
    }};
}

#[idempotent(key = json("$.body", "$.orderId"), ttl = "1h")]
async fn of_body(request: Value, runs: &Runs) -> Result<u32, Error> {
    drop(request);
    Ok(runs.note())
}

#[tokio::test]
async fn json_in_a_string_is_a_key_whatever_stands_around_it() {
    let events = [
        json!({ "body": r#"{"orderId":"A-1","cents":1}"# }),
        json!({ "body": "{ \"cents\": 2, \"orderId\": \"A-1\" }" }),
        json!({ "body": r#"{"orderId":"A-2"}"# }),
        json!({ "body": { "orderId": "A-1" } }),
        json!({ "body": "A-1" }),
        json!({ "body": r#"{"orderId":""}"# }),
    ];
    let expected = [Some(1), Some(1), Some(2), None, None, None];
    assert_eq!(runs!(of_body, events), expected);
}

#[idempotent(key = json(base64("$.Records[0].kinesis.data"), "$.orderId"), ttl = "1h")]
async fn of_stream(batch: Value, runs: &Runs) -> Result<u32, Error> {
    drop(batch);
    Ok(runs.note())
}

#[tokio::test]
async fn base64_is_decoded() {
    let record = |data: &str| json!({ "Records": [{ "kinesis": { "data": data } }] });
    let events = [
        record("eyJvcmRlcklkIjoiQS0xIn0="),
        record("eyJvcmRlcklkIjoiQS0xIn0"),
        record("eyAib3JkZXJJZCI6ICJBLTEiIH0="),
        record("eyJvcmRlcklkIjoiQS0yIn0="),
        record("{}"),
    ];
    let expected = [Some(1), Some(1), Some(1), Some(2), None];
    assert_eq!(runs!(of_stream, events), expected);
}

#[idempotent(key = header("Idempotency-Key"), ttl = "1h")]
async fn of_header(request: Value, runs: &Runs) -> Result<u32, Error> {
    drop(request);
    Ok(runs.note())
}

#[tokio::test]
async fn a_header_is_found_in_any_case() {
    let events = [
        json!({ "headers": { "Idempotency-Key": "k-1" } }),
        json!({ "headers": { "idempotency-key": "k-1", "accept": "*/*" } }),
        json!({ "headers": null, "multiValueHeaders": { "IDEMPOTENCY-KEY": ["k-1"] } }),
        json!({ "headers": { "idempotency-key": "k-2" } }),
        json!({ "multiValueHeaders": { "idempotency-key": ["k-1", "k-2"] } }),
        json!({ "headers": { "accept": "*/*" } }),
    ];
    let expected = [Some(1), Some(1), Some(1), Some(2), None, None];
    assert_eq!(runs!(of_header, events), expected);
}

#[idempotent(key = request_id, ttl = "1h")]
async fn of_request(event: LambdaEvent<Order>, runs: &Runs) -> Result<u32, Error> {
    drop(event);
    Ok(runs.note())
}

#[tokio::test]
async fn the_request_id_is_the_key_whatever_the_payload() {
    let request = |id: &str, number: &str| {
        let mut context = Context::default();
        context.request_id = id.to_owned();
        LambdaEvent::new(order(number), context)
    };
    let events = [
        request("r-1", "A-1"),
        request("r-1", "A-2"),
        request("r-2", "A-1"),
        request("", "A-1"),
    ];
    assert_eq!(runs!(of_request, events), [Some(1), Some(1), Some(2), None]);
}

#[idempotent(key = ("$.tenant", (header("x-order"), json("$.body", "$.line")), |event| event["body"].as_str()), ttl = "1h")]
async fn of_tuples(event: Value, runs: &Runs) -> Result<u32, Error> {
    drop(event);
    Ok(runs.note())
}

#[tokio::test]
async fn each_part_of_nested_tuples_counts_and_is_required() {
    let event = |tenant: &str, order: &str, body: &str| json!({ "tenant": tenant, "headers": { "X-Order": order }, "body": body });
    let events = [
        event("t", "A-1", r#"{"line":1}"#),
        event("t", "A-1", r#"{"line":1}"#),
        event("u", "A-1", r#"{"line":1}"#),
        event("t", "A-2", r#"{"line":1}"#),
        event("t", "A-1", r#"{"line":2}"#),
        event("t", "A-1", r#"{"line":2.0}"#),
        event("t", "", r#"{"line":1}"#),
        event("t", "A-1", r#"{"line":null}"#),
    ];
    let expected = [
        Some(1),
        Some(1),
        Some(2),
        Some(3),
        Some(4),
        Some(5),
        None,
        None,
    ];
    assert_eq!(runs!(of_tuples, events), expected);
}

impl Order {
    fn number(&self) -> Option<&str> {
        self.order_id.strip_prefix("A-")
    }
}

#[idempotent(key = |order| order.number(), ttl = "1h")]
async fn of_number(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(runs.note())
}

#[tokio::test]
async fn a_closure_borrows_its_key_from_the_event() {
    let events = ["A-1", "A-1", "A-2", "B-1", "A-"].map(order);
    assert_eq!(
        runs!(of_number, events),
        [Some(1), Some(1), Some(2), None, None]
    );
}

#[idempotent(key = |Order { lines, .. }| lines, ttl = "1h")]
async fn of_pattern(Order { lines, .. }: Order, runs: &Runs) -> Result<u32, Error> {
    assert!(lines.len() < 9);
    Ok(runs.note())
}

#[tokio::test]
async fn a_value_of_a_closure_is_the_same_key_as_what_a_path_selects() {
    let events = [order("A-1"), order("A-2"), Order::default()];
    assert_eq!(runs!(of_pattern, events), [Some(1), Some(1), None]);
}

#[idempotent(key = volatile("$.receiptHandle"), ttl = "1h")]
async fn of_receipt(message: Value, runs: &Runs) -> Result<u32, Error> {
    drop(message);
    Ok(runs.note())
}

#[tokio::test]
async fn what_is_volatile_is_a_key_where_it_is_meant() {
    let events = ["r-1", "r-1", "r-2"].map(|receipt| json!({ "receiptHandle": receipt }));
    assert_eq!(runs!(of_receipt, events), [Some(1), Some(1), Some(2)]);
}

#[idempotent(key = "$.orderId", fingerprint = ("$.customer", |order| order.lines.len()), ttl = "1h")]
async fn with_a_fingerprint(order: Order, runs: &Runs) -> Result<u32, Error> {
    drop(order);
    Ok(runs.note())
}

#[tokio::test]
async fn a_key_of_another_fingerprint_is_refused_and_does_not_run() {
    let runs = Runs::default();
    let calls = async {
        let mut changed = order("A-1");
        changed.lines[0].sku = "c".to_owned();
        assert_eq!(with_a_fingerprint(order("A-1"), &runs).await.unwrap(), 1);
        assert_eq!(with_a_fingerprint(changed, &runs).await.unwrap(), 1);
        let mut shorter = order("A-1");
        shorter.lines.pop();
        let mut of_another = order("A-1");
        // Null is a value, in a fingerprint.
        of_another.customer = None;
        for differs in [shorter, of_another.clone()] {
            let error = with_a_fingerprint(differs, &runs).await.unwrap_err();
            assert!(error.is_mismatch(), "{error}");
        }
        of_another.order_id = "A-2".to_owned();
        for _ in 0..2 {
            let run = with_a_fingerprint(of_another.clone(), &runs).await;
            assert_eq!(run.unwrap(), 2);
        }
    };
    runtime().scope(calls).await;
}

#[idempotent(key = |event| event["id"].as_u64(), fingerprint = |event| event["total"].as_u64(), ttl = "1h")]
async fn of_two_closures(event: Value, runs: &Runs) -> Result<u32, Error> {
    drop(event);
    Ok(runs.note())
}

#[tokio::test]
async fn closures_of_key_and_fingerprint_are_not_mixed_up() {
    let runs = Runs::default();
    let call = |id: u8, total: u8| of_two_closures(json!({ "id": id, "total": total }), &runs);
    let calls = async {
        assert_eq!(call(1, 2).await.unwrap(), 1);
        assert_eq!(call(2, 1).await.unwrap(), 2);
        assert_eq!(call(1, 2).await.unwrap(), 1);
        assert!(call(1, 1).await.unwrap_err().is_mismatch());
    };
    runtime().scope(calls).await;
}
