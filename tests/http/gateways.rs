//! What gateways and `lambda_http` make of requests and responses, that must not make a difference.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use idem_lambda::http::IdempotencyLayer;
use idem_lambda::{Event, Idempotency, idempotent, store::Memory};
use lambda_http::{Body, Error, IntoResponse, Request, Response};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::lambda::{EVENTS, request};
use crate::server::TTL;

/// A request through each gateway with these parameters, read anew.
fn with_parameters(event: &str, pairs: &[(&str, &str)]) -> Request {
    let mut event: Value = serde_json::from_str(event).unwrap();
    let one: Value = pairs
        .iter()
        .map(|(name, value)| (*name, json!(value)))
        .collect();
    let many: Value = pairs
        .iter()
        .map(|(name, value)| (*name, json!([value])))
        .collect();
    let query: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    event["queryStringParameters"] = one;
    event["rawQueryString"] = query.join("&").into();
    if event.get("multiValueQueryStringParameters").is_some() {
        event["multiValueQueryStringParameters"] = many;
    }
    request(&event.to_string(), "k-1")
}

#[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http, name = "parameters")]
async fn order(_request: Request) -> Result<impl IntoResponse, Error> {
    Ok("ordered")
}

fn is_replay(response: &Response<impl Sized>) -> bool {
    response.headers().contains_key("idempotency-replayed")
}

#[tokio::test]
async fn the_order_of_parameters_does_not_count_and_their_values_do() {
    let sent = [
        ("currency", "EUR"),
        ("dry", "0"),
        ("lang", "de"),
        ("shop", "7"),
    ];
    let mut other = sent;
    other[3].1 = "8";
    for (name, event) in EVENTS {
        let runtime = Idempotency::new(Memory::new());
        let layer = IdempotencyLayer::for_lambda_http("shop", TTL).runtime(runtime.clone());
        let service = layer.layer(service_fn(async |_: Request| {
            Ok::<_, Error>(Response::new(Body::from("ordered")))
        }));
        let mut statuses = Vec::new();
        for pairs in [&sent; 10].into_iter().chain([&other]) {
            let request = || with_parameters(event, pairs);
            let by_layer = service.clone().oneshot(request()).await.unwrap();
            let by_attribute = runtime.scope(order(request())).await.unwrap();
            let by_attribute = by_attribute.into_response().await;
            assert_eq!(by_layer.status(), by_attribute.status(), "{name}");
            assert_eq!(is_replay(&by_layer), is_replay(&by_attribute), "{name}");
            statuses.push((by_layer.status().as_u16(), is_replay(&by_layer)));
        }
        assert_eq!(statuses[0], (200, false), "{name}");
        assert_eq!(statuses[1..10], [(200, true); 9], "{name}");
        assert_eq!(statuses[10], (422, false), "{name}");
    }
}

/// A body that fails after its first half.
struct Broken(bool);

impl http_body::Body for Broken {
    type Data = axum::body::Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<http_body::Frame<Self::Data>>>> {
        let is_broken = std::mem::replace(&mut self.0, true);
        Poll::Ready(Some(if is_broken {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(http_body::Frame::data("half".into()))
        }))
    }
}

#[tokio::test]
async fn a_response_that_breaks_off_counts_as_done() {
    static CHARGES: AtomicUsize = AtomicUsize::new(0);
    #[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http, name = "broken")]
    async fn charge(_request: Request) -> Result<impl IntoResponse, Error> {
        CHARGES.fetch_add(1, Ordering::Relaxed);
        Ok(Response::builder().status(201).body(Broken(false))?)
    }
    let idempotency = Idempotency::new(Memory::new());
    for _ in 0..3 {
        let charged = idempotency.scope(charge(request(EVENTS[1].1, "k-1"))).await;
        let response = charged.unwrap().into_response().await;
        let problem: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.status(), 409);
        assert!(problem["type"].as_str().unwrap().ends_with("#no-response"));
    }
    assert_eq!(CHARGES.load(Ordering::Relaxed), 1);
}

/// A REST API that takes no binary types passes Base64 on as it is.
#[tokio::test]
async fn a_replay_of_the_attribute_goes_to_the_gateway_in_the_form_of_the_first_response() {
    #[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http, name = "form")]
    async fn receipt(request: Request) -> Result<impl IntoResponse, Error> {
        let r#type = &request.headers()["idempotency-key"];
        let response = Response::builder().header("content-type", r#type);
        Ok(response.body(Body::from("plain"))?)
    }
    let idempotency = Idempotency::new(Memory::new());
    for key in ["text/plain", "application/octet-stream"] {
        let mut bodies = Vec::new();
        for _ in 0..2 {
            let answer = idempotency.scope(receipt(request(EVENTS[0].1, key))).await;
            bodies.push(answer.unwrap().into_response().await.into_body());
        }
        assert_eq!(bodies[0], bodies[1]);
        assert_eq!(matches!(bodies[0], Body::Text(_)), key == "text/plain");
    }
}

#[tokio::test]
async fn what_is_compared_and_is_not_there_is_the_fault_of_the_client() {
    #[idempotent(
        key = header("idempotency-key"),
        fingerprint = json("$.body", "$.amount"),
        ttl = "1h",
        codec = http,
        name = "amount"
    )]
    async fn charge(_request: Request) -> Result<impl IntoResponse, Error> {
        Ok("charged")
    }
    let idempotency = Idempotency::new(Memory::new());
    for body in [
        "{nonsense".into(),
        "{}".into(),
        Body::Empty,
        Body::from(vec![0xff]),
    ] {
        let mut sent = request(EVENTS[1].1, "k-1");
        *sent.body_mut() = body;
        let response = idempotency.scope(charge(sent)).await.unwrap();
        let response = response.into_response().await;
        let problem: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.status(), 400);
        assert!(
            problem["type"]
                .as_str()
                .unwrap()
                .ends_with("#invalid-request")
        );
    }
    let mut sent = request(EVENTS[1].1, "k-1");
    *sent.body_mut() = r#"{"amount":1}"#.into();
    let response = idempotency.scope(charge(sent)).await.unwrap();
    assert_eq!(response.into_response().await.status(), 200);
}

#[test]
fn debug_shows_nothing_of_a_request() {
    let mut sent = request(EVENTS[1].1, "8e03978e");
    *sent.body_mut() = "4111-1111-1111-1111".into();
    let shown = format!("{:?}", Event::payload(&sent));
    assert_eq!(shown, "Payload { .. }");
}
