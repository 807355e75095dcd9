#![deny(warnings)]

use idem_lambda::{Error, Idempotency, idempotent};
use lambda_runtime::LambdaEvent;
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: String,
    cents: u64,
}

impl Order {
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Serialize)]
struct Key<'k> {
    id: &'k str,
    cents: u64,
}

#[idempotent(key = |event| event.payload.id(), fingerprint = |event| event.payload.cents, ttl = "1h")]
async fn borrows(event: LambdaEvent<Order>) -> Result<u64, Error> {
    Ok(event.payload.cents)
}

#[idempotent(key = |order| Key { id: order.id(), cents: order.cents }, ttl = "1h")]
async fn makes_a_value(order: &Order) -> Result<u64, Error> {
    Ok(order.cents)
}

#[idempotent(key = (|Order { id, .. }| id != "", |Order { id, .. }| [1, 2].get(..id.len())), ttl = "1h")]
async fn names_what_it_binds(order: Order) -> Result<u64, Error> {
    Ok(order.cents)
}

#[idempotent(key = |Order { id, .. }| Key { id: &id, cents: 0 }, ttl = "1h")]
async fn names_it_in_a_field(order: Order) -> Result<u64, Error> {
    Ok(order.cents)
}

#[idempotent(key = |LambdaEvent { payload, .. }: &LambdaEvent<Order>| &payload.id, ttl = "1h")]
async fn takes_it_apart(LambdaEvent { payload: Order { id, .. }, .. }: LambdaEvent<Order>) -> Result<String, Error> {
    Ok(id)
}

#[idempotent(key = (|event| event, |_| format!("{account}-{}", event.len()), json(|_| account, "$")), event = event, ttl = "1h")]
async fn names_other_parameters(account: &str, mut event: String) -> Result<String, Error> {
    event.push_str(account);
    Ok(event)
}

fn region() -> &'static str {
    "eu"
}

#[idempotent(key = (|_| region(), |_| crate::region(), |_| format!("{account}"), |_event| _event), ttl = "1h", event = _event)]
async fn needs_no_event(account: String, _event: String) -> Result<String, Error> {
    Ok(account)
}

#[idempotent(key = |event| (event, 1), ttl = "1h")]
async fn generic<T: Serialize>(event: T) -> Result<(), Error> {
    drop(event);
    Ok(())
}

#[idempotent(key = |_event| _event.len(), ttl = "1h")]
async fn unused(_event: String) -> Result<(), Error> {
    Ok(())
}

#[idempotent(key = |order| {
    let parse = |id: &str| -> Option<u64> { Some(id.strip_prefix("A-")?.parse().ok()?) };
    let first = |id: &str| { if id.is_empty() { return None; } id.chars().next() };
    let mut sum = 0;
    for digit in order.id.bytes() {
        if digit == b'-' { continue; }
        sum += u64::from(digit);
        if sum > 100 { break; }
    }
    (parse(&order.id), first(&order.id), sum)
}, ttl = "1h")]
async fn leaves_no_further_than_itself(order: Order) -> Result<u64, Error> {
    Ok(order.cents)
}

struct Payments {
    idempotency: Idempotency,
    prefix: String,
}

impl Payments {
    const VERSION: u8 = 1;

    #[idempotent(
        key = |order| (Self::VERSION, &self.prefix, order.id()),
        ttl = "1h",
        name = "payments",
        runtime = self.idempotency,
    )]
    async fn charge(&self, order: Order) -> Result<u64, Error> {
        Ok(order.cents)
    }
}

macro_rules! handler {
    ($name:ident, $key:expr, $($form:tt)*) => {
        #[idempotent(key = ($key, $($form)*), ttl = "1h")]
        async fn $name(event: String) -> Result<usize, Error> {
            Ok(event.len())
        }
    };
}
handler!(by_macro, |event| event.len(), header("a"));

fn main() {
    let _ = (
        borrows,
        makes_a_value,
        names_what_it_binds,
        names_it_in_a_field,
        takes_it_apart,
        names_other_parameters,
        needs_no_event,
        generic::<Order>,
        unused,
        leaves_no_further_than_itself,
        Payments::charge,
        by_macro,
    );
}
