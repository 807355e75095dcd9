//! What a client is told in place of a response: every row of the table in the documentation.

use std::time::Duration;

use idem_lambda::Idempotency;
use idem_lambda::policy::{OnAbandoned, OnError, OnStoreFailure};
use idem_lambda::store::{Failure, Memory};
use idem_lambda::testing::{Fault, FaultyStore, Verb};
use reqwest::Method;
use serde_json::Value;

use crate::server::{Seen, Server};

const DOCUMENTATION: &str = include_str!("../../src/http.md");

/// Expects a problem that is as the documentation says.
#[track_caller]
fn assert_problem(seen: &Seen, section: &str, status: u16) {
    assert_eq!(seen.header("content-type"), ["application/problem+json"]);
    let problem: Value = serde_json::from_slice(&seen.body).unwrap();
    let r#type = problem["type"].as_str().unwrap();
    assert_eq!(r#type.rsplit_once('#').unwrap().1, section);
    assert_eq!((seen.status, &problem["status"]), (status, &status.into()));
    assert!(!problem["title"].as_str().unwrap().is_empty());
    assert!(!problem["detail"].as_str().unwrap().is_empty());
    assert!(!seen.is_replay());
    let row = format!("| [`{section}`](#{section}) | {status} |");
    assert!(DOCUMENTATION.contains(&row), "{row}");
    assert!(DOCUMENTATION.contains(&format!("\n## {section}\n")));
}

#[tokio::test]
async fn a_request_without_a_key_is_told_so() {
    let server = Server::start().await;

    let seen = Seen::of(server.request(Method::POST, "/orders").body("{}")).await;

    assert_problem(&seen, "missing-key", 400);
    assert_eq!(server.shop.runs(), 0);
}

#[tokio::test]
async fn a_key_of_a_wrong_form_is_told_so() {
    let server = Server::start().await;
    let long = "k".repeat(10_000);

    for key in ["\"open", "a b", "a, b", "\"\"", "", "\u{e4}", &long] {
        let seen = Seen::of(server.post("/orders", key)).await;
        assert_problem(&seen, "invalid-key", 400);
    }
    let twice = server
        .post("/orders", "k-1")
        .header("idempotency-key", "k-1");
    assert_problem(&Seen::of(twice).await, "invalid-key", 400);
    assert_eq!(server.shop.runs(), 0);
}

#[tokio::test]
async fn a_duplicate_of_a_request_in_progress_is_told_when_to_come_back() {
    let server = Server::with(|layer| layer.lease(Duration::from_secs(10))).await;
    let first = tokio::spawn(Seen::of(server.post("/gated", "k-1")));
    server.shop.begun.acquire().await.unwrap().forget();

    let second = Seen::of(server.post("/gated", "k-1")).await;

    assert_problem(&second, "in-progress", 409);
    assert_eq!(second.header("retry-after"), ["12"], "lease and margin");
    server.shop.gate.add_permits(1);
    assert_eq!(first.await.unwrap().text(), "run 1");
    let third = Seen::of(server.post("/gated", "k-1")).await;
    assert_eq!((third.text(), third.is_replay()), ("run 1", true));
}

#[tokio::test]
async fn another_body_or_query_under_the_same_key_is_told_so() {
    let server = Server::start().await;

    Seen::of(server.post("/orders?a=1", "k-1").body("{}")).await;

    for (path, body) in [
        ("/orders?a=1", "{ }"),
        ("/orders?a=2", "{}"),
        ("/orders", "{}"),
    ] {
        let seen = Seen::of(server.post(path, "k-1").body(body)).await;
        assert_problem(&seen, "key-reused", 422);
    }
    assert!(
        Seen::of(server.post("/orders?a=1", "k-1").body("{}"))
            .await
            .is_replay()
    );
    assert_eq!(server.shop.runs(), 1);
}

#[tokio::test]
async fn no_body_is_a_body() {
    let server = Server::start().await;

    Seen::of(server.post("/orders", "k-1")).await;

    assert!(
        Seen::of(server.post("/orders", "k-1").body(""))
            .await
            .is_replay()
    );
    let seen = Seen::of(server.post("/orders", "k-1").body("{}")).await;
    assert_problem(&seen, "key-reused", 422);
}

#[tokio::test]
async fn a_body_over_the_limit_is_told_so() {
    let server = Server::with(|layer| layer.request_limit(10)).await;

    let within = Seen::of(server.post("/orders", "k-1").body("0123456789")).await;
    let over = Seen::of(server.post("/orders", "k-2").body("0123456789+")).await;

    assert_eq!(within.status, 201);
    assert_problem(&over, "body-too-large", 413);
    assert_eq!(server.shop.runs(), 1);
}

#[tokio::test]
async fn a_response_over_the_limit_goes_to_the_first_and_duplicates_are_told_so() {
    let server = Server::with(|layer| layer.response_limit(10)).await;

    let within = Seen::of(server.post("/bytes/10", "k-1")).await;
    let first = Seen::of(server.post("/bytes/11", "k-1")).await;
    let second = Seen::of(server.post("/bytes/11", "k-1")).await;

    assert_eq!((within.body, first.body), (vec![1; 10], vec![2; 11]));
    assert_problem(&second, "no-response", 409);
    assert!(second.header("retry-after").is_empty());
    assert!(Seen::of(server.post("/bytes/10", "k-1")).await.is_replay());
    assert_eq!(server.shop.runs(), 2);
}

#[tokio::test]
async fn six_megabytes_reach_the_first_client_under_the_default_limit() {
    let server = Server::start().await;

    let first = Seen::of(server.post("/bytes/6291456", "k-1")).await;
    let second = Seen::of(server.post("/bytes/6291456", "k-1")).await;

    assert_eq!((first.status, first.body.len()), (200, 6_291_456));
    assert_problem(&second, "no-response", 409);
}

#[tokio::test]
async fn a_store_that_is_down_is_unavailable_and_nothing_runs() {
    let server = Server::start().await;
    let refused = Fault::Before(Failure::Permanent);
    server.store.fail(Verb::Claim, 1, refused);

    let first = Seen::of(server.post("/orders", "k-1")).await;

    assert_problem(&first, "unavailable", 503);
    assert_eq!(first.header("retry-after"), ["1"]);
    assert_eq!(server.shop.runs(), 0);
    assert_eq!(Seen::of(server.post("/orders", "k-1")).await.status, 201);
}

#[tokio::test]
async fn an_end_that_the_store_does_not_confirm_is_an_unknown_outcome() {
    let server = Server::start().await;
    let refused = Fault::Before(Failure::Permanent);
    server.store.fail(Verb::Complete, 1, refused);
    server.store.fail(Verb::Complete, 2, refused);

    let first = Seen::of(server.post("/orders", "k-1")).await;

    assert!(server.store.has_failed());
    assert_problem(&first, "outcome-unknown", 500);
    assert_eq!(first.header("retry-after"), ["1"]);
}

#[tokio::test]
async fn a_handler_past_its_lease_is_an_unknown_outcome() {
    let server = Server::with(|layer| layer.lease(Duration::from_secs(10))).await;
    server.store.fail(Verb::Extend, 1, Fault::SilentBefore);
    let first = tokio::spawn(Seen::of(server.post("/gated", "k-1")));
    server.shop.begun.acquire().await.unwrap().forget();

    server.clock.advance(Duration::from_secs(11));

    assert_problem(&first.await.unwrap(), "outcome-unknown", 500);
}

#[tokio::test]
async fn a_record_that_a_person_must_look_at_is_held() {
    let server = Server::serving(|shop, layer| {
        let runtime = Idempotency::builder(Memory::new());
        let runtime = runtime.on_error(OnError::Hold).build();
        shop.layer(layer.runtime(runtime))
    })
    .await;

    assert_eq!(
        Seen::of(server.post("/status/500", "k-1")).await.status,
        500
    );
    let second = Seen::of(server.post("/status/500", "k-1")).await;

    assert_problem(&second, "held", 409);
    assert!(second.header("retry-after").is_empty());
    assert_eq!(server.shop.runs(), 1);
}

#[tokio::test]
async fn a_runtime_that_remembers_errors_leaves_it_to_the_layer_which_are() {
    let server = Server::serving(|shop, layer| {
        let runtime = Idempotency::builder(Memory::new());
        let runtime = runtime.on_error(OnError::Remember);
        shop.layer(layer.runtime(runtime.build()))
    })
    .await;

    for run in 1..=2 {
        let seen = Seen::of(server.post("/status/500", "k-1")).await;
        assert_eq!(seen.text(), format!("run {run}"));
    }
}

#[tokio::test]
async fn a_runtime_that_runs_what_the_store_does_not_confirm_says_so_for_the_layer() {
    let server = Server::serving(|shop, layer| {
        let store = FaultyStore::new(Memory::new());
        store.fail(Verb::Claim, 1, Fault::Before(Failure::Permanent));
        let runtime = Idempotency::builder(store).on_store_failure(OnStoreFailure::Run);
        shop.layer(layer.runtime(runtime.build()))
    })
    .await;

    assert_eq!(Seen::of(server.post("/orders", "k-1")).await.status, 201);
}

#[tokio::test]
async fn a_runtime_that_asks_about_abandoned_attempts_is_none_for_a_layer() {
    let server = Server::serving(|shop, layer| {
        let runtime = Idempotency::builder(Memory::new()).on_abandoned(OnAbandoned::Reconcile);
        shop.layer(layer.runtime(runtime.build()))
    })
    .await;

    let seen = Seen::of(server.post("/orders", "k-1")).await;

    assert_problem(&seen, "failed", 500);
    assert_eq!(server.shop.runs(), 0);
}

#[tokio::test]
async fn a_layer_that_lacks_its_settings_fails_and_nothing_runs() {
    let server = Server::with(|layer| layer.lease(Duration::ZERO)).await;

    let seen = Seen::of(server.post("/orders", "k-1")).await;

    assert_problem(&seen, "failed", 500);
    assert_eq!(server.shop.runs(), 0);
}

#[tokio::test]
async fn the_page_that_describes_the_problems_is_a_setting() {
    let server = Server::with(|layer| layer.documentation("https://api.example.com/idem")).await;

    let seen = Seen::of(server.request(Method::POST, "/orders")).await;

    let problem: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(problem["type"], "https://api.example.com/idem#missing-key");
}

#[tokio::test]
async fn no_problem_shows_the_key_or_the_body() {
    let server = Server::start().await;

    Seen::of(server.post("/orders", "hush").body("hush")).await;

    for request in [
        server.post("/orders", "hush").body("hush-hush"),
        server.post("/orders", "hush hush").body("hush"),
    ] {
        assert!(!Seen::of(request).await.text().contains("hush"));
    }
}
