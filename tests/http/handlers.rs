//! The attribute on handlers of `lambda_http`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use idem_lambda::http::NothingDone;
use idem_lambda::store::{Failure, Memory};
use idem_lambda::testing::{Fault, FaultyStore, Verb};
use idem_lambda::{Idempotency, idempotent};
use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, Error, IntoResponse, Request, RequestExt, Response};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::lambda::{EVENTS, request};

/// A function instance, and what its handler does.
struct Instance {
    idempotency: Idempotency,
    store: FaultyStore,
    runs: AtomicUsize,
}

impl Instance {
    fn new() -> Self {
        let store = FaultyStore::new(Memory::new());
        Self {
            idempotency: Idempotency::new(store.clone()),
            store,
            runs: AtomicUsize::new(0),
        }
    }

    /// What the body says is what is answered.
    #[idempotent(
        key = header("idempotency-key"),
        fingerprint = "$.body",
        ttl = "1h",
        codec = http,
        name = "order",
        runtime = self.idempotency
    )]
    async fn order(&self, request: Request) -> Result<impl IntoResponse, Error> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
        let text = str::from_utf8(request.body())?;
        let mut response = Response::builder().header("set-cookie", "secret");
        match text {
            "fail" if run == 1 => return Err("the first run fails".into()),
            "busy" if run == 1 => response = response.status(StatusCode::SERVICE_UNAVAILABLE),
            "unread" if run == 1 => {
                response = response
                    .status(StatusCode::BAD_REQUEST)
                    .extension(NothingDone);
            }
            "latin" => response = response.header("content-type", "text/plain; charset=iso-8859-1"),
            _ => response = response.status(StatusCode::CREATED),
        }
        let body = match text {
            "latin" => vec![b'1', 0xe4],
            "large" => vec![b'x'; 256 * 1024 + 1],
            _ => format!("run {run}").into_bytes(),
        };
        Ok(response.body(Body::Binary(body))?)
    }

    async fn answer(&self, request: Request) -> Response<Body> {
        self.order(request).await.unwrap().into_response().await
    }
}

/// A request of an HTTP API, with this key and body.
fn post(key: &str, body: &str) -> Request {
    let mut request = request(EVENTS[1].1, key);
    *request.body_mut() = Body::from(body);
    request
}

fn is_replay(response: &Response<Body>) -> bool {
    response
        .headers()
        .get("idempotency-replayed")
        .is_some_and(|mark| mark == "true")
}

#[track_caller]
fn assert_problem(response: &Response<Body>, section: &str, status: u16) {
    let problem: Value = serde_json::from_slice(response.body()).unwrap();
    assert!(problem["type"].as_str().unwrap().ends_with(section));
    assert_eq!(response.status(), status);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
}

#[tokio::test]
async fn a_request_of_each_gateway_runs_once() {
    for (name, event) in EVENTS {
        let instance = Instance::new();

        let first = instance.answer(request(event, "\"k-1\"")).await;
        let second = instance.answer(request(event, "k-1")).await;

        assert_eq!(
            (first.status().as_u16(), is_replay(&first)),
            (201, false),
            "{name}"
        );
        assert_eq!(
            (second.status().as_u16(), is_replay(&second)),
            (201, true),
            "{name}"
        );
        assert_eq!(first.body(), second.body(), "{name}");
        assert!(first.headers().contains_key("set-cookie"), "{name}");
        assert!(!second.headers().contains_key("set-cookie"), "{name}");
        assert_eq!(instance.runs.load(Ordering::Relaxed), 1, "{name}");
    }
}

#[tokio::test]
async fn errors_of_the_guard_are_problems_and_no_failed_invocations() {
    let instance = Instance::new();
    let mut keyless = post("k", "tea");
    keyless.headers_mut().remove("idempotency-key");
    let mut twice = post("k", "tea");
    let headers = twice.headers_mut();
    headers.append("idempotency-key", HeaderValue::from_static("k"));

    assert_problem(&instance.answer(keyless).await, "missing-key", 400);
    assert_problem(&instance.answer(twice).await, "invalid-key", 400);
    assert_problem(
        &instance.answer(post("\"k", "tea")).await,
        "invalid-key",
        400,
    );
    instance.answer(post("k", "tea")).await;
    assert_problem(&instance.answer(post("k", "rum")).await, "key-reused", 422);
    let refused = Fault::Before(Failure::Permanent);
    instance.store.fail(Verb::Claim, 1, refused);
    let response = instance.answer(post("k-2", "tea")).await;
    assert_problem(&response, "unavailable", 503);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(instance.runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn without_a_runtime_the_response_is_a_problem() {
    #[idempotent(key = "$.path", ttl = "1h", codec = http, name = "nobody")]
    async fn handler(_request: Request) -> Result<impl IntoResponse, Error> {
        Ok("it ran")
    }

    let response = handler(post("k", "tea")).await.unwrap();

    assert_problem(&response.into_response().await, "failed", 500);
}

#[tokio::test]
async fn a_duplicate_of_a_request_in_progress_is_told_when_to_come_back() {
    #[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http, name = "wait")]
    async fn wait(_request: Request, gate: Arc<Semaphore>) -> Result<impl IntoResponse, Error> {
        gate.acquire().await?.forget();
        Ok("through")
    }
    let gate = Arc::new(Semaphore::new(0));
    let idempotency = Idempotency::new(Memory::new());

    let first = idempotency.scope(wait(post("k", ""), Arc::clone(&gate)));
    let second = async {
        let busy = idempotency
            .scope(wait(post("k", ""), Arc::clone(&gate)))
            .await;
        gate.add_permits(1);
        busy
    };
    let (first, second) = tokio::join!(first, second);

    let busy = second.unwrap().into_response().await;
    assert_problem(&busy, "in-progress", 409);
    assert!(busy.headers().contains_key("retry-after"));
    assert_eq!(**first.unwrap().into_response().await.body(), *b"through");
}

#[tokio::test]
async fn errors_failures_and_what_says_that_nothing_was_done_leave_the_key_free() {
    for (word, status) in [("busy", 503), ("unread", 400), ("fail", 0)] {
        let instance = Instance::new();

        let first = instance.order(post("k", word)).await;
        match first {
            Ok(first) => assert_eq!(first.into_response().await.status(), status),
            Err(error) => assert_eq!(error.to_string(), "the first run fails"),
        }

        assert_eq!(**instance.answer(post("k", word)).await.body(), *b"run 2");
        let third = instance.answer(post("k", word)).await;
        assert!(is_replay(&third) && **third.body() == *b"run 2");
    }
}

#[tokio::test]
async fn a_runtime_that_remembers_errors_leaves_it_to_the_status() {
    let mut instance = Instance::new();
    let runtime = Idempotency::builder(instance.store.clone());
    let policy = idem_lambda::policy::OnError::Remember;
    instance.idempotency = runtime.on_error(policy).build();

    assert_eq!(instance.answer(post("k", "busy")).await.status(), 503);
    assert_eq!(instance.answer(post("k", "busy")).await.status(), 201);
}

#[tokio::test]
async fn a_text_is_decoded_once_and_replayed_as_it_was() {
    let instance = Instance::new();

    for is_again in [false, true] {
        let response = instance.answer(post("k", "latin")).await;
        assert_eq!(is_replay(&response), is_again);
        assert_eq!(*response.body(), Body::from("1\u{e4}"));
    }
}

#[tokio::test]
async fn a_large_response_goes_to_the_first_and_duplicates_are_told_so() {
    let instance = Instance::new();

    let first = instance.answer(post("k", "large")).await;
    let second = instance.answer(post("k", "large")).await;

    assert_eq!(first.body().len(), 256 * 1024 + 1);
    assert_problem(&second, "no-response", 409);
}

#[tokio::test]
async fn keys_are_taken_from_all_parts_of_a_request() {
    #[idempotent(
        key = (
            "$.httpMethod", "$.path", "$.queryStringParameters.id", "$.headers['x-one']",
            "$.requestContext.apiId"
        ),
        ttl = "1h",
        codec = http,
        name = "parts"
    )]
    async fn handler(request: Request) -> Result<impl IntoResponse, Error> {
        Ok(request.uri().to_string())
    }
    let idempotency = Idempotency::new(Memory::new());
    let event = |path: &str, query: &str, header: &str, api: &str| {
        serde_json::json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": { "host": "example.com", "x-one": header },
            "queryStringParameters": { "id": query.trim_start_matches("id=") },
            "requestContext": {
                "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "a" },
                "stage": "$default", "time": "x", "timeEpoch": 1, "requestId": "r", "accountId": "1", "apiId": api,
                "domainName": "example.com", "domainPrefix": "example", "routeKey": "$default",
            },
            "isBase64Encoded": false,
        })
        .to_string()
    };
    let mut seen = Vec::new();
    for (path, query, header, api) in [
        ("/a", "id=1", "x", "a"),
        ("/a", "id=1", "x", "a"),
        ("/b", "id=1", "x", "a"),
        ("/a", "id=2", "x", "a"),
        ("/a", "id=1", "y", "a"),
        ("/a", "id=1", "x", "b"),
    ] {
        let request = request(&event(path, query, header, api), "k");
        let response = idempotency.scope(handler(request)).await.unwrap();
        seen.push(is_replay(&response.into_response().await));
    }
    assert_eq!(seen, [false, true, false, false, false, false]);
}

#[tokio::test]
async fn what_occurs_twice_in_a_request_is_a_list() {
    #[idempotent(
        key = ("$.headers['x-two'][1]", "$.queryStringParameters.id[1]"),
        ttl = "1h",
        codec = http,
        name = "lists"
    )]
    async fn handler(_request: Request) -> Result<impl IntoResponse, Error> {
        Ok("it ran")
    }
    let idempotency = Idempotency::new(Memory::new());
    let mut answers = Vec::new();
    for second in ["b", "b", "c"] {
        let parameters: HashMap<_, _> =
            [("id".to_owned(), vec!["1".to_owned(), "2".to_owned()])].into();
        let mut request = post("k", "").with_query_string_parameters(parameters);
        for value in ["a", second] {
            let value = HeaderValue::from_static(value);
            request.headers_mut().append("x-two", value);
        }
        let answer = idempotency.scope(handler(request)).await.unwrap();
        answers.push(is_replay(&answer.into_response().await));
    }
    assert_eq!(answers, [false, true, false]);
}
