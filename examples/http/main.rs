//! Orders over HTTP, and what a client gets that sends its request again.
//!
//! ```sh
//! cargo run --example http
//! ```
//!
//! serves them on a free port of loopback, sends some requests, and prints what came back.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use idem_lambda::http::IdempotencyLayer;
use idem_lambda::{Idempotency, store::Memory};
use reqwest::{Client, RequestBuilder};
use tokio::net::TcpListener;

/// How many orders there are.
type Orders = State<Arc<AtomicU32>>;

async fn order(State(orders): Orders, body: String) -> (StatusCode, HeaderMap, String) {
    let mut headers = HeaderMap::new();
    if body == "nothing" {
        return (
            StatusCode::UNPROCESSABLE_ENTITY,
            headers,
            "what, please?".to_owned(),
        );
    }
    let number = orders.fetch_add(1, Ordering::Relaxed) + 1;
    if let Ok(location) = format!("/orders/{number}").parse() {
        headers.insert(header::LOCATION, location);
    }
    (
        StatusCode::CREATED,
        headers,
        format!("order {number}: {body}"),
    )
}

/// The service, which is all that is the reader's own.
fn service(orders: Arc<AtomicU32>) -> Router {
    let idempotency = IdempotencyLayer::new("orders", Duration::from_hours(24))
        .runtime(Idempotency::new(Memory::new()))
        .lease(Duration::from_secs(10))
        .caller(|parts| {
            // Whom authentication has found out; here the client is believed. Not a token, which may be renewed before a retry.
            let caller = parts.headers.get("x-customer")?;
            Some(caller.to_str().ok()?.to_owned())
        });
    Router::new()
        .route("/orders", post(order))
        .route_layer(idempotency)
        .with_state(orders)
}

/// Sends a request, and prints what came back.
async fn send(what: &str, request: RequestBuilder) -> Result<(), reqwest::Error> {
    let response = request.send().await?;
    let status = response.status();
    let replayed = response.headers().contains_key("idempotency-replayed");
    let mark = if replayed { " (replayed)" } else { "" };
    println!("{what}\n    {status}{mark}\n    {}", response.text().await?);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let orders = Arc::new(AtomicU32::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/orders", listener.local_addr()?);
    let app = service(Arc::clone(&orders));
    tokio::spawn(async { axum::serve(listener, app).await });

    let client = Client::builder().no_proxy().build()?;
    let order = |caller: &'static str, key: &'static str, body: &'static str| {
        let request = client.post(&url).header("x-customer", caller);
        request.header("idempotency-key", key).body(body)
    };
    send("Ann orders tea", order("ann", "\"8e03978e\"", "tea")).await?;
    send(
        "Ann's client sends it again",
        order("ann", "\"8e03978e\"", "tea"),
    )
    .await?;
    send(
        "Bob happens to use the same key",
        order("bob", "\"8e03978e\"", "rum"),
    )
    .await?;
    send(
        "Ann uses her key for another order",
        order("ann", "\"8e03978e\"", "milk"),
    )
    .await?;
    send(
        "Ann orders nothing",
        order("ann", "\"40d543e8\"", "nothing"),
    )
    .await?;
    send("and again", order("ann", "\"40d543e8\"", "nothing")).await?;
    send(
        "Ann forgets the quotes, which is all right",
        order("ann", "8e03978e", "tea"),
    )
    .await?;
    send(
        "Ann forgets the closing quote",
        order("ann", "\"8e03978e", "tea"),
    )
    .await?;
    send("Ann forgets the key", client.post(&url).body("tea")).await?;

    let orders = orders.load(Ordering::Relaxed);
    println!("9 requests, {orders} orders");
    Ok(())
}
