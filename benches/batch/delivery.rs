//! The batches that are delivered.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
pub(crate) use aws_lambda_events::sqs::SqsMessage as Message;
use idem_lambda::batch::Batch;
use idem_lambda::clock::{Clock, SystemClock};
use lambda_runtime::{Context, LambdaEvent};
use serde::Serialize;

const QUEUE: &str = "arn:aws:sqs:eu-central-1:123456789012:orders";

/// Records that have no memory of their own.
pub(crate) struct Items(Vec<Item>);

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'static str,
    pub(crate) number: u64,
}

impl Batch for Items {
    type Record = Item;

    fn into_records(self) -> Option<Vec<Item>> {
        Some(self.0)
    }
}

/// So many messages of a queue, with an order each.
pub(crate) fn of_messages(count: u64) -> LambdaEvent<SqsEvent> {
    let mut event = SqsEvent::default();
    event.records.extend((0..count).map(|number| {
        let mut message = Message::default();
        message.message_id = Some(format!("059f36b4-87a3-44ab-83d2-{number:012}"));
        message.receipt_handle = Some("AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a".to_owned());
        message.body = Some(format!(
            r#"{{"orderId":"0190b5c2-7b1e-7c3a-9f55-{number:012}"}}"#
        ));
        message.event_source = Some("aws:sqs".to_owned());
        message.event_source_arn = Some(QUEUE.to_owned());
        message
    }));
    LambdaEvent::new(event, context())
}

/// So many records without memory of their own.
pub(crate) fn of_items(count: u64) -> LambdaEvent<Items> {
    let item = |number| Item {
        event_source: "aws:sqs",
        event_source_arn: QUEUE,
        number,
    };
    LambdaEvent::new(Items((0..count).map(item).collect()), context())
}

/// Of an invocation that has a quarter of an hour left.
fn context() -> Context {
    let mut context = Context::default();
    context.request_id = String::from("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    context.deadline = SystemClock.now().after(Duration::from_mins(15)).0;
    context
}
