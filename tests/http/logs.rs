//! What is told of requests that do not become calls.

use axum::body::Body;
use axum::http::{Request, Response};
use idem_lambda::http::IdempotencyLayer;
use idem_lambda::observe::Outcome;
use idem_lambda::store::Memory;
use idem_lambda::{Idempotency, idempotent};
use lambda_http::{Context, Error, IntoResponse};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tracing::Level;

use crate::broken::broken;
use crate::ear::Ear;
use crate::lambda::{EVENTS, request};
use crate::log::logged;
use crate::server::TTL;

/// A layer that takes bodies of ten bytes.
fn layer() -> IdempotencyLayer {
    IdempotencyLayer::new("shop", TTL).request_limit(10)
}

/// What `layer` answers to an order in the invocation r-1, whose handler must not run.
async fn status(layer: IdempotencyLayer, key: &str, body: Body) -> u16 {
    let mut context = Context::default();
    context.request_id = "r-1".into();
    let request = Request::post("/orders").extension(context);
    let request = request.header("idempotency-key", key).body(body).unwrap();
    let handler = service_fn(async |_: Request<Body>| -> Result<Response<Body>, String> {
        Err("it ran".to_owned())
    });
    let response = layer.layer(handler).oneshot(request).await.unwrap();
    response.status().as_u16()
}

/// The reason in the one event of a refused request.
#[track_caller]
fn refusal<'l>(lines: &'l [Value], handler: &str) -> &'l str {
    let [line] = lines else {
        panic!("{lines:?}");
    };
    assert_eq!(
        (&line["target"], &line["level"]),
        (&"idem".into(), &"WARN".into())
    );
    let fields = &line["fields"];
    assert_eq!(fields["outcome"], "refused");
    assert_eq!(fields["handler"], handler);
    assert_eq!(fields.get("record"), None);
    assert!(!line.to_string().contains("hush"), "{line}");
    fields["reason"].as_str().unwrap()
}

#[test]
fn a_request_that_is_refused_before_it_is_a_call_is_one_event_and_observers_are_told() {
    let cases = [
        (
            "\"hush",
            Body::empty(),
            400,
            "The value is neither a string in quotes, as in RFC 9651, nor one word without quotes.",
        ),
        ("", Body::empty(), 400, "The key is empty."),
        (
            "hush",
            Body::from("0123456789+"),
            413,
            "The body is larger than this operation takes. Nothing was done.",
        ),
        (
            "hush",
            broken(),
            400,
            "The body ended before it was complete. Nothing was done.",
        ),
    ];
    for (key, body, expected, reason) in cases {
        let ear = Ear::default();
        let runtime = Idempotency::builder(Memory::new()).function("f");
        let layer = layer().runtime(runtime.observer(ear.clone()).build());
        let lines = logged(Level::INFO, async {
            assert_eq!(status(layer, key, body).await, expected);
        });
        assert_eq!(refusal(&lines, "f/shop"), reason);
        assert_eq!(lines[0]["fields"]["request_id"], "r-1");
        assert_eq!(ear.heard(), [(Outcome::Refused, None)]);
    }
}

#[test]
fn a_layer_without_a_runtime_says_in_the_log_what_to_write() {
    let lines = logged(Level::INFO, async {
        assert_eq!(status(layer(), "hush", Body::empty()).await, 500);
    });

    let reason = refusal(&lines, "shop");
    assert!(
        reason.starts_with("no idempotency runtime; write "),
        "{reason}"
    );
    assert_eq!(lines[0]["fields"]["request_id"], "r-1");
}

#[test]
fn a_handler_with_a_malformed_key_is_one_event_without_its_value() {
    #[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http, name = "order")]
    async fn order(_request: lambda_http::Request) -> Result<impl IntoResponse, Error> {
        Ok("it ran")
    }

    let lines = logged(Level::INFO, async {
        let order = order(request(EVENTS[1].1, "\"hush"));
        let answer = Idempotency::new(Memory::new()).scope(order).await.unwrap();
        assert_eq!(answer.into_response().await.status(), 400);
    });

    let reason = refusal(&lines, "order");
    assert!(
        reason.starts_with("the event's idempotency key cannot be used: "),
        "{reason}"
    );
}
