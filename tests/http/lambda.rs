//! The layer on what `lambda_http` makes of the events of API Gateway, load balancers and function URLs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use idem_lambda::clock::{ManualClock, UnixMillis};
use idem_lambda::http::IdempotencyLayer;
use idem_lambda::{Execution, Idempotency, store::Memory};
use lambda_http::{Body, Context, Error, IntoResponse, Request, RequestExt, Response};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::server::TTL;

pub(crate) const EVENTS: [(&str, &str); 4] = [
    (
        "API Gateway, REST",
        include_str!("../data/api-gateway-rest.json"),
    ),
    (
        "API Gateway, HTTP",
        include_str!("../data/api-gateway-http.json"),
    ),
    ("load balancer", include_str!("../data/alb.json")),
    ("function URL", include_str!("../data/function-url.json")),
];

/// The request that the platform makes of an event, with this key.
pub(crate) fn request(event: &str, key: &str) -> Request {
    let mut request = lambda_http::request::from_str(event).unwrap();
    *request.method_mut() = lambda_http::http::Method::POST;
    let headers = request.headers_mut();
    headers.insert("idempotency-key", key.parse().unwrap());
    request
}

/// Answers with the body that it got, and what kind it was.
async fn echo(request: Request) -> Result<Response<Body>, Error> {
    let kind = match request.body() {
        Body::Empty => "empty",
        Body::Text(_) => "text",
        Body::Binary(_) => "binary",
        _ => "unknown",
    };
    let response = Response::builder().header("x-kind", kind);
    Ok(response.body(request.into_body())?)
}

fn runtime() -> Idempotency {
    Idempotency::new(Memory::new())
}

#[tokio::test]
async fn an_event_of_each_gateway_runs_once() {
    for (name, event) in EVENTS {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let handler = service_fn(move |request| {
            counted.fetch_add(1, Ordering::Relaxed);
            echo(request)
        });
        let layer = IdempotencyLayer::for_lambda_http("shop", TTL).runtime(runtime());
        let service = layer.layer(handler);

        let first = service.clone().oneshot(request(event, "\"k-1\"")).await;
        let second = service.clone().oneshot(request(event, "\"k-1\"")).await;
        let (first, second) = (first.unwrap(), second.unwrap());

        assert_eq!(first.status(), 200, "{name}");
        assert!(
            !first.headers().contains_key("idempotency-replayed"),
            "{name}"
        );
        assert_eq!(second.headers()["idempotency-replayed"], "true", "{name}");
        let mut bodies = Vec::new();
        for response in [first, second] {
            let body = axum::body::Body::new(response.into_body());
            bodies.push(axum::body::to_bytes(body, 100_000).await.unwrap());
        }
        assert_eq!(bodies[0], bodies[1], "{name}");
        assert_eq!(runs.load(Ordering::Relaxed), 1, "{name}");
    }
}

#[tokio::test]
async fn the_handler_gets_the_body_as_it_came() {
    let layer = IdempotencyLayer::for_lambda_http("shop", TTL).runtime(runtime());
    let service = layer.layer(service_fn(echo));
    let bodies = [
        ("empty", Body::Empty),
        ("text", Body::from("text")),
        ("text", Body::from("")),
        ("binary", Body::from(&b"text"[..])),
        ("binary", Body::from(vec![0xff])),
    ];

    for (place, (kind, body)) in bodies.into_iter().enumerate() {
        let mut request = request(EVENTS[0].1, &format!("k-{place}"));
        *request.body_mut() = body;
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()["x-kind"], kind, "{place}");
    }
}

/// A gateway may be set up to take text only.
#[tokio::test]
async fn a_replay_goes_to_the_gateway_as_text_where_the_first_response_does() {
    let layer = IdempotencyLayer::for_lambda_http("shop", TTL).runtime(runtime());
    let service = layer.layer(service_fn(async |_: Request| {
        let response = Response::builder().header("content-type", "application/x-ndjson");
        let response = response.header("x-lambda-http-content-encoding", "text");
        Ok::<_, Error>(response.body(Body::from("{}"))?)
    }));

    for _ in 0..2 {
        let response = service.clone().oneshot(request(EVENTS[0].1, "k-1")).await;
        let response = response.unwrap().into_response().await;
        assert_eq!(*response.body(), Body::Text("{}".to_owned()));
    }
}

#[tokio::test]
async fn the_deadline_is_that_of_the_invocation() {
    let now = UnixMillis(1_800_000_000_000);
    let builder = Idempotency::builder(Memory::new()).clock(ManualClock::at(now));
    let layer = IdempotencyLayer::for_lambda_http("shop", TTL).runtime(builder.build());
    let handler = service_fn(async |request: Request| {
        let execution = request.extensions().get::<Execution>().unwrap();
        let remaining = execution.remaining().as_millis().to_string();
        Ok::<_, Error>(
            Response::builder()
                .header("x-ms", remaining)
                .body(Body::Empty)?,
        )
    });
    let mut context = Context::default();
    context.deadline = now.0 + 7_000;
    let request = request(EVENTS[1].1, "k-1").with_lambda_context(context);

    let response = layer.layer(handler).oneshot(request).await.unwrap();

    assert_eq!(response.headers()["x-ms"], "7000");
}

#[test]
fn the_runtime_of_lambda_takes_the_service_also_for_many_invocations_at_once() {
    fn is_taken<S>(_: &S)
    where
        S: Service<Request, Error = Error, Future: Send> + Clone + Send + 'static,
        S::Response: IntoResponse + Send + Sync + 'static,
    {
    }
    let layer = IdempotencyLayer::for_lambda_http("shop", TTL);
    is_taken(&layer.layer(service_fn(echo)));
}
