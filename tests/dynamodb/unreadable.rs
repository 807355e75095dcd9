//! Items that are not records, or not whole ones.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::{Error, Idempotency};

use crate::table::Table;

type Item = HashMap<String, AttributeValue>;

async fn call(runtime: &Idempotency, runs: &AtomicU32) -> Result<u32, Error> {
    let call = runtime
        .call("charge", "A-1001")
        .ttl(Duration::from_hours(1));
    call.run(async || {
        runs.fetch_add(1, Ordering::Relaxed);
        Ok(17)
    })
    .await
}

/// What a call meets that finds its record changed like that.
async fn met(change: impl FnOnce(&mut Item)) -> Error {
    let table = Table::simple().await;
    let runtime = Idempotency::new(table.store().build());
    let runs = Arc::new(AtomicU32::new(0));
    call(&runtime, &runs).await.unwrap();
    let mut item = table.items().await.remove(0);
    change(&mut item);
    table.put(item.clone()).await;
    let error = call(&runtime, &runs).await.unwrap_err();
    assert_eq!(runs.load(Ordering::Relaxed), 1, "nothing ran");
    assert_eq!(table.items().await, [item], "nothing was written");
    error
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test]
async fn a_record_of_an_unknown_layout_is_foreign() {
    let newer = |item: &mut Item| {
        item.insert("layout".to_owned(), AttributeValue::N("2".to_owned()));
    };
    assert!(met(newer).await.is_foreign());
}

#[tokio::test]
async fn a_record_that_lacks_an_attribute_is_foreign() {
    for name in [
        "attempts",
        "first_origin",
        "generation",
        "in_progress_expiration",
        "lease_owner",
        "origin",
        "p0",
        "p0_lease",
        "p0_origin",
        "p0_owner",
        "p0_status",
        "p1",
        "p2",
        "p3",
        "started_at",
        "status",
    ] {
        let error = met(|item| _ = item.remove(name).unwrap()).await;
        assert!(error.is_foreign(), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_number_that_is_a_string_is_foreign() {
    for name in [
        "attempts",
        "ended",
        "expiration",
        "generation",
        "layout",
        "p0",
        "p3",
        "started_at",
    ] {
        let error = met(|item| _ = item.insert(name.to_owned(), text("1"))).await;
        assert!(error.is_foreign(), "{name}: {error}");
    }
}

#[tokio::test]
async fn an_end_that_is_never_written_is_foreign() {
    for (name, number) in [
        ("ended", "0.7"),
        ("ended", "1.2"),
        ("p0", "17.7"),
        ("p3", "17.25"),
    ] {
        let number = AttributeValue::N(number.to_owned());
        let error = met(|item| _ = item.insert(name.to_owned(), number.clone())).await;
        assert!(error.is_foreign(), "{name} {number:?}: {error}");
    }
}

/// It is for people: a text that is none of ours, or of a source that a later version knows, stops nobody.
#[tokio::test]
async fn where_a_record_comes_from_may_be_any_text() {
    for origin in ["", "8f50", "8f50\nmq:17\n7\n8", "\n\n\n\n"] {
        let table = Table::simple().await;
        let runtime = Idempotency::new(table.store().build());
        let runs = Arc::new(AtomicU32::new(0));
        call(&runtime, &runs).await.unwrap();
        let mut item = table.items().await.remove(0);
        for name in ["origin", "first_origin", "p0_origin"] {
            item.insert(name.to_owned(), text(origin)).unwrap();
        }
        table.put(item).await;
        assert_eq!(call(&runtime, &runs).await.unwrap(), 17, "{origin:?}");
        assert_eq!(runs.load(Ordering::Relaxed), 1, "{origin:?}");
    }
}

#[tokio::test]
async fn an_item_of_another_program_is_foreign() {
    let other = |item: &mut Item| {
        let id = item.remove("id").unwrap();
        *item = Item::from([("id".to_owned(), id), ("price".to_owned(), text("17"))]);
    };
    assert!(met(other).await.is_foreign());
}

#[tokio::test]
async fn a_completed_record_without_its_result_is_foreign() {
    assert!(
        met(|item| _ = item.remove("data").unwrap())
            .await
            .is_foreign()
    );
}

/// Its result lies apart, and what it says of that is not to be trusted either.
#[tokio::test]
async fn a_large_record_that_cannot_be_read_is_foreign_whatever_lies_apart() {
    for has_result in [true, false] {
        let table = Table::simple().await;
        let runtime = Idempotency::new(table.store().inline_limit(0).build());
        let runs = Arc::new(AtomicU32::new(0));
        call(&runtime, &runs).await.unwrap();
        let (mut record, result): (Vec<Item>, Vec<Item>) =
            (table.items().await.into_iter()).partition(|item| item.contains_key("layout"));
        table.delete_all().await;
        record[0].insert("layout".to_owned(), AttributeValue::N("2".to_owned()));
        for item in record
            .into_iter()
            .chain(result.into_iter().filter(|_| has_result))
        {
            table.put(item).await;
        }
        table.network.requests();
        let error = call(&runtime, &runs).await.unwrap_err();
        assert!(error.is_foreign(), "{error}");
        assert_eq!(
            table.network.requests(),
            ["UpdateItem"],
            "nothing is looked for"
        );
        assert_eq!(runs.load(Ordering::Relaxed), 1, "nothing ran");
    }
}
