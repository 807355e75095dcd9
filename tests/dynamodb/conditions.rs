//! The condition of a claim says what the decision says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::clock::UnixMillis;
use idem_lambda::decision::{Decision, Terms, decide};
use idem_lambda::key::{Fingerprint, Marks, Namespace, RecordId};
use idem_lambda::policy::OnAbandoned;
use idem_lambda::record::{Origin, Owner, Record, Status, StoredResult};
use idem_lambda::store::{Claim, Claimed, Completion, DynamoDb, Failure, Release, Store};

use crate::NOW;
use crate::table::Table;

const MARGIN: Duration = Duration::from_secs(2);

fn id(key: &str) -> RecordId {
    let namespace = Namespace::new(None, "conditions");
    namespace.id_of_value(None, key).unwrap()
}

fn claim(id: RecordId, owner: u128, now: UnixMillis, fingerprint: Option<u8>) -> Claim {
    Claim {
        id,
        terms: Terms {
            owner: Owner(owner),
            now,
            margin: MARGIN,
            fingerprint: fingerprint.map(|byte| Fingerprint::from_bytes([byte; 32])),
            on_abandoned: OnAbandoned::Retry,
        },
        lease_until: now.after(Duration::from_mins(1)),
        expires_at: Some(now.after(Duration::from_hours(1)).seconds_rounded_up()),
        origin: Origin {
            request_id: Some(format!("request-{owner}").into()),
            ..Origin::default()
        },
        marks: fingerprint.map(|byte| Marks::from_bytes([byte, 0])),
    }
}

/// The record as it stands, read with a claim that is never granted.
async fn seen(store: &DynamoDb, id: &RecordId) -> Record {
    let mut reader = claim(id.clone(), 99, UnixMillis(0), None);
    reader.terms.on_abandoned = OnAbandoned::Hold;
    match store.claim(&reader).await.unwrap() {
        Claimed::Lost(record) => Arc::unwrap_or_clone(record),
        Claimed::Granted(record) => panic!("a reader should not be granted: {record:?}"),
    }
}

/// Leaves a record of owner 1 in that state.
async fn leave(store: &DynamoDb, id: &RecordId, status: Status, fingerprint: Option<u8>) {
    let claim = claim(id.clone(), 1, NOW, fingerprint);
    assert!(matches!(store.claim(&claim).await, Ok(Claimed::Granted(_))));
    let expires_at = claim.expires_at;
    match status {
        Status::InProgress => {}
        Status::Released => {
            let release = Release {
                id: id.clone(),
                owner: Owner(1),
                expires_at,
            };
            store.release(&release).await.unwrap();
        }
        status => {
            let completion = Completion {
                id: id.clone(),
                owner: Owner(1),
                status,
                result: (status == Status::Completed).then(|| StoredResult::new(*b"17")),
                expires_at: expires_at.filter(|_| status != Status::Held),
                effects: None,
            };
            store.complete(&completion).await.unwrap();
        }
    }
}

/// Sends claims of every kind, and compares what they come to with what the decision says of the record before.
async fn agree(
    store: &DynamoDb,
    put: impl AsyncFn(&RecordId),
    read: impl AsyncFn(&RecordId) -> Record,
    name: &str,
) {
    let lease = NOW.after(Duration::from_mins(1));
    let expiry = NOW.after(Duration::from_hours(1));
    let moments = [
        lease.after(MARGIN),
        expiry,
        expiry.after(Duration::from_secs(1)),
        expiry.after(MARGIN),
    ];
    for (at, moment) in moments
        .into_iter()
        .flat_map(|moment| [UnixMillis(moment.0 - 1), moment])
        .enumerate()
    {
        for owner in [1, 2] {
            for fingerprint in [None, Some(1), Some(2)] {
                for on_abandoned in [OnAbandoned::Retry, OnAbandoned::Hold] {
                    let id = id(&format!(
                        "{name} {at} {owner} {fingerprint:?} {on_abandoned:?}"
                    ));
                    put(&id).await;
                    let before = read(&id).await;
                    let mut claim = claim(id.clone(), owner, moment, fingerprint);
                    claim.terms.on_abandoned = on_abandoned;
                    let decision = decide(Some(&before), &claim.terms);
                    let claimed = store.claim(&claim).await.unwrap();
                    let granted = matches!(claimed, Claimed::Granted(_));
                    let grants = matches!(decision, Decision::Grant | Decision::Mine);
                    assert_eq!(granted, grants, "{decision:?} for {before:?}, {claim:?}");
                    // What is said to be granted is what is written.
                    if let Claimed::Granted(record) = claimed {
                        assert_eq!(store.read(&id).await.unwrap(), Some(record), "{before:?}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_claim_is_granted_exactly_where_the_decision_grants_it() {
    let table = Table::simple().await;
    let store = &table.store().build();
    for status in [
        Status::InProgress,
        Status::Released,
        Status::Held,
        Status::Completed,
        Status::Failed,
        Status::DoneNoResult,
    ] {
        for fingerprint in [None, Some(1)] {
            // A released record is granted to any reader: it is what it was left as.
            let released = async |id: &RecordId| Record {
                status: Status::Released,
                owner: Owner(1),
                ..granted(id)
            };
            let put = async |id: &RecordId| leave(store, id, status, fingerprint).await;
            let name = format!("{status:?} {fingerprint:?}");
            if status == Status::Released {
                agree(store, put, released, &name).await;
            } else {
                agree(
                    store,
                    put,
                    async |id: &RecordId| seen(store, id).await,
                    &name,
                )
                .await;
            }
        }
    }
}

#[tokio::test]
async fn a_late_copy_of_the_claim_before_is_granted_exactly_where_the_decision_grants_it() {
    let table = Table::simple().await;
    let store = &table.store().build();
    for status in [Status::InProgress, Status::Released, Status::Completed] {
        let put = async |id: &RecordId| {
            let before = claim(id.clone(), 2, NOW, None);
            assert!(matches!(
                store.claim(&before).await,
                Ok(Claimed::Granted(_))
            ));
            let release = Release {
                id: id.clone(),
                owner: Owner(2),
                expires_at: before.expires_at,
            };
            store.release(&release).await.unwrap();
            leave(store, id, status, None).await;
        };
        let read = async |id: &RecordId| {
            if status != Status::Released {
                return seen(store, id).await;
            }
            let before = Record {
                status,
                ..Record::granted(&claim(id.clone(), 2, NOW, None), None)
            };
            Record {
                status,
                ..Record::granted(&claim(id.clone(), 1, NOW, None), Some(&before))
            }
        };
        agree(store, put, read, &format!("after another {status:?}")).await;
    }
}

/// The record of a first claim of owner 1.
fn granted(id: &RecordId) -> Record {
    Record::granted(&claim(id.clone(), 1, NOW, None), None)
}

/// As Powertools for AWS Lambda writes them.
#[tokio::test]
async fn claims_agree_with_the_decision_on_records_of_another_library() {
    let table = Table::simple().await;
    let store = &table.store().build();
    let number = |number: u64| AttributeValue::N(number.to_string());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for (status, has_lease) in [
        ("INPROGRESS", true),
        ("INPROGRESS", false),
        ("COMPLETED", true),
    ] {
        // As many digits as MD5, SHA-1 and SHA-512 make.
        for digits in [0, 32, 40, 128] {
            let put = async |id: &RecordId| {
                let expiry = NOW.after(Duration::from_hours(1)).0 / 1000;
                let mut item = HashMap::from([
                    ("id".to_owned(), text(&id.to_string())),
                    ("status".to_owned(), text(status)),
                    ("expiration".to_owned(), number(expiry)),
                ]);
                if has_lease {
                    let lease = number(NOW.after(Duration::from_mins(1)).0);
                    item.insert("in_progress_expiration".to_owned(), lease);
                }
                if status == "COMPLETED" {
                    item.insert("data".to_owned(), text("17"));
                }
                if digits > 0 {
                    item.insert("validation".to_owned(), text(&"7".repeat(digits)));
                }
                table.put(item).await;
            };
            let name = format!("{status} {has_lease} {digits}");
            agree(
                store,
                put,
                async |id: &RecordId| seen(store, id).await,
                &name,
            )
            .await;
        }
    }
}

/// As Powertools for AWS Lambda ends a call, without a condition: over what is ours by then.
#[tokio::test]
async fn claims_agree_with_the_decision_on_records_of_ours_that_another_library_completed() {
    let table = Table::simple().await;
    let store = &table.store().build();
    for status in [
        Status::InProgress,
        Status::Released,
        Status::Held,
        Status::Completed,
    ] {
        let put = async |id: &RecordId| {
            leave(store, id, status, None).await;
            let expiry = NOW.after(Duration::from_hours(1)).0 / 1000;
            let update = table.client.update_item().table_name(table.name());
            update
                .key("id", AttributeValue::S(id.to_string()))
                .update_expression("SET #data = :data, expiration = :expiration, #status = :status")
                .expression_attribute_names("#data", "data")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":data", AttributeValue::S("17".to_owned()))
                .expression_attribute_values(":expiration", AttributeValue::N(expiry.to_string()))
                .expression_attribute_values(":status", AttributeValue::S("COMPLETED".to_owned()))
                .send()
                .await
                .unwrap();
        };
        let read = async |id: &RecordId| seen(store, id).await;
        agree(
            store,
            put,
            read,
            &format!("completed by another {status:?}"),
        )
        .await;
    }
}

/// What a record of ours may lack; without a layout it is one of another library.
const OPTIONAL: [&str; 7] = [
    "codec",
    "data",
    "ended",
    "expiration",
    "layout",
    "marks",
    "validation",
];

/// In every state that is granted to anybody, each attribute in turn is of another type, or is not there.
#[tokio::test]
async fn what_cannot_be_read_is_never_granted_or_changed() {
    let table = Table::simple().await;
    let store = &table.store().build();
    let late = NOW.after(Duration::from_hours(2));
    for status in [Status::InProgress, Status::Released, Status::Completed] {
        let id = id(&format!("{status:?}"));
        // An attempt before, of which the record tells.
        let before = claim(id.clone(), 3, NOW, Some(1));
        store.claim(&before).await.unwrap();
        let release = Release {
            id: id.clone(),
            owner: Owner(3),
            expires_at: before.expires_at,
        };
        store.release(&release).await.unwrap();
        leave(store, &id, status, Some(1)).await;
        let items = table.items().await;
        let is_it = |item: &&HashMap<_, _>| item["id"] == AttributeValue::S(id.to_string());
        let whole = items.iter().find(is_it).unwrap();
        for name in whole.keys().filter(|name| *name != "id") {
            let mut faulty = vec![whole.clone(), whole.clone()];
            faulty[0].insert(name.clone(), AttributeValue::Bool(true));
            faulty[1].remove(name);
            if OPTIONAL.contains(&name.as_str()) {
                faulty.pop();
            }
            for item in faulty {
                table.put(item.clone()).await;
                let claimed = store.claim(&claim(id.clone(), 2, late, Some(1))).await;
                let is_refused = match &claimed {
                    Ok(Claimed::Lost(record)) => record.status == Status::Foreign,
                    Ok(Claimed::Granted(_)) => false,
                    Err(error) => error.failure() == Failure::Permanent,
                };
                assert!(
                    is_refused,
                    "{status:?} {name} {:?}: {claimed:?}",
                    item.get(name)
                );
                let now = table.items().await;
                assert_eq!(*now.iter().find(is_it).unwrap(), item, "{name}");
            }
        }
    }
}
