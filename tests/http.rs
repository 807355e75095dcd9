//! The layer for the header `Idempotency-Key`: behind a real server, and on the events of `lambda_http`.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "http/binding.rs"]
mod binding;
#[path = "http/broken.rs"]
mod broken;
#[path = "http/ear.rs"]
mod ear;
#[path = "http/gateways.rs"]
mod gateways;
#[path = "http/handlers.rs"]
mod handlers;
#[path = "http/lambda.rs"]
mod lambda;
#[path = "support/log.rs"]
mod log;
#[path = "http/logs.rs"]
mod logs;
#[path = "http/meaning.rs"]
mod meaning;
#[path = "http/problems.rs"]
mod problems;
#[path = "http/refusals.rs"]
mod refusals;
#[path = "http/replays.rs"]
mod replays;
#[path = "http/server.rs"]
mod server;
#[path = "http/shadow.rs"]
mod shadow;
#[path = "http/shop.rs"]
mod shop;
