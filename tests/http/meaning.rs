//! What responses mean for their key, where that is not plain.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::post;
use idem_lambda::http::{IdempotencyLayer, NothingDone};
use idem_lambda::policy::OnError;
use idem_lambda::{Idempotency, store::Memory};
use tower::ServiceExt;

use crate::server::TTL;

/// What a service under this runtime gives to as many requests of one key as it has answers, and how often it ran.
async fn answered(runtime: Idempotency, answers: Vec<Response<Body>>) -> (Vec<(u16, bool)>, usize) {
    let count = answers.len();
    let runs = Arc::new(AtomicUsize::new(0));
    let answers: Arc<[_]> = answers
        .into_iter()
        .map(|answer| std::sync::Mutex::new(Some(answer)))
        .collect();
    let service = {
        let runs = Arc::clone(&runs);
        post(async move || {
            let run = runs.fetch_add(1, Ordering::Relaxed);
            answers[run].lock().unwrap().take().unwrap()
        })
    };
    let layer = IdempotencyLayer::new("shop", TTL).runtime(runtime);
    let app: Router = Router::new().route("/orders", service).layer(layer);
    let mut seen = Vec::new();
    for _ in 0..count {
        let request = Request::post("/orders").header("idempotency-key", "k-1");
        let request = request.body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let is_replay = response.headers().contains_key("idempotency-replayed");
        seen.push((response.status().as_u16(), is_replay));
    }
    (seen, runs.load(Ordering::Relaxed))
}

fn answer(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn runtime() -> Idempotency {
    Idempotency::new(Memory::new())
}

#[tokio::test]
async fn nothing_is_held_for_a_person_where_nothing_was_done() {
    for status in [429, 415, 400] {
        let mut refusal = answer(StatusCode::from_u16(status).unwrap());
        refusal.extensions_mut().insert(NothingDone);
        let holding = Idempotency::builder(Memory::new()).on_error(OnError::Hold);
        let answers = vec![refusal, answer(StatusCode::CREATED)];
        let (seen, runs) = answered(holding.build(), answers).await;
        assert_eq!((seen, runs), (vec![(status, false), (201, false)], 2));
    }
    let holding = Idempotency::builder(Memory::new()).on_error(OnError::Hold);
    let answers = vec![answer(StatusCode::BAD_GATEWAY), answer(StatusCode::CREATED)];
    let (seen, runs) = answered(holding.build(), answers).await;
    assert_eq!((seen, runs), (vec![(502, false), (409, false)], 1));
}

/// The body of the request has been read by then: it is a handler that was stopped, whose effect may have happened.
#[tokio::test]
async fn a_timeout_behind_the_layer_is_a_result_so_that_nothing_runs_twice() {
    let answers = vec![
        answer(StatusCode::REQUEST_TIMEOUT),
        answer(StatusCode::CREATED),
    ];
    let (seen, runs) = answered(runtime(), answers).await;
    assert_eq!((seen, runs), (vec![(408, false), (408, true)], 1));
}

#[tokio::test]
async fn an_interim_response_is_no_result() {
    let answers = vec![
        answer(StatusCode::SWITCHING_PROTOCOLS),
        answer(StatusCode::CREATED),
    ];
    let (seen, runs) = answered(runtime(), answers).await;
    assert_eq!((seen, runs), (vec![(101, false), (201, false)], 2));
}

#[tokio::test]
async fn a_service_cannot_mark_its_own_response_as_a_replay() {
    let marked = |status| {
        let mut response = answer(status);
        let mark = "true".parse().unwrap();
        response.headers_mut().insert("idempotency-replayed", mark);
        response
    };
    let answers = vec![marked(StatusCode::BAD_GATEWAY), marked(StatusCode::CREATED)];
    let (seen, _) = answered(runtime(), answers).await;
    assert_eq!(seen, [(502, false), (201, false)]);
}
