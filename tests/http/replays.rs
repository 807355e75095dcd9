//! Which requests run, and what duplicates of them get.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, header};
use idem_lambda::Idempotency;
use idem_lambda::http::IdempotencyLayer;
use idem_lambda::policy::{OnBusy, OnMissingKey};
use idem_lambda::store::Memory;
use reqwest::Method;

use crate::server::{Seen, Server, TTL};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_duplicate_gets_status_headers_and_body_byte_for_byte() {
    let server = Server::start().await;

    let first = Seen::of(server.post("/orders", "\"k-1\"").body("{}")).await;
    let second = Seen::of(server.post("/orders", "\"k-1\"").body("{}")).await;

    assert_eq!((first.status, first.is_replay()), (201, false));
    assert_eq!(first.body[..256], (0..=255).collect::<Vec<u8>>());
    assert_eq!((second.status, second.is_replay()), (201, true));
    assert_eq!(second.body, first.body);
    let safe = ["location", "link", "content-type", "etag"];
    let kept = |seen: &Seen| -> Vec<_> {
        let headers = seen.headers.iter();
        headers
            .filter(|(name, _)| safe.contains(&&**name))
            .cloned()
            .collect()
    };
    assert_eq!(kept(&second), kept(&first), "in their order");
    assert_eq!(kept(&first).len(), 5);
    assert_eq!(first.header("set-cookie"), ["session=secret"]);
    assert!(second.header("set-cookie").is_empty() && second.header("x-run").is_empty());
    assert_eq!(server.shop.runs(), 1);
}

#[tokio::test]
async fn quotes_do_not_make_another_key() {
    let server = Server::start().await;

    Seen::of(server.post("/orders", "\"k-1\"")).await;

    assert!(Seen::of(server.post("/orders", "k-1")).await.is_replay());
}

#[tokio::test]
async fn another_key_path_or_method_is_another_request() {
    let server = Server::start().await;
    let patch = server.request(Method::PATCH, "/orders");

    for request in [
        server.post("/orders", "k-1"),
        server.post("/orders", "k-2"),
        server.post("/refunds", "k-1"),
        patch.header("idempotency-key", "k-1"),
    ] {
        let seen = Seen::of(request).await;
        assert_eq!((seen.status, seen.is_replay()), (201, false));
    }
}

#[tokio::test]
async fn the_keys_of_one_caller_are_not_those_of_another() {
    let server = Server::with(|layer| {
        layer.caller(|parts| {
            let caller = parts.headers.get("x-customer")?;
            Some(caller.to_str().ok()?.to_owned())
        })
    })
    .await;
    let order = |caller| {
        let request = server.post("/orders", "k-1").header("x-customer", caller);
        Seen::of(request)
    };

    assert!(!order("ann").await.is_replay());
    assert!(!order("bob").await.is_replay());
    assert!(!order("").await.is_replay(), "nobody in particular");
    assert!(order("").await.is_replay());
    assert!(order("ann").await.is_replay());
    assert_eq!(server.shop.runs(), 3);
}

#[tokio::test]
async fn safe_methods_need_no_key_and_run_each_time() {
    let server = Server::start().await;

    for run in 1..=2 {
        let request = server.request(Method::GET, "/orders");
        let seen = Seen::of(request.header("idempotency-key", "k-1")).await;
        assert_eq!(seen.text(), format!("list {run}"));
    }
}

#[tokio::test]
async fn the_methods_are_a_setting() {
    let server = Server::with(|layer| layer.methods([Method::GET])).await;
    let list = || {
        let request = server.request(Method::GET, "/orders");
        Seen::of(request.header("idempotency-key", "k-1"))
    };

    assert_eq!(list().await.text(), "list 1");
    assert_eq!(list().await.text(), "list 1");
    assert_eq!(
        Seen::of(server.request(Method::POST, "/orders"))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_request_without_a_key_runs_each_time_where_none_is_required() {
    let server = Server::with(|layer| layer.on_missing_key(OnMissingKey::Run)).await;

    for run in 1..=2 {
        let seen = Seen::of(server.request(Method::POST, "/orders").body("{}")).await;
        assert_eq!(seen.header("x-run"), [run.to_string()]);
    }
}

#[tokio::test]
async fn a_response_is_replayed_until_its_ttl_ends() {
    let server = Server::start().await;
    let order = || Seen::of(server.post("/orders", "k-1"));

    order().await;
    server.clock.advance(TTL.saturating_sub(SECOND));
    assert!(order().await.is_replay());
    server.clock.advance(SECOND);
    assert!(!order().await.is_replay());
}

#[tokio::test]
async fn final_responses_are_remembered_and_failures_and_what_says_that_nothing_was_done_are_not() {
    let server = Server::start().await;

    for status in [
        200, 204, 303, 400, 402, 403, 404, 406, 408, 409, 410, 416, 418, 422, 423, 424, 451,
    ] {
        let path = format!("/status/{status}");
        let first = Seen::of(server.post(&path, "k-1")).await;
        let second = Seen::of(server.post(&path, "k-1")).await;
        assert_eq!((first.status, second.status), (status, status));
        assert_eq!(second.body, first.body);
        assert!(second.is_replay(), "{status}");
    }
    for status in [
        401, 405, 407, 411, 412, 413, 414, 415, 417, 421, 425, 426, 428, 429, 431, 500, 501, 502,
        503, 504,
    ] {
        let path = format!("/status/{status}");
        let first = Seen::of(server.post(&path, "k-1")).await;
        let second = Seen::of(server.post(&path, "k-1")).await;
        assert_eq!((first.status, second.status), (status, status));
        assert_ne!(second.body, first.body, "it ran again");
        assert!(!second.is_replay(), "{status}");
    }
}

#[tokio::test]
async fn which_responses_are_remembered_is_a_setting() {
    let server = Server::with(|layer| layer.remember(|head| head.status.is_success())).await;

    for _ in 0..2 {
        assert!(
            !Seen::of(server.post("/status/404", "k-1"))
                .await
                .is_replay()
        );
    }
    assert_eq!(server.shop.runs(), 2);
}

#[tokio::test]
async fn a_handler_that_panics_leaves_its_key_free() {
    let server = Server::start().await;

    assert!(server.post("/panic", "k-1").send().await.is_err());

    assert_eq!(Seen::of(server.post("/panic", "k-1")).await.text(), "run 2");
    assert!(Seen::of(server.post("/panic", "k-1")).await.is_replay());
}

#[tokio::test]
async fn headers_and_the_mark_of_a_replay_are_settings() {
    let server = Server::with(|layer| {
        layer
            .replay_header(header::SET_COOKIE)
            .replayed_header(HeaderName::from_static("x-again"))
    })
    .await;

    Seen::of(server.post("/orders", "k-1")).await;
    let second = Seen::of(server.post("/orders", "k-1")).await;

    assert_eq!(second.header("set-cookie"), ["session=secret"]);
    assert_eq!(second.header("x-again"), ["true"]);
    assert!(!second.is_replay());

    let unmarked = Server::with(|layer| layer.replayed_header(None)).await;
    Seen::of(unmarked.post("/orders", "k-1")).await;
    assert!(!Seen::of(unmarked.post("/orders", "k-1")).await.is_replay());
    assert_eq!(unmarked.shop.runs(), 1);
}

#[tokio::test]
async fn a_duplicate_waits_where_the_policy_says_so() {
    let server = Server::with(|layer| layer.on_busy(OnBusy::Wait(Duration::from_mins(1)))).await;
    let first = tokio::spawn(Seen::of(server.post("/gated", "k-1")));
    server.shop.begun.acquire().await.unwrap().forget();
    let second = tokio::spawn(Seen::of(server.post("/gated", "k-1")));

    server.shop.gate.add_permits(1);

    assert_eq!(first.await.unwrap().text(), "run 1");
    assert_eq!(second.await.unwrap().text(), "run 1");
    assert_eq!(server.shop.runs(), 1);
}

#[tokio::test]
async fn six_megabytes_are_replayed_where_the_limit_lets_them() {
    const SIZE: usize = 6 * 1024 * 1024;
    let server = Server::with(|layer| layer.response_limit(SIZE)).await;
    let path = format!("/bytes/{SIZE}");

    let first = Seen::of(server.post(&path, "k-1")).await;
    let second = Seen::of(server.post(&path, "k-1")).await;

    assert_eq!(first.body.len(), SIZE);
    assert!(second.is_replay() && second.body == first.body);
    assert_eq!(second.header("content-length"), [SIZE.to_string()]);
}

#[tokio::test]
async fn every_attempt_gives_downstream_systems_the_same_token() {
    let server = Server::start().await;

    let first = Seen::of(server.post("/token", "k-1")).await;
    let second = Seen::of(server.post("/token", "k-1")).await;
    let other = Seen::of(server.post("/token", "k-2")).await;

    assert_eq!(first.body.len(), 36);
    assert_eq!(second.body, first.body);
    assert_ne!(other.body, first.body);
}

#[tokio::test]
async fn services_of_two_names_share_no_key_though_store_and_path_are_the_same() {
    let server = Server::serving(|shop, _| {
        let runtime = Idempotency::new(Memory::new());
        let orders = IdempotencyLayer::new("orders", TTL).runtime(runtime.clone());
        let refunds = IdempotencyLayer::new("refunds", TTL).runtime(runtime);
        // The inner router of both sees `/orders`.
        shop.clone()
            .layer(orders)
            .merge(Router::new().nest("/other", shop.layer(refunds)))
    })
    .await;

    for path in ["/orders", "/other/orders"] {
        assert!(!Seen::of(server.post(path, "k-1")).await.is_replay());
        assert!(Seen::of(server.post(path, "k-1")).await.is_replay());
    }
    assert_eq!(server.shop.runs(), 2);
}
