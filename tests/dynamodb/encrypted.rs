//! The codec of the example `encrypted`, and what of a result can be seen in the table.

#[path = "../../examples/encrypted/sealed.rs"]
mod sealed;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idem_lambda::{Error, Idempotency};

use crate::table::Table;
use sealed::Sealed;

const SECRET: &str = "card 4111-1111-1111-1111";

fn runtime(table: &Table, key: u8) -> Idempotency {
    let sealed = Sealed::with_key(&STANDARD.encode([key; 32])).unwrap();
    Idempotency::builder(table.store().build())
        .codec(sealed)
        .build()
}

async fn charge(runtime: &Idempotency, order: &str, copies: usize) -> Result<String, Error> {
    let call = runtime.call("charge", order).ttl(Duration::from_hours(1));
    call.run(async || Ok(SECRET.repeat(copies))).await
}

/// In the record and, over the inline limit, in an item of its own.
#[tokio::test]
async fn an_encrypted_result_is_replayed_and_nothing_of_it_is_in_the_table() {
    for copies in [1, 1_000] {
        let table = Table::simple().await;
        for _ in 0..2 {
            let receipt = charge(&runtime(&table, 1), "A-1001", copies).await;
            assert_eq!(receipt.unwrap(), SECRET.repeat(copies));
        }
        let items = table.items().await;
        assert!(!format!("{items:?}").contains(SECRET));
        let texts = items.iter().flat_map(|item| item.values());
        let mut bytes = texts.filter_map(|value| value.as_b().ok());
        assert!(bytes.all(|bytes| !String::from_utf8_lossy(bytes.as_ref()).contains(SECRET)));
        let record = items.iter().find(|item| item.contains_key("status"));
        let record = record.unwrap();
        assert_eq!(record["status"].as_s().unwrap(), "COMPLETED_OPAQUE");
        assert_eq!(record["codec"].as_s().unwrap(), "aes-256-gcm");
    }
}

#[tokio::test]
async fn another_key_opens_nothing_and_runs_nothing() {
    let table = Table::simple().await;
    charge(&runtime(&table, 1), "A-1001", 1).await.unwrap();
    let error = charge(&runtime(&table, 2), "A-1001", 1).await.unwrap_err();
    assert!(error.is_replay_decode(), "{error}");
}

#[tokio::test]
async fn a_result_that_was_moved_to_another_record_does_not_open() {
    let table = Table::simple().await;
    let runtime = runtime(&table, 1);
    charge(&runtime, "A-1001", 1).await.unwrap();
    let mut from = table.items().await.remove(0);
    charge(&runtime, "A-1002", 1).await.unwrap();
    let mut items = table.items().await.into_iter();
    let mut to = items.find(|item| item["id"] != from["id"]).unwrap();
    let stolen: AttributeValue = from.remove("data").unwrap();
    to.insert("data".to_owned(), stolen);
    table.put(to).await;
    let error = charge(&runtime, "A-1002", 1).await.unwrap_err();
    assert!(error.is_replay_decode(), "{error}");
}
