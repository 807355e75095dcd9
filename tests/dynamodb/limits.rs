//! Times at the limits of their types, as numbers of an item: DynamoDB's have 38 digits, and none of ours has more.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::clock::{ManualClock, UnixMillis};
use idem_lambda::{Error, Idempotency};

use crate::NOW;
use crate::table::Table;

fn number<'i>(item: &'i HashMap<String, AttributeValue>, name: &str) -> &'i str {
    item[name].as_n().unwrap()
}

#[tokio::test]
async fn a_lease_and_a_ttl_without_an_end_are_written_and_read_and_end_with_time_itself() {
    let table = Table::simple().await;
    let clock = ManualClock::at(NOW);
    let runtime = Idempotency::builder(table.store().build())
        .clock(clock.clone())
        .build();
    let call = || {
        let call = runtime.call("charge", "A-1001").ttl(Duration::MAX);
        call.lease(Duration::MAX)
    };
    let first = call().run(async || {
        let item = table.items().await.remove(0);
        let lease = number(&item, "in_progress_expiration");
        assert_eq!(lease, u64::MAX.to_string());
        let expiration = number(&item, "expiration");
        assert_eq!(expiration, u64::MAX.div_ceil(1_000).to_string());
        // A runtime of its own, since the same call would be inside itself.
        let other = Idempotency::builder(table.store().build()).clock(clock.clone());
        let other = other.build();
        let call = other.call("charge", "A-1001").ttl(Duration::MAX);
        let busy = call.run(async || Ok::<_, Error>(2)).await.unwrap_err();
        let forever = Duration::from_millis(u64::MAX - NOW.0);
        assert_eq!(busy.retry_after(), Some(forever));
        Ok::<_, Error>(1)
    });
    assert_eq!(first.await.unwrap(), 1);
    for now in [NOW, UnixMillis(u64::MAX - 1)] {
        clock.set(now);
        let again = call().run(async || Ok::<_, Error>(2)).await;
        assert_eq!(again.unwrap(), 1);
    }
}
