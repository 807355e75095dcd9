//! Runtimes that run every request: in shadow mode, and such as guard nothing.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Extension;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use http_body::Frame;
use idem_lambda::http::IdempotencyLayer;
use idem_lambda::observe::Outcome;
use idem_lambda::store::Memory;
use idem_lambda::{Builder, Execution, Idempotency};
use tower::ServiceExt;

use crate::broken::broken;
use crate::ear::Ear;
use crate::server::TTL;

/// A body that does not say how long it is.
struct Chunk(Option<Bytes>);

impl http_body::Body for Chunk {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|chunk| Ok(Frame::data(chunk))))
    }
}

const LARGE: &str = "0123456789+";

/// Keys of a wrong form and bodies over the limit, all of which a layer refuses.
fn refused() -> [(&'static str, Body); 4] {
    [
        ("\"open", LARGE.into()),
        ("", LARGE.into()),
        ("k-1", LARGE.into()),
        ("k-2", Body::new(Chunk(Some(LARGE.into())))),
    ]
}

/// What comes of a request, whose handler echoes and asks for its execution.
async fn echo(runtime: &Idempotency, key: &str, body: Body) -> (StatusCode, Bytes) {
    let echo = async |_: Extension<Execution>, body: Bytes| body;
    let layer = IdempotencyLayer::new("shop", TTL).request_limit(10);
    let router = Router::new().route("/echo", post(echo));
    let router: Router = router.layer(layer.runtime(runtime.clone()));
    let request = Request::post("/echo").header("idempotency-key", key);
    let response = router.oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    (
        status,
        to_bytes(response.into_body(), 1000)
            .await
            .unwrap_or_default(),
    )
}

fn with_ear(builder: Builder) -> (Idempotency, Ear) {
    let ear = Ear::default();
    (builder.observer(ear.clone()).build(), ear)
}

#[tokio::test]
async fn in_shadow_mode_what_the_layer_would_refuse_runs_and_is_reported() {
    for (key, body) in refused() {
        let (runtime, ear) = with_ear(Idempotency::builder(Memory::new()).shadow());

        let (status, body) = echo(&runtime, key, body).await;

        assert_eq!(
            (status, &*body),
            (StatusCode::OK, LARGE.as_bytes()),
            "{key}"
        );
        let told = [(Outcome::Unguarded, Some(Outcome::Refused))];
        assert_eq!(ear.heard(), told, "{key}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_in_shadow_mode_too() {
    let (runtime, ear) = with_ear(Idempotency::builder(Memory::new()).shadow());

    let (status, _) = echo(&runtime, "k-1", broken()).await;

    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(ear.heard(), [(Outcome::Refused, None)]);
}

#[tokio::test]
async fn outside_of_it_the_same_is_refused() {
    for (key, body) in refused() {
        let (runtime, ear) = with_ear(Idempotency::builder(Memory::new()));

        let (status, _) = echo(&runtime, key, body).await;

        assert!(status.is_client_error(), "{key}");
        assert_eq!(ear.heard(), [(Outcome::Refused, None)], "{key}");
    }
}

#[tokio::test]
async fn a_runtime_that_guards_nothing_refuses_nothing() {
    for (key, body) in refused() {
        let (status, body) = echo(&Idempotency::disabled(), key, body).await;

        assert_eq!(
            (status, &*body),
            (StatusCode::OK, LARGE.as_bytes()),
            "{key}"
        );
    }
}
