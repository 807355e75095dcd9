//! The `gateway` example as a function behind the real Lambda runtime: what a client gets through each gateway.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "../examples/gateway/client.rs"]
mod client;
#[path = "../examples/gateway/event.rs"]
mod event;
#[path = "support/example.rs"]
mod example;
#[path = "../examples/orders/platform.rs"]
mod platform;

use client::{Client, Seen};
use event::{GATEWAYS, Gateway};
use serde_json::Value;

const GUARDS: [&str; 2] = ["attribute", "layer"];
const ORDER: &[u8] = br#"{"item":"tea"}"#;

/// The program as a function, and a gateway before it.
struct Service {
    gateway: &'static Gateway,
    client: Client,
    /// Which one it is.
    name: String,
}

impl Service {
    /// One for each gateway and each way to guard.
    async fn all() -> Vec<Self> {
        let mut services = Vec::new();
        for guard in GUARDS {
            for gateway in &GATEWAYS {
                let program = example::example("gateway");
                services.push(Self {
                    gateway,
                    client: Client::start(&program, guard).await.unwrap(),
                    name: format!("{}, {guard}", gateway.name),
                });
            }
        }
        services
    }

    async fn order(&mut self, keys: &[&str], body: &[u8]) -> Seen {
        let event = self.gateway.event(keys, body).unwrap();
        self.client.send(&event).await.unwrap()
    }

    /// An order whose receipt has so many kilobytes of terms.
    async fn order_at_length(&mut self, key: &str, terms: usize) -> Seen {
        let order = format!(r#"{{"item":"tea","terms":{terms}}}"#);
        self.order(&[key], order.as_bytes()).await
    }

    /// Expects a problem of this section.
    #[track_caller]
    fn assert_problem(&self, seen: &Seen, section: &str, status: u16) {
        let name = &self.name;
        assert_eq!(seen.status, status, "{name}, {section}");
        let content_type = seen.header("content-type");
        assert_eq!(content_type, Some("application/problem+json"), "{name}");
        let problem: Value = serde_json::from_slice(&seen.body).unwrap();
        assert_eq!(problem["status"], status, "{name}");
        let r#type = problem["type"].as_str().unwrap();
        assert!(r#type.ends_with(&format!("#{section}")), "{name}: {type}");
        assert!(!seen.is_replay(), "{name}");
    }
}

#[tokio::test]
async fn a_duplicate_gets_status_headers_and_body_byte_for_byte() {
    // The one of the second is no text, and neither is its response.
    for (key, body) in [("8e03", ORDER), ("40d5", b"%PDF-1.7 \xff\xfe")] {
        for mut service in Service::all().await {
            let quoted = format!("\"{key}\"");
            let first = service.order(&[&quoted], body).await;
            assert_eq!(first.status, 201, "{}", service.name);
            assert!(first.body.ends_with(body), "{}", service.name);
            assert!(first.header("set-cookie").is_some(), "{}", service.name);
            assert!(!first.is_replay(), "{}", service.name);
            for key in [&quoted, key] {
                let again = service.order(&[key], body).await;
                assert!(again.is_replay(), "{}", service.name);
                assert_eq!(again.status, first.status, "{}", service.name);
                assert_eq!(again.body, first.body, "{}", service.name);
                for header in ["content-type", "location"] {
                    let values = first.headers.get(header);
                    assert!(values.is_some_and(|values| values.len() == 1));
                    assert_eq!(again.headers.get(header), values, "{}", service.name);
                }
                assert_eq!(again.header("set-cookie"), None, "{}", service.name);
            }
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_a_problem() {
    let long = "k".repeat(10_000);
    for mut service in Service::all().await {
        service.order(&["8e03"], ORDER).await;

        let other = service.order(&["8e03"], b"{}").await;
        service.assert_problem(&other, "key-reused", 422);
        let keyless = service.order(&[], ORDER).await;
        service.assert_problem(&keyless, "missing-key", 400);
        for key in [&*long, "\"open", "\u{e4}", "\"\""] {
            let malformed = service.order(&[key], ORDER).await;
            service.assert_problem(&malformed, "invalid-key", 400);
        }
        assert!(service.order(&["8e03"], ORDER).await.is_replay());
    }
}

#[tokio::test]
async fn two_keys_are_none_unless_the_gateway_sends_the_last_one_as_the_only_one() {
    for mut service in Service::all().await {
        let seen = service.order(&["40d5", "43e8"], ORDER).await;

        if ["API Gateway, REST", "load balancer"].contains(&service.gateway.name) {
            assert_eq!(seen.status, 201, "{}", service.name);
            let last = service.order(&["43e8"], ORDER).await;
            assert!(last.is_replay(), "{}", service.name);
        } else {
            service.assert_problem(&seen, "invalid-key", 400);
        }
    }
}

#[tokio::test]
async fn a_response_over_the_limit_goes_to_the_first_client_as_far_as_lambda_carries_it() {
    for mut service in Service::all().await {
        let first = service.order_at_length("8e03", 6_000).await;
        assert_eq!(first.status, 201, "{}", service.name);
        assert!(first.body.len() > 6_000_000, "{}", service.name);
        let again = service.order_at_length("8e03", 6_000).await;
        service.assert_problem(&again, "no-response", 409);

        let first = service.order_at_length("40d5", 6_300).await;
        assert_eq!(first.status, 502, "{}", service.name);
        let again = service.order_at_length("40d5", 6_300).await;
        service.assert_problem(&again, "no-response", 409);
        let next = service.order(&["bc93"], ORDER).await;
        assert!(next.body.starts_with(b"order 3: "), "{}", service.name);
    }
}
