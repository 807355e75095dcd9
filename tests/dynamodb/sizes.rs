//! How large an item is: a write is billed by the kilobyte, and what a record tells of its attempts must not cost another.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::decision::Terms;
use idem_lambda::key::{Fingerprint, Marks, Namespace};
use idem_lambda::policy::OnAbandoned;
use idem_lambda::record::{Origin, Owner, Status, StoredResult};
use idem_lambda::store::{Claim, Claimed, Completion, Store, Written};
use idem_lambda::{Idempotency, Invocation, Source, SourceKind};

use crate::table::Table;
use crate::{HOUR, NOW};

/// What is billed as one write.
const UNIT: usize = 1_024;

/// By Amazon's rules: names and values as UTF-8, numbers two digits a byte and one byte more, and one for a sign.
///
/// Source: [DynamoDB item sizes and formats](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
fn size(item: &HashMap<String, AttributeValue>) -> usize {
    let sizes = item.iter().map(|(name, value)| {
        name.len()
            + match value {
                AttributeValue::S(text) => text.len(),
                AttributeValue::B(bytes) => bytes.as_ref().len(),
                AttributeValue::N(number) => {
                    let digits = number.bytes().filter(u8::is_ascii_digit).count();
                    digits.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
                }
                other => panic!("no record has this: {other:?}"),
            }
    });
    sizes.sum()
}

/// What the nth attempt claims, three hours after the one before: all that AWS tells, each time anew.
fn claim(function: &str, source: &Source, attempt: u32) -> Claim {
    let now = NOW.after(HOUR * 3 * attempt + Duration::from_millis(123));
    let namespace = Namespace::new(Some(function), "charge");
    Claim {
        id: namespace.id_of_value(None, "A-1001").unwrap(),
        terms: Terms {
            owner: Owner(attempt.into()),
            now,
            margin: Duration::ZERO,
            fingerprint: None,
            on_abandoned: OnAbandoned::Retry,
        },
        lease_until: now.after(Duration::from_mins(1)),
        expires_at: Some(now.after(HOUR).seconds_rounded_up()),
        origin: Origin {
            request_id: Some("8f507cfc-aaaa-4697-b07a-ac58fc914c95".into()),
            source: Some(source.clone()),
            version: Some(Arc::new("$LATEST".to_owned())),
        },
        marks: None,
    }
}

/// What a claim ends as.
fn completion(claim: &Claim, status: Status, result: Option<&[u8]>) -> Completion {
    Completion {
        id: claim.id.clone(),
        owner: claim.terms.owner,
        status,
        result: result.map(StoredResult::new),
        expires_at: claim.expires_at,
        effects: None,
    }
}

/// The sizes of an item once it was claimed by the last of these, and once that was completed with 100 bytes.
async fn sizes(table: &Table, claims: &[Claim]) -> [usize; 2] {
    let store = table.store().build();
    let mut sizes = [0; 2];
    for (place, claim) in claims.iter().enumerate() {
        let claimed = store.claim(claim).await.unwrap();
        assert!(matches!(claimed, Claimed::Granted(_)), "{claimed:?}");
        sizes[0] = size(&table.items().await[0]);
        let completion = if place + 1 == claims.len() {
            completion(claim, Status::Completed, Some(&[b'7'; 100]))
        } else {
            // No name of a status is longer, among those that a record without result has.
            completion(claim, Status::DoneNoResult, None)
        };
        assert_eq!(store.complete(&completion).await.unwrap(), Written::Done);
        sizes[1] = size(&table.items().await[0]);
    }
    sizes
}

/// By a queue, at the first attempt and after many.
#[tokio::test]
async fn the_usual_record_of_a_hundred_bytes_has_room_for_as_many_again() {
    let message = "2e1424d4-f796-459a-8184-9c92662be6da";
    let source = Source::new(SourceKind::Sqs, message).unwrap();
    for (attempts, most) in [(1, [470, 580]), (6, [620, 730])] {
        let table = Table::simple().await;
        let claims: Vec<_> = (1..=attempts)
            .map(|attempt| claim("orders", &source, attempt))
            .collect();
        let sizes = sizes(&table, &claims).await;
        assert!(sizes <= most, "{attempts} attempts: {sizes:?}");
    }
}

/// Of a function with the longest name, by the source with the longest ids, with everything that a record can have.
#[tokio::test]
async fn the_largest_record_of_a_hundred_bytes_is_billed_as_one_write() {
    let table = Table::simple().await;
    let message = "shardId-000000000006:49590338271490256608559692538361571095921575989136588898";
    let source = Source::new(SourceKind::Kinesis, message).unwrap();
    let claims: Vec<_> = (1..=6)
        .map(|attempt| {
            let mut claim = claim(&"f".repeat(64), &source, attempt);
            claim.terms.fingerprint = Some(Fingerprint::from_bytes([7; 32]));
            claim.marks = Some(Marks::from_bytes([7; 16]));
            claim
        })
        .collect();
    let [claimed, completed] = sizes(&table, &claims).await;
    assert!(claimed <= UNIT, "{claimed} bytes");
    assert!(completed <= UNIT, "{completed} bytes");
}

/// Outside Lambda whoever calls may have made it up: it must not fill the item, whose key could not be claimed again.
#[tokio::test]
async fn a_request_id_or_version_of_any_length_leaves_a_record_small() {
    let table = Table::simple().await;
    let text = "r".repeat(150_000);
    let runtime = Idempotency::builder(table.store().build());
    let runtime = runtime.function_version(text.clone()).build();
    for attempt in 1..=3 {
        let call = runtime.call("charge", "A-1001").ttl(HOUR);
        let call = call.invocation(Invocation {
            request_id: Some(&text),
            ..Invocation::default()
        });
        let failed: Result<(), Box<dyn Error + Send + Sync>> =
            call.run(async || Err("the bank is down".into())).await;
        assert_eq!(failed.unwrap_err().to_string(), "the bank is down");
        let size = size(&table.items().await[0]);
        assert!(size <= UNIT, "{attempt} attempts: {size} bytes");
    }
}
