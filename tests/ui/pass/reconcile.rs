#![deny(warnings)]

use std::fmt::Debug;

use idem_lambda::{Error, Execution, Idempotency, Reconciliation, idempotent};
use lambda_runtime::LambdaEvent;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize)]
struct Order {
    id: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Receipt;

#[derive(Debug, Serialize, Deserialize)]
struct Declined;

impl From<Error> for Declined {
    fn from(_: Error) -> Self {
        Self
    }
}

mod gateway {
    use super::{Debug, Error, Execution, Order, Receipt, Reconciliation};

    pub(super) async fn ask(order: &Order, execution: &Execution) -> Result<Reconciliation<Receipt>, Error> {
        let _ = (order, execution);
        Ok(Reconciliation::Completed(Receipt))
    }

    pub(super) async fn find<T: Debug, U, E>(event: &T, _: &Execution) -> Result<Reconciliation<U>, E> {
        drop(format!("{event:?}"));
        Ok(Reconciliation::NeverHappened)
    }
}

#[idempotent(key = "$.id", ttl = "1h", on_abandoned = reconcile(gateway::ask))]
async fn by_path(order: Order) -> Result<Receipt, Error> {
    drop(order);
    Ok(Receipt)
}

#[idempotent(key = "$.id", ttl = "1h", on_abandoned = reconcile((gateway::find)))]
async fn by_generic_path(event: LambdaEvent<Order>) -> Result<Receipt, lambda_runtime::Error> {
    drop(event);
    Ok(Receipt)
}

#[idempotent(key = "$.id", ttl = "1h", on_abandoned = reconcile(gateway::find::<Order, _, _>))]
async fn of_a_pattern(Order { id }: Order, #[execution] execution: Execution) -> Result<String, Error> {
    drop(execution);
    Ok(id)
}

#[idempotent(key = "$.id", ttl = "1h", event = order, on_abandoned = reconcile(gateway::ask))]
async fn of_a_reference(times: u64, order: &Order) -> Result<Receipt, Error> {
    let _ = (times, order);
    Ok(Receipt)
}

#[idempotent(key = "$.id", ttl = "1h", on_abandoned = reconcile(gateway::ask), on_error = hold)]
async fn unused(_order: Order) -> Result<Receipt, Error> {
    Ok(Receipt)
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(gateway::find))]
async fn generic<T: Serialize + Debug + Clone, U: From<T> + Serialize + DeserializeOwned>(
    event: T,
) -> Result<U, Error> {
    Ok(event.into())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(gateway::find))]
async fn named<'a>(event: &'a str, note: &mut String) -> Result<usize, Error> {
    note.push_str(event);
    Ok(note.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(|event, execution| gateway::find(event, execution)))]
async fn by_closure(event: String) -> Result<String, Error> {
    Ok(event)
}

#[idempotent(
    key = "$.id",
    ttl = "1h",
    event = order,
    on_error = remember,
    on_abandoned = reconcile(async |Order { id, .. }: &Order, execution: &Execution| {
        let found = gateway::find::<_, String, Error>(&(id, &account), execution).await?;
        if let Reconciliation::Completed(found) = found {
            return Ok(Reconciliation::Completed(found.len()));
        }
        Ok(Reconciliation::Unknown)
    })
)]
async fn by_async_closure(account: String, order: Order) -> Result<usize, Declined> {
    Ok(order.id.len() + account.len())
}

struct Payments {
    idempotency: Idempotency,
    gateway: Gateway,
}

struct Gateway;

impl Gateway {
    async fn ask(&self, id: &str) -> Result<Option<u64>, Error> {
        Ok(id.parse().ok())
    }
}

impl Payments {
    async fn ask(order: &Order, _: &Execution) -> Result<Reconciliation<u64>, Error> {
        drop(format!("{order:?}"));
        Ok(Reconciliation::Unknown)
    }

    #[idempotent(
        key = "$.id",
        ttl = "1h",
        name = "payments/charge",
        runtime = self.idempotency,
        on_abandoned = reconcile(Self::ask)
    )]
    async fn charge(&mut self, order: Order) -> Result<u64, Error> {
        self.gateway = Gateway;
        Ok(order.id.len() as u64)
    }

    #[idempotent(
        key = "$.id",
        ttl = "1h",
        name = "payments/refund",
        runtime = self.idempotency,
        on_abandoned = reconcile(|order, _| async move {
            Ok(match self.gateway.ask(&order.id).await? {
                Some(cents) => Reconciliation::Completed(cents),
                None => Reconciliation::NeverHappened,
            })
        })
    )]
    async fn refund(&self, mut order: Order) -> Result<u64, Error> {
        order.id.push('0');
        self.gateway.ask(&order.id).await.map(Option::unwrap_or_default)
    }

    #[idempotent(key = "$.id", ttl = "1h", name = "payments/close", on_abandoned = reconcile(<Self as Ask>::ask))]
    async fn close(self, order: Order) -> Result<u64, Error> {
        let Self { gateway, .. } = self;
        gateway.ask(&order.id).await.map(Option::unwrap_or_default)
    }
}

trait Ask {
    async fn ask(order: &Order, execution: &Execution) -> Result<Reconciliation<u64>, Error>;
}

impl Ask for Payments {
    async fn ask(order: &Order, execution: &Execution) -> Result<Reconciliation<u64>, Error> {
        Self::ask(order, execution).await
    }
}

fn send(_: impl Send) {}

fn order() -> Order {
    Order { id: String::new() }
}

fn main() {
    send(by_path(order()));
    send(of_a_pattern(order()));
    send(by_closure(String::new()));
    send(by_async_closure(String::new(), order()));
    let _ = (by_generic_path, of_a_reference, unused, generic::<String, String>, named);
    let _ = (Payments::charge, Payments::refund, Payments::close);
}
