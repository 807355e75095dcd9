//! A call of theirs meets what ours left.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::clock::{Clock, SystemClock, UnixMillis};
use idem_lambda::codec::{Codec, CodecError};
use idem_lambda::decision::Terms;
use idem_lambda::key::RecordId;
use idem_lambda::policy::{OnAbandoned, OnError};
use idem_lambda::record::{Origin, Status, StoredResult};
use idem_lambda::store::{Claim, Completion, DynamoDb, Store};
use idem_lambda::{Builder, Replay};
use serde::de::DeserializeOwned;

use crate::meeting::{HOUR, MINUTE, Meeting, failure, id};
use crate::theirs::{Body, Call};

/// With and without a lease, and with validation: each must be refused.
const CALLS: [Call; 3] = [
    Call::USUAL,
    Call {
        remaining: None,
        ..Call::USUAL
    },
    Call {
        validation: Some("md5"),
        ..Call::USUAL
    },
];

/// Another result than ours, which theirs must not return.
const OTHER: Body = Body::Return("99");

impl Meeting {
    /// Every kind of call of theirs is refused.
    #[track_caller]
    fn theirs_is_refused(&mut self) {
        for call in CALLS {
            self.theirs.call(call, OTHER).refused();
        }
    }

    #[track_caller]
    fn theirs_refuses_the_status(&mut self) {
        let reply = self.theirs.call(Call::USUAL, OTHER);
        assert_eq!(reply.refused(), "IdempotencyPersistenceLayerError");
        assert_eq!(reply.cause(), "IdempotencyInvalidStatusError");
        self.theirs_is_refused();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_call_in_progress_blocks_theirs() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours();
    let within = async || {
        let reply = meeting.theirs.call(Call::USUAL, OTHER);
        assert_eq!(reply.refused(), "IdempotencyAlreadyInProgressError");
        meeting.theirs_is_refused();
        Ok(17)
    };
    assert_eq!(ours.run(ours.prepare(), within).await.unwrap(), 17);
    let replayed: u32 = meeting.theirs.call(Call::USUAL, OTHER).replayed();
    assert_eq!(replayed, 17);
}

/// It has no expiration.
#[tokio::test(flavor = "multi_thread")]
async fn our_protected_call_in_progress_blocks_theirs() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours_with(|runtime| runtime.on_abandoned(OnAbandoned::Hold));
    let within = async || {
        meeting.theirs_is_refused();
        Ok(17)
    };
    assert_eq!(ours.run(ours.prepare(), within).await.unwrap(), 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_renewed_lease_blocks_theirs() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    // For them the lease of a minute is over, but not the renewed one.
    let ours = meeting.ours().ago(MINUTE + Duration::from_secs(1));
    let clock = ours.clock.clone();
    let within = async || {
        clock.advance(MINUTE / 2);
        meeting.renewed(clock.now()).await;
        meeting.theirs_is_refused();
        Ok(17)
    };
    assert_eq!(ours.run(ours.prepare(), within).await.unwrap(), 17);
}

impl Meeting {
    /// Once the lease ends a minute after that.
    async fn renewed(&self, from: UnixMillis) {
        let lease = AttributeValue::N(from.after(MINUTE).0.to_string());
        while self.table.items().await[0]["in_progress_expiration"] != lease {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ours_released_theirs_runs_once_and_ours_replays() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours();
    let failing = async || Err::<u32, _>(failure());
    assert!(ours.run(ours.prepare(), failing).await.is_err());
    let own: u32 = meeting.theirs.call(Call::USUAL, Body::Return("17")).own();
    assert_eq!(own, 17);
    let replayed: u32 = meeting.theirs.call(Call::USUAL, OTHER).replayed();
    assert_eq!(replayed, 17);
    assert_eq!(ours.call(99).await.unwrap(), 17);
    assert_eq!(ours.runs(), 1);
}

/// Our call returns the value, theirs replays it.
async fn replays<T>(value: T)
where
    T: Replay + DeserializeOwned + PartialEq + fmt::Debug + Clone,
{
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    meeting.ours().call(value.clone()).await.unwrap();
    let replayed: T = meeting.theirs.call(Call::USUAL, OTHER).replayed();
    assert_eq!(replayed, value);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_results_are_replayed_as_they_are() {
    replays(()).await;
    replays(None::<u32>).await;
    replays(true).await;
    replays(17).await;
    replays(i64::MIN).await;
    replays(u128::MAX).await;
    replays(0.1).await;
    replays(5e-324).await;
    replays(f64::MAX).await;
    replays("Grüße, 😀 \"\\\n\0 #1".to_owned()).await;
    replays(vec![0]).await;
    let object = r#"{"b": [1, {"ä": null}], "a": 1.5, "c": {}}"#;
    replays(serde_json::from_str::<serde_json::Value>(object).unwrap()).await;
}

/// Of a stored value that is false to Python they replay `None`.
async fn is_refused<T>(value: T)
where
    T: Replay + PartialEq + fmt::Debug + Clone,
{
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours();
    ours.call(value.clone()).await.unwrap();
    meeting.theirs_refuses_the_status();
    assert_eq!(ours.call(value.clone()).await.unwrap(), value);
    assert_eq!(ours.runs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_results_that_they_would_replay_as_none_are_refused() {
    is_refused(false).await;
    is_refused(0).await;
    is_refused(0.0).await;
    is_refused(-0.0).await;
    is_refused(String::new()).await;
    is_refused(Vec::<u32>::new()).await;
    is_refused(serde_json::json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_result_in_an_item_of_its_own_is_refused() {
    is_refused("x".repeat(5_000)).await;
}

#[derive(Debug)]
struct Reversed;

impl Codec for Reversed {
    fn name(&self) -> &'static str {
        "reversed"
    }

    fn encode(&self, mut json: Vec<u8>, _: &RecordId) -> Result<Vec<u8>, CodecError> {
        json.reverse();
        Ok(json)
    }

    fn decode<'s>(
        &self,
        stored: &'s [u8],
        _: &str,
        _: &RecordId,
    ) -> Result<Cow<'s, [u8]>, CodecError> {
        Ok(stored.iter().rev().copied().collect())
    }
}

/// It is text, and would be JSON.
#[tokio::test(flavor = "multi_thread")]
async fn our_result_of_another_codec_is_refused() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours_with(|runtime| runtime.codec(Reversed));
    ours.call(17).await.unwrap();
    meeting.theirs_refuses_the_status();
    assert_eq!(ours.call(99).await.unwrap(), 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_call_that_is_done_without_result_is_refused() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours();
    assert!(ours.call(f64::NAN).await.unwrap().is_nan());
    meeting.theirs_refuses_the_status();
    let error = ours.call(1.0).await.unwrap_err();
    assert!(error.is_done_without_result(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_hold_is_refused() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours_with(|runtime| runtime.on_error(OnError::Hold));
    let failing = async || Err::<u32, _>(failure());
    assert!(ours.run(ours.prepare(), failing).await.is_err());
    meeting.theirs_is_refused();
    assert!(ours.call(99).await.unwrap_err().is_held());
}

/// No call remembers errors yet, but the store can.
#[tokio::test(flavor = "multi_thread")]
async fn our_remembered_error_is_refused() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let store = meeting.table.store().build();
    remember_an_error(&store).await;
    meeting.theirs_refuses_the_status();
}

async fn remember_an_error(store: &DynamoDb) {
    let now = SystemClock.now();
    let owner = store.owner().unwrap();
    let expires_at = Some(now.after(HOUR).seconds_rounded_up());
    let claim = Claim {
        id: id(),
        terms: Terms {
            owner,
            now,
            margin: Duration::ZERO,
            fingerprint: None,
            on_abandoned: OnAbandoned::Retry,
        },
        lease_until: now.after(MINUTE),
        expires_at,
        origin: Origin::default(),
        marks: None,
    };
    store.claim(&claim).await.unwrap();
    let completion = Completion {
        id: id(),
        owner,
        status: Status::Failed,
        result: Some(StoredResult::new(*b"17")),
        expires_at,
        effects: None,
    };
    store.complete(&completion).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn our_result_is_refused_by_their_validation() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours();
    let call = ours.prepare().fingerprint(&17);
    ours.run(call, async || Ok(17)).await.unwrap();
    let validating = Call {
        validation: Some("sha256"),
        ..Call::USUAL
    };
    let reply = meeting.theirs.call(validating, OTHER);
    assert_eq!(reply.refused(), "IdempotencyValidationError");
    let replayed: u32 = meeting.theirs.call(Call::USUAL, OTHER).replayed();
    assert_eq!(replayed, 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_result_is_forgotten_when_its_ttl_is_over() {
    // In the record, and in an item of its own.
    for size in [1, 5_000] {
        let Some(mut meeting) = Meeting::new().await else {
            return;
        };
        let ours = meeting.ours().ago(HOUR + MINUTE);
        ours.call("x".repeat(size)).await.unwrap();
        let own: u32 = meeting.theirs.call(Call::USUAL, Body::Return("17")).own();
        assert_eq!(own, 17);
        assert_eq!(meeting.ours().call(99).await.unwrap(), 17);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ours_abandoned_theirs_takes_over_and_our_late_completion_is_refused() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours().ago(HOUR / 2);
    let within = async || {
        meeting.theirs.start(Call::USUAL);
        Ok(99)
    };
    let lost = ours.run(ours.prepare(), within).await.unwrap_err();
    assert!(lost.is_lease_lost(), "{lost}");
    assert_eq!(meeting.theirs.end(Body::Return("17")).own::<u32>(), 17);
    assert_eq!(meeting.ours().call(99).await.unwrap(), 17);
    assert_eq!(ours.runs(), 1);
}

/// Whether an abandoned record is taken over is for the claimant's policy to say, and theirs always takes over.
#[tokio::test(flavor = "multi_thread")]
async fn what_ours_abandoned_theirs_takes_over_although_our_policy_holds() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let hold = |runtime: Builder| runtime.on_abandoned(OnAbandoned::Hold);
    let ours = meeting.ours_with(hold).ago(HOUR / 2);
    let within = async || {
        let own: u32 = meeting.theirs.call(Call::USUAL, Body::Return("17")).own();
        assert_eq!(own, 17);
        Ok(99)
    };
    let lost = ours.run(ours.prepare(), within).await.unwrap_err();
    assert!(lost.is_lease_lost(), "{lost}");
    assert_eq!(meeting.ours_with(hold).call(99).await.unwrap(), 17);
}

/// Their result lacks what would make it a successor's.
#[tokio::test(flavor = "multi_thread")]
async fn our_late_completion_is_refused_after_theirs() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours().ago(HOUR / 2);
    let within = async || {
        let own: u32 = meeting.theirs.call(Call::USUAL, Body::Return("17")).own();
        assert_eq!(own, 17);
        Ok(99)
    };
    let lost = ours.run(ours.prepare(), within).await.unwrap_err();
    assert!(lost.is_lease_lost(), "{lost}");
    assert_eq!(meeting.ours().call(99).await.unwrap(), 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_late_failure_leaves_theirs_alone() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours().ago(HOUR / 2);
    let within = async || {
        meeting.theirs.start(Call::USUAL);
        Err::<u32, _>(failure())
    };
    let lost = ours.run(ours.prepare(), within).await.unwrap_err();
    assert!(lost.is_lease_lost(), "{lost}");
    let busy = meeting.ours().call(99).await.unwrap_err();
    assert!(busy.is_in_progress(), "{busy}");
    assert_eq!(meeting.theirs.end(Body::Return("17")).own::<u32>(), 17);
}
