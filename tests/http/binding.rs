//! What a key of a handler with `codec = http` is bound to, and what must be equal under it.

use idem_lambda::{Idempotency, idempotent, store::Memory};
use lambda_http::http::{Method, Uri};
use lambda_http::{Body, Error, IntoResponse, Request, RequestExt, Response};

use crate::lambda::{EVENTS, request};

#[idempotent(key = header("idempotency-key"), ttl = "1h", codec = http, name = "bound")]
async fn bound(request: Request) -> Result<impl IntoResponse, Error> {
    Ok(format!("{} {}", request.method(), request.uri().path()))
}

#[idempotent(
    key = header("idempotency-key"),
    fingerprint = json("$.body", "$.amount"),
    ttl = "1h",
    codec = http,
    name = "compared"
)]
async fn compared(_request: Request) -> Result<impl IntoResponse, Error> {
    Ok("it ran")
}

/// A request of an HTTP API under the one key of these tests.
fn sent(method: Method, path: &str, query: &str, body: &str) -> Request {
    let mut request = request(EVENTS[1].1, "k-1");
    *request.method_mut() = method;
    *request.uri_mut() = Uri::builder()
        .scheme("https")
        .authority("example.com")
        .path_and_query(format!("{path}?{query}"))
        .build()
        .unwrap();
    *request.body_mut() = Body::from(body);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query: std::collections::HashMap<_, _> = pairs
        .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
        .collect();
    request.with_query_string_parameters(query)
}

async fn status(response: impl IntoResponse) -> (u16, bool) {
    let response: Response<Body> = response.into_response().await;
    let is_replay = response.headers().contains_key("idempotency-replayed");
    (response.status().as_u16(), is_replay)
}

#[tokio::test]
async fn a_key_of_one_method_and_path_says_nothing_of_another() {
    let idempotency = Idempotency::new(Memory::new());
    let mut answers = Vec::new();
    for (method, path) in [
        (Method::POST, "/orders/1"),
        (Method::POST, "/orders/2"),
        (Method::PATCH, "/orders/1"),
        (Method::POST, "/orders/1"),
    ] {
        let handled = bound(sent(method, path, "", "{}"));
        answers.push(status(idempotency.scope(handled).await.unwrap()).await);
    }
    assert_eq!(
        answers,
        [(200, false), (200, false), (200, false), (200, true)]
    );
}

#[tokio::test]
async fn another_query_or_body_under_a_key_is_refused_though_no_fingerprint_is_given() {
    let idempotency = Idempotency::new(Memory::new());
    let mut answers = Vec::new();
    for (query, body) in [
        ("", "{\"amount\":1}"),
        ("", "{\"amount\":2}"),
        ("dry=1", "{\"amount\":1}"),
        ("", "{\"amount\":1}"),
    ] {
        let handled = bound(sent(Method::POST, "/orders", query, body));
        answers.push(status(idempotency.scope(handled).await.unwrap()).await);
    }
    assert_eq!(
        answers,
        [(200, false), (422, false), (422, false), (200, true)]
    );
}

#[tokio::test]
async fn a_fingerprint_that_is_given_is_all_that_is_compared() {
    let idempotency = Idempotency::new(Memory::new());
    let mut answers = Vec::new();
    for body in [
        "{\"amount\":1}",
        "{\"amount\":1,\"note\":\"again\"}",
        "{\"amount\":2}",
    ] {
        let handled = compared(sent(Method::POST, "/orders", "", body));
        answers.push(status(idempotency.scope(handled).await.unwrap()).await);
    }
    assert_eq!(answers, [(200, false), (200, true), (422, false)]);
}
