//! The event and the result.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};

/// Five fields, of which one is the key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) cents: u64,
    currency: String,
    customer: String,
    note: String,
}

/// A hundred bytes of JSON.
#[derive(Serialize, Deserialize)]
pub(crate) struct Receipt {
    charged: u64,
    text: String,
}

impl Order {
    pub(crate) fn new(number: u64) -> Self {
        Self {
            order_id: format!("order-{number:010}"),
            cents: 4_200,
            currency: "EUR".to_owned(),
            customer: "customer-17".to_owned(),
            note: "leave it with the neighbours".to_owned(),
        }
    }

    pub(crate) fn charged(&self) -> Receipt {
        Receipt {
            charged: self.cents,
            text: "x".repeat(74),
        }
    }
}

/// An event of this order, of an invocation with a minute left.
pub(crate) fn event(number: u64) -> LambdaEvent<Order> {
    LambdaEvent::new(Order::new(number), context())
}

pub(crate) fn context() -> Context {
    let mut context = Context::default();
    context.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
    let deadline = SystemTime::now() + Duration::from_mins(1);
    let since = deadline.duration_since(SystemTime::UNIX_EPOCH);
    context.deadline = since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0));
    context
}
