//! The event and the result.

use std::sync::Arc;
use std::time::Duration;

use idem_lambda::clock::{Clock, SystemClock};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};

/// What the JSON of an order has beside its note, in bytes.
const BESIDE_NOTE: usize = 92;

/// Five fields, of which one is the key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the usual name of it")]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub(crate) order_id: String,
    pub(crate) cents: u64,
    currency: String,
    customer: String,
    pub(crate) note: Arc<str>,
}

/// Two fields.
#[derive(Debug, Serialize, Deserialize)]
pub struct Receipt {
    pub(crate) charged: u64,
    pub(crate) text: String,
}

/// Makes events of one invocation, which has an hour left.
#[derive(Debug)]
pub struct Events {
    context: Context,
    note: Arc<str>,
}

impl Events {
    /// Whose payloads have so many bytes as JSON, if those are enough.
    #[must_use]
    pub fn of_size(bytes: usize) -> Self {
        let mut context = Context::default();
        context.request_id = String::from("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
        context.deadline = SystemClock.now().after(Duration::from_hours(1)).0;
        Self {
            context,
            note: "x".repeat(bytes.saturating_sub(BESIDE_NOTE)).into(),
        }
    }

    /// The event of the order of this number.
    #[must_use]
    pub fn event(&self, number: u64) -> LambdaEvent<Order> {
        let order = Order {
            order_id: format!("order-{number:010}"),
            cents: 4_200,
            currency: "EUR".to_owned(),
            customer: "customer-17".to_owned(),
            note: Arc::clone(&self.note),
        };
        LambdaEvent::new(order, self.context.clone())
    }
}
