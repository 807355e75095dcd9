//! A call of ours meets what theirs left.

use std::fmt;
use std::time::Duration;

use idem_lambda::clock::UnixMillis;
use idem_lambda::policy::OnAbandoned;
use idem_lambda::{Error, Replay};

use crate::meeting::{HOUR, MINUTE, Meeting, SECOND};
use crate::theirs::{Body, Call};

const NO_CONTEXT: Call = Call {
    remaining: None,
    ..Call::USUAL
};

/// Another result than theirs, which ours must not return.
const OTHER: u32 = 99;

#[tokio::test(flavor = "multi_thread")]
async fn their_call_in_progress_is_busy_until_its_lease_and_the_margin_are_over() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours();
    meeting.theirs.start(Call::USUAL);
    let busy = ours.call(OTHER).await.unwrap_err();
    assert!(busy.is_in_progress(), "{busy}");
    let retry_after = busy.retry_after().unwrap();
    assert!(
        retry_after > MINUTE + SECOND && retry_after < 2 * MINUTE,
        "{retry_after:?}"
    );
    assert_eq!(meeting.theirs.end(Body::Return("17")).own::<u32>(), 17);
    assert_eq!(ours.call(OTHER).await.unwrap(), 17);
    assert_eq!(ours.runs(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn their_call_without_a_lease_is_busy_until_its_expiration() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours();
    meeting.theirs.start(NO_CONTEXT);
    ours.clock.advance(HOUR);
    let busy = ours.call(OTHER).await.unwrap_err();
    assert!(busy.is_in_progress(), "{busy}");
    assert_eq!(ours.runs(), 0);
    ours.clock.advance(MINUTE);
    assert_eq!(ours.call(OTHER).await.unwrap(), OTHER);
    assert_eq!(ours.runs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_they_abandoned_is_taken_over_and_our_result_is_theirs() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    let ours = meeting.ours();
    meeting.theirs.start(Call::USUAL);
    ours.clock.advance(MINUTE + SECOND);
    let busy = ours.call(OTHER).await.unwrap_err();
    assert!(busy.is_in_progress(), "{busy}");
    ours.clock.advance(MINUTE);
    assert_eq!(ours.call(OTHER).await.unwrap(), OTHER);
    // The process of another call: the first one never comes back.
    let mut theirs = meeting.theirs.another();
    let replayed: u32 = theirs.call(Call::USUAL, Body::Return("17")).replayed();
    assert_eq!(replayed, OTHER);
    assert_eq!(ours.runs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_they_abandoned_is_held_where_our_policy_says_so() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    for call in [Call::USUAL, NO_CONTEXT] {
        meeting.theirs.start(call);
        let ours = meeting.ours_with(|runtime| runtime.on_abandoned(OnAbandoned::Hold));
        ours.clock.advance(2 * HOUR);
        let held = ours.call(OTHER).await.unwrap_err();
        assert!(held.is_held(), "{held}");
        assert_eq!(ours.runs(), 0);
        meeting.theirs.end(Body::Raise);
    }
}

/// Their call returns the value of this JSON, ours replays it.
async fn replays<T: Replay + PartialEq + fmt::Debug>(json: &'static str, value: T, other: T) {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    meeting.theirs.call(Call::USUAL, Body::Return(json));
    let ours = meeting.ours();
    assert_eq!(ours.call(other).await.unwrap(), value, "{json}");
    assert_eq!(ours.runs(), 0, "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn their_results_are_replayed_as_they_are() {
    replays("null", (), ()).await;
    replays("null", None, Some(1)).await;
    replays("false", false, true).await;
    replays("0", 0, 1).await;
    replays("17", 17, 1).await;
    replays("-9223372036854775808", i64::MIN, 0).await;
    let largest = "340282366920938463463374607431768211455";
    replays(largest, u128::MAX, 0).await;
    replays("0.1", 0.1, 0.0).await;
    replays("5e-324", 5e-324, 0.0).await;
    replays("1.7976931348623157e308", f64::MAX, 0.0).await;
    replays("\"\"", String::new(), "x".to_owned()).await;
    let text = r#""Grüße, \ud83d\ude00 \"\\\n\u0000 #1""#;
    let meant = "Grüße, 😀 \"\\\n\0 #1".to_owned();
    replays(text, meant, String::new()).await;
    replays("[]", vec![], vec![1]).await;
    replays("[3, 1, 2]", vec![3, 1, 2], vec![]).await;
    let object = r#"{"b": [1, {"ä": null}], "a": 1.5, "c": {}}"#;
    let value: serde_json::Value = serde_json::from_str(object).unwrap();
    replays(object, value, serde_json::Value::Null).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn their_result_of_another_type_is_refused() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    meeting.theirs.call(Call::USUAL, Body::Return("\"17\""));
    let ours = meeting.ours();
    let error = ours.call(OTHER).await.unwrap_err();
    assert!(error.is_replay_decode(), "{error}");
    assert_eq!(ours.runs(), 0);
}

/// Python writes what is no JSON.
#[tokio::test(flavor = "multi_thread")]
async fn their_not_a_number_is_refused() {
    for json in ["NaN", "Infinity", "[1, -Infinity]"] {
        let Some(mut meeting) = Meeting::new().await else {
            return;
        };
        meeting.theirs.call(Call::USUAL, Body::Return(json));
        let ours = meeting.ours();
        let error = ours.call(serde_json::Value::Null).await.unwrap_err();
        assert!(error.is_replay_decode(), "{json}: {error}");
        assert_eq!(ours.runs(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn their_validation_is_a_mismatch_for_our_fingerprint_and_nothing_without() {
    for function in ["md5", "sha1", "sha256", "sha512"] {
        let Some(mut meeting) = Meeting::new().await else {
            return;
        };
        let validating = Call {
            validation: Some(function),
            ..Call::USUAL
        };
        let ours = meeting.ours();
        let with_fingerprint = async || {
            let call = ours.prepare().fingerprint(&17);
            ours.run(call, async || Ok(OTHER)).await.unwrap_err()
        };
        meeting.theirs.start(validating);
        let busy = ours.call(OTHER).await.unwrap_err();
        assert!(busy.is_in_progress(), "{function}: {busy}");
        let mismatch = with_fingerprint().await;
        assert!(mismatch.is_mismatch(), "{function}: {mismatch}");
        meeting.theirs.end(Body::Return("17"));
        assert_eq!(ours.call(OTHER).await.unwrap(), 17, "{function}");
        let mismatch = with_fingerprint().await;
        assert!(mismatch.is_mismatch(), "{function}: {mismatch}");
        assert_eq!(ours.runs(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn their_failed_call_leaves_nothing_and_ours_runs() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    meeting.theirs.call(Call::USUAL, Body::Raise);
    let ours = meeting.ours();
    for _ in 0..2 {
        assert_eq!(ours.call(OTHER).await.unwrap(), OTHER);
    }
    assert_eq!(ours.runs(), 1);
}

/// They look whether the second of the expiration is over.
#[tokio::test(flavor = "multi_thread")]
async fn their_result_is_forgotten_when_the_last_second_of_its_ttl_is_over() {
    let Some(mut meeting) = Meeting::new().await else {
        return;
    };
    meeting.theirs.call(Call::USUAL, Body::Return("17"));
    let ours = meeting.ours();
    let items = meeting.table.items().await;
    let expiration: u64 = items[0]["expiration"].as_n().unwrap().parse().unwrap();
    ours.clock.set(UnixMillis(expiration * 1000 + 999));
    assert_eq!(ours.call(OTHER).await.unwrap(), 17);
    assert_eq!(ours.runs(), 0);
    ours.clock.advance(Duration::from_millis(1));
    assert_eq!(ours.call(OTHER).await.unwrap(), OTHER);
    assert_eq!(ours.runs(), 1);
    let theirs = &mut meeting.theirs;
    let replayed: u32 = theirs.call(Call::USUAL, Body::Return("17")).replayed();
    assert_eq!(replayed, OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_a_sort_key_is_shared_as_well() {
    let Some(mut meeting) = Meeting::composite().await else {
        return;
    };
    let ours = meeting.ours();
    meeting.theirs.start(Call::USUAL);
    let busy = ours.call(OTHER).await.unwrap_err();
    assert!(busy.is_in_progress(), "{busy}");
    meeting.theirs.end(Body::Return("17"));
    assert_eq!(ours.call(OTHER).await.unwrap(), 17);
    assert_eq!(ours.runs(), 0);
    ours.clock.advance(2 * HOUR);
    let within = async || {
        let refused = meeting.theirs.call(Call::USUAL, Body::Return("17"));
        assert_eq!(refused.refused(), "IdempotencyAlreadyInProgressError");
        Ok::<_, Error>(OTHER)
    };
    assert_eq!(ours.run(ours.prepare(), within).await.unwrap(), OTHER);
    let theirs = &mut meeting.theirs;
    let replayed: u32 = theirs.call(Call::USUAL, Body::Return("17")).replayed();
    assert_eq!(replayed, OTHER);
}
