//! The orders that are charged, and the invocations that bring them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use idem_lambda::clock::{Clock, SystemClock};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the key is `$.orderId`")]
pub(crate) struct Order {
    pub(crate) order_id: String,
    customer: String,
    amount_cents: u64,
    currency: String,
    express: bool,
}

/// 100 bytes as JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    order_id: String,
    charge_id: String,
    amount_cents: u64,
}

impl Order {
    pub(crate) fn numbered(number: u64) -> Self {
        Self {
            order_id: format!("0190b5c2-7b1e-7c3a-9f55-{number:012}"),
            customer: "customer-4711".to_owned(),
            amount_cents: 4_200,
            currency: "EUR".to_owned(),
            express: false,
        }
    }

    /// The order as a queue delivers it.
    pub(crate) fn queued(&self) -> SqsEvent {
        let mut message = SqsMessage::default();
        message.message_id = Some("059f36b4-87a3-44ab-83d2-661975830a7d".to_owned());
        message.event_source = Some("aws:sqs".to_owned());
        message.body = serde_json::to_string(self).ok();
        let mut event = SqsEvent::default();
        event.records.push(message);
        event
    }

    pub(crate) fn charged(&self) -> Receipt {
        Receipt {
            order_id: self.order_id.clone(),
            charge_id: "ch_5f0c8e7d91ab4c".to_owned(),
            amount_cents: self.amount_cents,
        }
    }
}

/// Invocations of a function that has a minute left.
pub(crate) struct Deliveries {
    deadline: u64,
    repeated: u64,
}

impl Deliveries {
    pub(crate) fn new() -> Self {
        Self {
            deadline: SystemClock.now().after(Duration::from_mins(15)).0,
            repeated: 0,
        }
    }

    /// An order that no row has seen.
    pub(crate) fn fresh(&self) -> LambdaEvent<Order> {
        static ORDERS: AtomicU64 = AtomicU64::new(1_000_000);
        self.event(ORDERS.fetch_add(1, Ordering::Relaxed))
    }

    /// One of the first `count` orders, in turn.
    pub(crate) fn repeated(&mut self, count: u64) -> LambdaEvent<Order> {
        self.repeated += 1;
        self.event(self.repeated % count)
    }

    fn event(&self, number: u64) -> LambdaEvent<Order> {
        let mut context = Context::default();
        context.request_id = String::from("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
        context.deadline = self.deadline;
        LambdaEvent::new(Order::numbered(number), context)
    }
}
