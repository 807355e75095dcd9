//! Bodies that break off, in the process: a client would see its own end of the connection only.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use idem_lambda::Idempotency;
use idem_lambda::http::IdempotencyLayer;
use idem_lambda::store::Memory;
use tower::{Layer, ServiceExt, service_fn};

use crate::server::TTL;

/// Gives one chunk, and then breaks off.
struct Broken(Option<Bytes>);

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let chunk = self.0.take().map(Frame::data);
        Poll::Ready(Some(
            chunk.ok_or(std::io::ErrorKind::ConnectionReset.into()),
        ))
    }
}

/// Says how long it is, and must not be read.
struct Declared(u64);

impl http_body::Body for Declared {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        panic!("it was read");
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

pub(crate) fn broken() -> Body {
    Body::new(Broken(Some(Bytes::from_static(b"half"))))
}

fn post(body: Body) -> Request<Body> {
    let request = Request::post("/orders").header("idempotency-key", "k-1");
    request.body(body).unwrap()
}

fn layer() -> IdempotencyLayer {
    IdempotencyLayer::new("shop", TTL).runtime(Idempotency::new(Memory::new()))
}

#[tokio::test]
async fn a_request_that_breaks_off_does_not_run() {
    let handler = service_fn(async |_: Request<Body>| -> Result<Response<Body>, String> {
        Err("it ran".to_owned())
    });

    let response = layer()
        .layer(handler)
        .oneshot(post(broken()))
        .await
        .unwrap();

    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

/// Who waits with it for `100 Continue` need not send it.
#[tokio::test]
async fn a_body_that_says_itself_that_it_is_too_large_is_not_read() {
    let handler = service_fn(async |_: Request<Body>| -> Result<Response<Body>, String> {
        Err("it ran".to_owned())
    });
    let service = layer().request_limit(10).layer(handler);

    let response = service.oneshot(post(Body::new(Declared(11)))).await;

    assert_eq!(response.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_response_that_breaks_off_counts_as_done() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let handler = service_fn(async |_: Request<Body>| {
        RUNS.fetch_add(1, Ordering::Relaxed);
        Ok::<_, String>(Response::new(broken()))
    });
    let service = layer().layer(handler);

    let first = service.clone().oneshot(post(Body::empty())).await.unwrap();
    let second = service.oneshot(post(Body::empty())).await.unwrap();

    let body = axum::body::to_bytes(Body::new(first.into_body()), 100).await;
    assert!(body.is_err(), "the client sees that it broke off");
    assert_eq!(second.status(), StatusCode::CONFLICT);
    assert_eq!(RUNS.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_service_that_fails_leaves_its_key_free() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let handler =
        service_fn(
            async |request: Request<Body>| match RUNS.fetch_add(1, Ordering::Relaxed) {
                0 => Err("unavailable".to_owned()),
                _ => Ok(Response::new(request.into_body())),
            },
        );
    let service = layer().layer(handler);

    let first = service.clone().oneshot(post(Body::from("a"))).await;
    let second = service.oneshot(post(Body::from("a"))).await.unwrap();

    assert_eq!(first.unwrap_err(), "unavailable");
    assert_eq!(second.status(), StatusCode::OK);
}

#[tokio::test]
async fn without_a_runtime_nothing_runs() {
    let handler = service_fn(async |_: Request<Body>| -> Result<Response<Body>, String> {
        Err("it ran".to_owned())
    });

    let service = IdempotencyLayer::new("shop", TTL).layer(handler);
    let response = service.oneshot(post(Body::empty())).await.unwrap();

    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_runtime_of_the_scope_serves() {
    let handler =
        service_fn(async |_: Request<Body>| Ok::<_, String>(Response::new(Body::empty())));

    let service = IdempotencyLayer::new("shop", TTL).layer(handler);
    let runtime = Idempotency::new(Memory::new());
    for replayed in [None, Some("true")] {
        let response = runtime.scope(service.clone().oneshot(post(Body::empty())));
        let response = response.await.unwrap();
        let mark = response.headers().get("idempotency-replayed");
        assert_eq!(mark.map(|mark| mark.to_str().unwrap()), replayed);
    }
}
