//! The handlers of the tests, which count their runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use idem_lambda::Execution;
use tokio::sync::Semaphore;

/// What the handlers share with their test.
pub(crate) struct Shop {
    runs: AtomicUsize,
    /// One for each run of `/gated` that has begun.
    pub(crate) begun: Semaphore,
    /// One for each run of `/gated` that may end.
    pub(crate) gate: Semaphore,
}

type Shared = State<Arc<Shop>>;

impl Shop {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            runs: AtomicUsize::new(0),
            begun: Semaphore::new(0),
            gate: Semaphore::new(0),
        })
    }

    pub(crate) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/orders", get(list).post(order).patch(order))
            .route("/refunds", post(order))
            .route("/gated", post(gated))
            .route("/status/{status}", post(status))
            .route("/bytes/{count}", post(bytes))
            .route("/token", post(token))
            .route("/panic", post(panics))
            .with_state(Arc::clone(self))
    }

    pub(crate) fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }

    /// Notes a run; which one it is.
    fn run(&self) -> usize {
        self.runs.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A response with headers of all kinds, and every byte in its body.
async fn order(State(shop): Shared) -> Response<Body> {
    let run = shop.run();
    let mut body: Vec<u8> = (0..=255).collect();
    body.extend(run.to_string().into_bytes());
    Response::builder()
        .status(StatusCode::CREATED)
        .header("location", format!("/orders/{run}"))
        .header("link", "</a>; rel=next")
        .header("content-type", "application/octet-stream")
        .header("x-run", run.to_string())
        .header("set-cookie", "session=secret")
        .header("link", "</b>; rel=prev")
        .header("etag", "\"v1\"")
        .body(body.into())
        .unwrap()
}

async fn list(State(shop): Shared) -> String {
    format!("list {}", shop.run())
}

async fn gated(State(shop): Shared) -> String {
    let run = shop.run();
    shop.begun.add_permits(1);
    shop.gate.acquire().await.unwrap().forget();
    format!("run {run}")
}

async fn status(State(shop): Shared, Path(status): Path<u16>) -> (StatusCode, String) {
    let status = StatusCode::from_u16(status).unwrap();
    (status, format!("run {}", shop.run()))
}

async fn bytes(State(shop): Shared, Path(count): Path<usize>) -> Vec<u8> {
    let run = u8::try_from(shop.run()).unwrap();
    vec![run; count]
}

async fn token(Extension(execution): Extension<Execution>) -> (StatusCode, String) {
    // Not remembered, so that there is a second attempt.
    let token = execution.token("charge").to_uuid();
    (StatusCode::BAD_GATEWAY, token)
}

async fn panics(State(shop): Shared) -> String {
    let run = shop.run();
    assert!(run > 1, "the first run fails");
    format!("run {run}")
}
