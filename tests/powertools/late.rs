//! A call of theirs ends late: its writes have no condition, and void what they hit. What ours says of it is never wrong
//! of its own result.

use idem_lambda::policy::OnError;

use crate::meeting::{MINUTE, Meeting, Ours, failure};
use crate::theirs::{Body, Call};

/// Theirs runs, and for ours its lease is over.
async fn late() -> Option<(Meeting, Ours)> {
    let mut meeting = Meeting::new().await?;
    let ours = meeting.ours();
    meeting.theirs.start(Call::USUAL);
    ours.clock.advance(2 * MINUTE);
    Some((meeting, ours))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_over_our_claim_is_lease_lost_and_their_result_is_replayed() {
    let Some((mut meeting, ours)) = late().await else {
        return;
    };
    let within = async || {
        assert_eq!(meeting.theirs.end(Body::Return("17")).own::<u32>(), 17);
        Ok(99)
    };
    let lost = ours.run(ours.prepare(), within).await.unwrap_err();
    assert!(lost.is_lease_lost(), "{lost}");
    assert_eq!(ours.call(99).await.unwrap(), 17);
    assert_eq!(ours.runs(), 1);
    let replayed: u32 = meeting.theirs.call(Call::USUAL, Body::Raise).replayed();
    assert_eq!(replayed, 17);
}

/// It leaves their validation in our record.
#[tokio::test(flavor = "multi_thread")]
async fn a_completion_with_validation_is_a_mismatch_for_our_fingerprint() {
    for function in ["md5", "sha512"] {
        let Some(mut meeting) = Meeting::new().await else {
            return;
        };
        meeting.theirs.start(Call {
            validation: Some(function),
            ..Call::USUAL
        });
        let ours = meeting.ours();
        ours.clock.advance(2 * MINUTE);
        // With a fingerprint theirs would not be taken over.
        let within = async || {
            meeting.theirs.end(Body::Return("17"));
            Ok(99)
        };
        let lost = ours.run(ours.prepare(), within).await.unwrap_err();
        assert!(lost.is_lease_lost(), "{lost}");
        let call = ours.prepare().fingerprint(&17);
        let mismatch = ours.run(call, async || Ok(99)).await.unwrap_err();
        assert!(mismatch.is_mismatch(), "{function}: {mismatch}");
        assert_eq!(ours.call(99).await.unwrap(), 17);
        assert_eq!(ours.runs(), 1);
    }
}

/// It lay in an item of its own, where they do not reach.
#[tokio::test(flavor = "multi_thread")]
async fn a_completion_does_not_replace_our_large_result() {
    let Some((mut meeting, ours)) = late().await else {
        return;
    };
    let large = "x".repeat(5_000);
    assert_eq!(ours.call(large.clone()).await.unwrap(), large);
    meeting.theirs.end(Body::Return("\"17\""));
    assert_eq!(ours.call(String::new()).await.unwrap(), large);
    let replayed: String = meeting.theirs.call(Call::USUAL, Body::Raise).replayed();
    assert_eq!(replayed, "17");
    assert_eq!(ours.runs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_over_our_claim_does_not_pass_for_ours_when_we_fail() {
    let Some((mut meeting, ours)) = late().await else {
        return;
    };
    let within = async || {
        meeting.theirs.end(Body::Return("17"));
        Err::<u32, _>(failure())
    };
    let lost = ours.run(ours.prepare(), within).await.unwrap_err();
    assert!(lost.is_lease_lost(), "{lost}");
    assert_eq!(ours.call(99).await.unwrap(), 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_over_what_we_released_is_replayed() {
    let Some((mut meeting, ours)) = late().await else {
        return;
    };
    let within = async || Err::<u32, _>(failure());
    ours.run(ours.prepare(), within).await.unwrap_err();
    meeting.theirs.end(Body::Return("17"));
    assert_eq!(ours.call(99).await.unwrap(), 17);
    assert_eq!(ours.runs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_deletes_our_claim_which_is_lease_lost() {
    let Some((mut meeting, ours)) = late().await else {
        return;
    };
    let within = async || {
        meeting.theirs.end(Body::Raise);
        Ok(99)
    };
    let lost = ours.run(ours.prepare(), within).await.unwrap_err();
    assert!(lost.is_lease_lost(), "{lost}");
    assert!(meeting.table.items().await.is_empty());
    // Its effect happens twice, and nobody can know.
    for _ in 0..2 {
        assert_eq!(ours.call(17).await.unwrap(), 17);
    }
    assert_eq!(ours.runs(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_replaces_our_result() {
    let Some((mut meeting, ours)) = late().await else {
        return;
    };
    assert_eq!(ours.call(99).await.unwrap(), 99);
    meeting.theirs.end(Body::Return("17"));
    assert_eq!(ours.call(99).await.unwrap(), 17);
    assert_eq!(ours.runs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_deletes_our_result() {
    let Some((mut meeting, ours)) = late().await else {
        return;
    };
    assert_eq!(ours.call(99).await.unwrap(), 99);
    meeting.theirs.end(Body::Raise);
    assert_eq!(ours.call(17).await.unwrap(), 17);
    assert_eq!(ours.runs(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_lifts_our_hold() {
    let Some((mut meeting, _)) = late().await else {
        return;
    };
    let ours = meeting.ours_with(|runtime| runtime.on_error(OnError::Hold));
    ours.clock.advance(2 * MINUTE);
    let within = async || Err::<u32, _>(failure());
    ours.run(ours.prepare(), within).await.unwrap_err();
    assert!(ours.call(99).await.unwrap_err().is_held());
    meeting.theirs.end(Body::Return("17"));
    assert_eq!(ours.call(99).await.unwrap(), 17);
    assert_eq!(ours.runs(), 1);
}
