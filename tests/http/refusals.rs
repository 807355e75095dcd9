//! What is refused before the handler begins.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request, State};
use axum::routing::post;
use axum::{Extension, Json, Router};
use idem_lambda::http::NothingDone;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;

use crate::server::{Seen, Server};

/// `Json` that marks its refusals, as in the documentation.
struct Payload<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Payload<T> {
    type Rejection = (Extension<NothingDone>, JsonRejection);

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let payload = Json::from_request(request, state).await;
        payload
            .map(|Json(payload)| Self(payload))
            .map_err(|refusal| (Extension(NothingDone), refusal))
    }
}

type Runs = State<Arc<AtomicUsize>>;

async fn unmarked(State(runs): Runs, Json(item): Json<String>) -> String {
    format!("{item} {}", runs.fetch_add(1, Ordering::Relaxed) + 1)
}

async fn marked(runs: Runs, Payload(item): Payload<String>) -> String {
    unmarked(runs, Json(item)).await
}

async fn server() -> Server {
    Server::serving(|_, layer| {
        Router::new()
            .route("/unmarked", post(unmarked))
            .route("/marked", post(marked))
            .with_state(Runs::default().0)
            .route_layer(layer)
    })
    .await
}

fn json(request: RequestBuilder, body: &'static str) -> RequestBuilder {
    request
        .header("content-type", "application/json")
        .body(body)
}

#[tokio::test]
async fn a_request_of_another_media_type_may_come_again_corrected() {
    let server = server().await;
    let post = || server.post("/unmarked", "k-1");

    let refused = Seen::of(post().body("\"tea\"")).await;
    let corrected = Seen::of(json(post(), "\"tea\"")).await;

    assert_eq!(refused.status, 415);
    assert_eq!((corrected.status, corrected.text()), (200, "tea 1"));
}

#[tokio::test]
async fn a_refusal_that_says_that_nothing_was_done_is_not_remembered() {
    let server = server().await;

    for (body, status) in [("\"tea", 400), ("{}", 422)] {
        let key = format!("k-{status}");
        let post = |body| json(server.post("/marked", &key), body);

        let refused = Seen::of(post(body)).await;
        let again = Seen::of(post(body)).await;
        let corrected = Seen::of(post("\"tea\"")).await;

        assert_eq!((refused.status, refused.is_replay()), (status, false));
        assert_eq!((again.status, again.is_replay()), (status, false));
        assert_eq!((corrected.status, corrected.is_replay()), (200, false));
        assert!(Seen::of(post("\"tea\"")).await.is_replay());
    }
}

#[tokio::test]
async fn a_refusal_that_does_not_say_so_is_a_result() {
    let server = server().await;

    for (body, status) in [("\"tea", 400), ("{}", 422)] {
        let key = format!("k-{status}");
        let post = || json(server.post("/unmarked", &key), body);

        let refused = Seen::of(post()).await;
        let again = Seen::of(post()).await;

        assert_eq!((refused.status, again.status), (status, status));
        assert!(again.is_replay());
    }
}

#[tokio::test]
async fn what_has_no_route_does_not_come_to_a_layer_of_routes() {
    let server = server().await;

    let nowhere = Seen::of(server.post("/nowhere", "\"no key")).await;

    assert_eq!((nowhere.status, nowhere.text()), (404, ""));
}
