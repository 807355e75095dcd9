//! What a granted claim writes.

use super::{LEASE, Subject, TTL};
use crate::clock::UnixMillis;
use crate::key::Marks;
use crate::record::{Origin, Owner, Past, Provenance, Record, Status};
use crate::store::{Claim, Completion, Release, Written};

/// Number 3. Of an id that is claimed again and again, the record keeps what brought the first claim and how the last
/// ended, within bounds.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c03_a_granted_claim_leaves_nothing_of_the_former_result(subject: &Subject) {
    let first = subject.claim("c03", 1);
    let before = subject.granted(&first).await;
    assert_eq!(
        before.generation,
        first.terms.now.0 + 1,
        "generations should start from the claim's time"
    );
    let completion = subject.completion(&first, b"first");
    subject.done(&completion).await;

    let mut second = subject.claim("c03", 2);
    second.terms.now = UnixMillis(completion.expires_at.unwrap_or_default() * 1000);
    second.terms.fingerprint = None;
    let after = subject.granted(&second).await;
    assert_eq!(
        after,
        subject.seen(&second).await,
        "the reply should be the record"
    );
    assert_eq!(after.generation, before.generation + 1);
    assert_eq!((after.status, after.owner), (Status::InProgress, Owner(2)));
    assert_eq!(
        (&after.result, after.completed_by, after.fingerprint),
        (&None, None, None)
    );
    assert_eq!(
        (after.lease_until, after.expires_at),
        (second.lease_until, second.expires_at)
    );
    assert_eq!(after.provenance.attempts, 2);
    assert_eq!(after.marks, second.marks);
    assert_eq!(after.provenance.first(), &first.origin);
    assert_eq!(after.provenance.first_started_at(), first.terms.now);
    assert_eq!(after.provenance.origin, second.origin);
    let Some(previous) = after.provenance.previous() else {
        panic!("a second claim should know the first");
    };
    assert_eq!(
        (previous.owner, previous.status, &previous.origin),
        (Owner(1), Status::Completed, &first.origin)
    );
    assert_eq!(
        (previous.started_at, previous.lease_until),
        (first.terms.now, first.lease_until)
    );
    provenance_is_carried_on(subject).await;
}

/// How one attempt after another stands when the next claim is granted: so each passes through every place that a record
/// has for it.
const ENDS: [Status; 6] = [
    Status::Released,
    Status::Completed,
    Status::Failed,
    Status::InProgress,
    Status::DoneNoResult,
    Status::Released,
];

/// Claims of one id, each compared with what the contract makes of the one before.
async fn provenance_is_carried_on(subject: &Subject) {
    let mut found = None;
    for (attempt, end) in (1..).zip(ENDS) {
        let claim = subject.nth_claim(attempt);
        let granted = Record::granted(&claim, found.as_ref());
        assert_eq!(
            subject.granted(&claim).await,
            granted,
            "claim {attempt} should carry on what it found"
        );
        let ended = subject.ended(&claim, granted, end).await;
        assert_eq!(
            subject.read(&ended).await.as_ref(),
            Some(&ended),
            "the end of claim {attempt} should change nothing else"
        );
        found = Some(ended);
    }
    let Some(Provenance {
        attempts,
        history: Some(history),
        ..
    }) = found.map(|record| record.provenance)
    else {
        panic!("the last record should have a history");
    };
    assert_eq!(attempts, 6);
    let first = subject.nth_claim(1);
    assert_eq!(
        (&history.first, history.first_started_at),
        (&first.origin, first.terms.now)
    );
    assert_eq!(
        (history.previous.owner, history.previous.status),
        (Owner(5), Status::DoneNoResult)
    );
    let past = |attempt, status| {
        let started_at = subject.nth_claim(attempt).terms.now;
        Some(Past { started_at, status })
    };
    assert_eq!(
        history.pasts,
        [
            past(4, Status::InProgress),
            past(3, Status::Failed),
            past(2, Status::Completed)
        ]
    );
}

impl Subject {
    /// A claim that comes when whatever the one before left is over. One has no marks, and some lack a part of their origin.
    fn nth_claim(&self, attempt: u8) -> Claim {
        let now = self.now.after(2 * TTL * attempt.into());
        let mut claim = self.claim("c03 again", attempt.into());
        claim.terms.now = now;
        claim.lease_until = now.after(LEASE);
        claim.expires_at = Some(now.after(LEASE + TTL).seconds_rounded_up());
        claim.marks = (attempt != 3).then(|| Marks::from_bytes([attempt, 0, 0xff]));
        match attempt {
            2 => claim.origin = Origin::default(),
            4 => claim.origin.source = None,
            5 => claim.origin.request_id = None,
            _ => {}
        }
        claim
    }

    /// The record once its attempt has ended like that.
    async fn ended(&self, claim: &Claim, granted: Record, status: Status) -> Record {
        let expires_at = Some(claim.terms.now.after(TTL).seconds_rounded_up());
        let (result, completed_by) = match status {
            Status::InProgress => return granted,
            Status::Released => {
                let release = Release {
                    expires_at,
                    ..self.release(claim)
                };
                let released = self.store.release(&release).await;
                assert!(
                    matches!(released, Ok(Written::Done)),
                    "the owner should release: {released:?}"
                );
                (None, None)
            }
            _ => {
                let completion = Completion {
                    status,
                    expires_at,
                    ..self.completion(claim, b"17")
                };
                self.done(&completion).await;
                (completion.result, Some(completion.owner))
            }
        };
        Record {
            status,
            expires_at,
            result,
            completed_by,
            ..granted
        }
    }
}
