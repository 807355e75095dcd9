//! The attribute adds no warning of its own.
#![deny(warnings, missing_docs, unused, unreachable_pub, let_underscore_drop)]
#![deny(
    redundant_imports,
    unused_qualifications,
    unused_results,
    unused_lifetimes
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::unwrap_used)]
#![allow(
    clippy::future_not_send,
    clippy::missing_const_for_fn,
    clippy::redundant_pub_crate
)]

use idem_lambda::{Error, Execution, Idempotency, Reconciliation, idempotent};
use lambda_runtime::LambdaEvent;
use serde::Serialize;

/// An order.
#[derive(Debug, Serialize)]
pub(crate) struct Order {
    id: String,
    cents: u64,
}

/// Charges.
#[idempotent(key = "$.id", ttl = "1h")]
pub(crate) async fn charge(event: LambdaEvent<Order>) -> Result<u64, Error> {
    Ok(event.payload.cents)
}

#[idempotent(key = ("$.id", "$..cents"), ttl = "1h", lease = "30s", name = "refund", event = order)]
async fn refund(times: u64, order: &Order) -> Result<u64, Error> {
    if order.id.is_empty() {
        return Ok(0);
    }
    Ok(order.cents * times)
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn ignored(_event: Order) -> Result<(), Error> {
    Ok(())
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn pattern(Order { cents, .. }: Order) -> Result<u64, Error> {
    Ok(cents)
}

#[idempotent(key = "$.id", ttl = "1h")]
async fn generic<T: Serialize>(event: T) -> Result<(), Error> {
    drop(event);
    Ok(())
}

#[idempotent(key = json(base64("$.id"), "$[*].id"), fingerprint = header("x-cents"), ttl = "1h")]
async fn forms(event: Order) -> Result<u64, Error> {
    Ok(event.cents)
}

#[idempotent(key = (request_id, |order| &order.id), fingerprint = |order| order, ttl = "1h")]
async fn closures(order: Order) -> Result<u64, Error> {
    Ok(order.cents)
}

#[idempotent(key = |Order { id, .. }| { let id = id.trim(); id.len() }, ttl = "1h")]
async fn ignored_closure(_event: Order) -> Result<(), Error> {
    Ok(())
}

#[idempotent(
    key = "$.id",
    ttl = "1h",
    on_error = hold,
    on_abandoned = hold,
    on_busy = wait("5s"),
    on_overrun = run,
    on_missing_key = run,
    on_store_failure = run
)]
async fn policies(order: Order) -> Result<u64, Error> {
    Ok(order.cents)
}

async fn ask(order: &Order, _: &Execution) -> Result<Reconciliation<u64>, Error> {
    let cents = std::future::ready(order.cents).await;
    Ok(Reconciliation::Completed(cents))
}

#[idempotent(key = "$.id", ttl = "1h", on_abandoned = reconcile(ask))]
async fn asks(_order: Order) -> Result<u64, Error> {
    Ok(0)
}

#[idempotent(key = "$.id", ttl = "1h", on_abandoned = reconcile(async |order, _| {
    let cents = order.cents;
    Ok(Reconciliation::Completed(cents))
}))]
async fn asks_in_place(order: Order, #[execution] _: Execution) -> Result<u64, Error> {
    Ok(order.cents)
}

#[derive(Debug)]
struct Payments {
    idempotency: Idempotency,
}

impl Payments {
    #[idempotent(key = "$.id", ttl = "1h", name = "payments", runtime = self.idempotency)]
    async fn charge(&self, order: Order) -> Result<u64, Error> {
        Ok(order.cents)
    }
}

pub(crate) fn main() {
    let _ = (
        charge,
        refund,
        ignored,
        pattern,
        generic::<Order>,
        forms,
        closures,
        ignored_closure,
        policies,
        asks,
        asks_in_place,
        Payments::charge,
    );
}
