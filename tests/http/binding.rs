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

/// Status of each response, and whether it is a replay, on one runtime.
async fn answers<F, R>(
    handler: impl Fn(Request) -> F,
    requests: impl IntoIterator<Item = Request>,
) -> Vec<(u16, bool)>
where
    F: Future<Output = Result<R, Error>>,
    R: IntoResponse,
{
    let idempotency = Idempotency::new(Memory::new());
    let mut answers = Vec::new();
    for request in requests {
        let answer = idempotency.scope(handler(request)).await.unwrap();
        let response: Response<Body> = answer.into_response().await;
        let is_replay = response.headers().contains_key("idempotency-replayed");
        answers.push((response.status().as_u16(), is_replay));
    }
    answers
}

#[tokio::test]
async fn a_key_of_one_method_and_path_says_nothing_of_another() {
    let requests = [
        (Method::POST, "/orders/1"),
        (Method::POST, "/orders/2"),
        (Method::PATCH, "/orders/1"),
        (Method::POST, "/orders/1"),
    ];
    let requests = requests.map(|(method, path)| sent(method, path, "", "{}"));
    assert_eq!(
        answers(bound, requests).await,
        [(200, false), (200, false), (200, false), (200, true)]
    );
}

#[tokio::test]
async fn another_query_or_body_under_a_key_is_refused_though_no_fingerprint_is_given() {
    let requests = [
        ("", r#"{"amount":1}"#),
        ("", r#"{"amount":2}"#),
        ("dry=1", r#"{"amount":1}"#),
        ("", r#"{"amount":1}"#),
    ];
    let requests = requests.map(|(query, body)| sent(Method::POST, "/orders", query, body));
    assert_eq!(
        answers(bound, requests).await,
        [(200, false), (422, false), (422, false), (200, true)]
    );
}

#[tokio::test]
async fn a_fingerprint_that_is_given_is_all_that_is_compared() {
    let requests = [
        r#"{"amount":1}"#,
        r#"{"amount":1,"note":"again"}"#,
        r#"{"amount":2}"#,
    ];
    let requests = requests.map(|body| sent(Method::POST, "/orders", "", body));
    assert_eq!(
        answers(compared, requests).await,
        [(200, false), (200, true), (422, false)]
    );
}
