//! People who look after records.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::policy::OnError;
use idem_lambda::record::Record;
use idem_lambda::{Error, Idempotency};

use crate::HOUR;
use crate::table::Table;

/// Holds the record of this key.
async fn hold(runtime: &Idempotency, key: u32) -> Record {
    let call = runtime
        .call("charge", &key)
        .ttl(HOUR)
        .on_error(OnError::Hold);
    let declined = call.run(async || Err::<String, lambda_runtime::Error>("declined".into()));
    declined.await.unwrap_err();
    runtime
        .records()
        .find("charge", &key)
        .await
        .unwrap()
        .unwrap()
}

async fn call(runtime: &Idempotency, key: u32) -> Result<String, Error> {
    let call = runtime.call("charge", &key).ttl(HOUR);
    call.run(async || Ok("ran".to_owned())).await
}

#[tokio::test]
async fn what_is_held_is_listed_over_all_pages_and_resolved() {
    for table in [Table::simple().await, Table::composite().await] {
        let runtime = Idempotency::new(table.store().build());
        let mut held = Vec::new();
        for key in 0..3 {
            held.push(hold(&runtime, key).await);
        }
        // More than a megabyte, which is what one page reads.
        for key in 10..15 {
            let large = runtime.call("charge", &key).ttl(HOUR);
            let large = large.run(async || Ok::<_, Error>("x".repeat(300_000)));
            large.await.unwrap();
        }
        let records = runtime.records();
        let (mut listed, mut pages) = (Vec::new(), records.held());
        while let Some(page) = pages.next().await.unwrap() {
            listed.extend(page);
        }
        listed.sort_by_key(|record| record.generation);
        held.sort_by_key(|record| record.generation);
        let ids = |records: &[Record]| {
            let mut ids: Vec<_> = records.iter().map(|record| record.id.clone()).collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(&listed), ids(&held));

        records
            .complete(&held[0], &"by hand".to_owned(), HOUR)
            .await
            .unwrap();
        records.release(&held[1]).await.unwrap();
        records.forget(&held[2]).await.unwrap();
        let mut results = Vec::new();
        for key in 0..3 {
            results.push(call(&runtime, key).await.unwrap());
        }
        results.sort();
        assert_eq!(results, ["by hand", "ran", "ran"]);
    }
}

#[tokio::test]
async fn a_large_result_is_stored_by_hand_and_forgotten_with_its_record() {
    let table = Table::simple().await;
    let runtime = Idempotency::new(table.store().build());
    let records = runtime.records();
    let held = hold(&runtime, 1).await;
    let large = "x".repeat(100_000);
    records.complete(&held, &large, HOUR).await.unwrap();
    assert_eq!(call(&runtime, 1).await.unwrap(), large);
    assert_eq!(table.items().await.len(), 2);

    let completed = records.get(&held.id).await.unwrap().unwrap();
    records.forget(&completed).await.unwrap();
    assert!(table.items().await.is_empty(), "nothing is left of it");
    assert_eq!(call(&runtime, 1).await.unwrap(), "ran");
}

#[tokio::test]
async fn a_record_of_another_library_is_neither_listed_nor_resolved() {
    let table = Table::simple().await;
    let runtime = Idempotency::new(table.store().build());
    let held = hold(&runtime, 1).await;
    let (text, number) = (AttributeValue::S, AttributeValue::N);
    let theirs = [
        ("id", text(held.id.to_string())),
        ("status", text("INPROGRESS".to_owned())),
        ("in_progress_expiration", number("1".to_owned())),
        ("expiration", number("9999999999".to_owned())),
    ];
    let theirs = theirs.map(|(name, value)| (name.to_owned(), value));
    table.put(HashMap::from(theirs)).await;
    let records = runtime.records();
    let mut abandoned = records.abandoned();
    while let Some(page) = abandoned.next().await.unwrap() {
        assert!(page.is_empty());
    }
    let seen = records.get(&held.id).await.unwrap().unwrap();
    assert!(records.release(&seen).await.unwrap_err().is_foreign());
    assert!(records.forget(&seen).await.unwrap_err().is_foreign());
}
