//! Records of batches.

use std::hint::black_box;

use idem_lambda::{Idempotency, batch, idempotent, store::Memory};
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};

use crate::Call;
use crate::order::context;

#[idempotent(key = json("$.body", "$.orderId"), ttl = "5d")]
async fn fulfil(message: LambdaEvent<Value>) -> Result<usize, Error> {
    Ok(message.payload["body"].as_str().map_or(0, str::len))
}

/// A batch of one message of a queue, each of a new key.
pub(crate) fn record() -> Call {
    let runtime = Idempotency::new(Memory::builder().capacity(1_000_000).build());
    Box::new(move |number| {
        let message = json!({
            "messageId": format!("059f36b4-87a3-44ab-83d2-{number:012}"),
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
            "body": format!(r#"{{"orderId":"order-{number:010}"}}"#),
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
        });
        let event = LambdaEvent::new(json!({ "Records": [message] }), context());
        let response = crate::ready(runtime.scope(batch::run(event, fulfil)));
        black_box(response.is_ok());
    })
}
