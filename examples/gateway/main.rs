//! Takes orders behind API Gateway, a function URL or a load balancer, each once per `Idempotency-Key`.
//!
//! ```sh
//! cargo run --example gateway
//! ```
//!
//! plays requests as these gateways send them, to this program as a function in a second process, and prints what a client
//! gets. Started by Lambda, the same program is the function: guarded by the attribute or, with `GUARD=layer`, by the layer.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

mod client;
mod demo;
mod event;
mod order;
#[path = "../orders/platform.rs"]
mod platform;

use std::time::Duration;

use idem_lambda::http::IdempotencyLayer;
use idem_lambda::{Idempotency, idempotent, store::Memory};
use lambda_http::tower::Layer;
use lambda_http::{Error, IntoResponse, Request, run_concurrent, service_fn};

/// One handler, guarded by the attribute. Where clients log in, who they are belongs in the key, too.
#[idempotent(key = header("idempotency-key"), ttl = "24h", codec = http)]
async fn order(request: Request) -> Result<impl IntoResponse, Error> {
    order::take(&request)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return demo::run().await;
    }
    tracing_subscriber::fmt().json().init();
    // One process; a function that scales out needs a store outside.
    Idempotency::new(Memory::new()).install()?;
    if std::env::var("GUARD").is_ok_and(|guard| guard == "layer") {
        // All routes of a service, guarded by the layer. Where clients log in, it wants `.caller(..)`, too.
        let layer = IdempotencyLayer::for_lambda_http("orders", Duration::from_hours(24));
        let service = service_fn(async |request: Request| order::take(&request));
        run_concurrent(layer.layer(service)).await
    } else {
        run_concurrent(service_fn(order)).await
    }
}
