//! A ttl that ends before its event's source stops delivering: one warning in a process, and so one test here.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "support/log.rs"]
mod log;

use std::time::Duration;

use idem_lambda::store::Memory;
use idem_lambda::{Error, Idempotency, SourceKind, idempotent};
use lambda_runtime::{Context, LambdaEvent};
use log::logged;
use serde_json::{Value, json};
use tracing::Level;

#[idempotent(key = "$.messageId", ttl = "1h", name = "short")]
async fn short(_message: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

#[idempotent(key = "$.messageId", ttl = "4d", name = "long")]
async fn long(_message: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

fn message(source: &str) -> LambdaEvent<Value> {
    let message = json!({ "messageId": "059f36b4", "eventSource": source });
    LambdaEvent::new(message, Context::default())
}

#[test]
fn a_ttl_shorter_than_the_redelivery_of_its_source_is_one_warning_unless_it_is_allowed() {
    let idempotency = Idempotency::new(Memory::new());
    let allowed = Idempotency::builder(Memory::new()).allow_short_ttl();
    let allowed = allowed.build();
    let lines = logged(Level::WARN, async {
        allowed.scope(short(message("aws:sqs"))).await.unwrap();
        Idempotency::disabled()
            .scope(short(message("aws:sqs")))
            .await
            .unwrap();
        idempotency.scope(long(message("aws:sqs"))).await.unwrap();
        idempotency.scope(short(message("of mine"))).await.unwrap();
    });
    assert_eq!(lines, Vec::<Value>::new());

    let lines = logged(Level::WARN, async {
        for _ in 0..3 {
            idempotency.scope(short(message("aws:sqs"))).await.unwrap();
        }
        let call = idempotency.call("plain", "059f36b4");
        let source = idem_lambda::Source::new(SourceKind::Sns, "059f36b4").unwrap();
        let call = call.ttl(Duration::from_hours(1)).source(source);
        call.run(async || Ok::<_, Error>(())).await.unwrap();
    });
    let [line] = &*lines else {
        panic!("{lines:?}");
    };
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["target"], "idem");
    let fields = line["fields"].as_object().unwrap();
    assert_eq!(fields["handler"], "short");
    assert_eq!(fields["source"], "sqs");
    assert_eq!(fields["ttl_s"], 3_600);
    assert_eq!(fields["redelivery_s"], 345_600);
    let message = fields["message"].as_str().unwrap();
    assert!(message.contains("`allow_short_ttl()`"), "{message}");
}
