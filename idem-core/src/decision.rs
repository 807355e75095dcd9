//! What a claim means for the record it finds: one pure function.

use std::time::Duration;

use crate::ablation::{Guard, is_removed};
use crate::clock::UnixMillis;
use crate::key::Fingerprint;
use crate::policy::OnAbandoned;
use crate::record::{Owner, Record, Status};

/// What a claim brings along to be compared with the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Who asks.
    pub owner: Owner,
    /// When: the one moment that everything is compared with.
    pub now: UnixMillis,
    /// Clock skew: how long past the lease a take-over waits.
    pub margin: Duration,
    /// What must be equal when the key is.
    pub fingerprint: Option<Fingerprint>,
    /// What to do with an abandoned record.
    pub on_abandoned: OnAbandoned,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The claim is granted: write it.
    Grant,
    /// The claim is granted already: this is its own record, seen on a re-send. Write nothing.
    Mine,
    /// Somebody else runs; their lease and the margin are over at this moment.
    Busy(UnixMillis),
    /// The key is the same, the fingerprint is not.
    Mismatch,
    /// A person must look first.
    Held,
    /// The stored result is the answer.
    Replay,
    /// The remembered error is the answer.
    ReplayError,
    /// The handler has run, and its result could not be stored.
    DoneNoResult,
    /// The record cannot be read.
    Foreign,
}

/// Decides what a claim means for the record that it finds.
///
/// | record found | fingerprint | decision |
/// |---|---|---|
/// | none, or released | any | [`Grant`](Decision::Grant) |
/// | released or in progress, and owner of it, if released, or of the attempt before is the one that asks (a late copy of a claim that has ended) | any | [`Busy`](Decision::Busy) |
/// | in progress, owner is the one that asks | any | [`Mine`](Decision::Mine) |
/// | in progress, lease + margin > now | same | [`Busy`](Decision::Busy) |
/// | in progress | differs | [`Mismatch`](Decision::Mismatch) |
/// | in progress, lease + margin <= now (abandoned) | same | by [`OnAbandoned`]: `Retry` and `Reconcile` [`Grant`](Decision::Grant), `Hold` [`Held`](Decision::Held) |
/// | held | any | [`Held`](Decision::Held) |
/// | completed, not expired | same | [`Replay`](Decision::Replay) |
/// | failed, not expired | same | [`ReplayError`](Decision::ReplayError) |
/// | done without result, not expired | same | [`DoneNoResult`](Decision::DoneNoResult) |
/// | completed in any way, not expired | differs | [`Mismatch`](Decision::Mismatch) |
/// | completed in any way, expired | any | [`Grant`](Decision::Grant) |
/// | foreign | any | [`Foreign`](Decision::Foreign) |
///
/// Fingerprints differ only where both are present and not equal. What the granted claim is (a first one, a take-over,
/// a late arrival) stands in the record that it wrote: [`Provenance::previous`](crate::record::Provenance::previous).
#[must_use]
pub fn decide(found: Option<&Record>, terms: &Terms) -> Decision {
    let Some(record) = found else {
        return Decision::Grant;
    };
    let mismatch = differs(record.fingerprint.as_deref(), terms.fingerprint.as_ref());
    let has_ended = |owner| {
        let previous = record.provenance.previous();
        previous.is_some_and(|previous| previous.owner == owner)
            || (record.owner == owner && record.status == Status::Released)
    };
    match record.status {
        Status::InProgress | Status::Released
            if has_ended(terms.owner) && !is_removed(Guard::EndedClaimStaysEnded) =>
        {
            Decision::Busy(terms.now)
        }
        Status::Released => Decision::Grant,
        Status::InProgress
            if record.owner == terms.owner && !is_removed(Guard::ResentClaimIsOwn) =>
        {
            Decision::Mine
        }
        Status::InProgress
            if is_removed(Guard::ExpiryFreesNoClaim) && is_expired(record, terms.now) =>
        {
            Decision::Grant
        }
        Status::InProgress if mismatch => Decision::Mismatch,
        Status::InProgress => {
            let margin = if is_removed(Guard::TakeOverWaitsForTheMargin) {
                Duration::ZERO
            } else {
                terms.margin
            };
            let free_at = record.lease_until.after(margin);
            match terms.on_abandoned {
                _ if free_at > terms.now => Decision::Busy(free_at),
                OnAbandoned::Retry | OnAbandoned::Reconcile => Decision::Grant,
                OnAbandoned::Hold => Decision::Held,
            }
        }
        Status::Held => Decision::Held,
        Status::Completed | Status::Failed | Status::DoneNoResult
            if is_expired(record, terms.now) =>
        {
            Decision::Grant
        }
        Status::Completed | Status::Failed | Status::DoneNoResult if mismatch => Decision::Mismatch,
        Status::Completed => Decision::Replay,
        Status::Failed => Decision::ReplayError,
        Status::DoneNoResult => Decision::DoneNoResult,
        Status::Foreign => Decision::Foreign,
    }
}

fn differs(stored: Option<&Fingerprint>, asked: Option<&Fingerprint>) -> bool {
    matches!((stored, asked), (Some(stored), Some(asked)) if stored != asked)
}

fn is_expired(record: &Record, now: UnixMillis) -> bool {
    record
        .expires_at
        .is_some_and(|seconds| seconds.saturating_mul(1000) <= now.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::key::Namespace;
    use crate::record::{Attempt, History, Origin, Provenance};

    const NOW: UnixMillis = UnixMillis(1_000_000);
    const MARGIN: Duration = Duration::from_secs(2);

    fn fingerprint(byte: u8) -> Fingerprint {
        Fingerprint::from_bytes([byte; 32])
    }

    fn terms() -> Terms {
        Terms {
            owner: Owner(1),
            now: NOW,
            margin: MARGIN,
            fingerprint: Some(fingerprint(1)),
            on_abandoned: OnAbandoned::Retry,
        }
    }

    /// A record of somebody else, its fingerprint equal, its lease and ttl not over.
    fn record(status: Status) -> Record {
        Record {
            id: Namespace::new(None, "tests")
                .id_of_value(None, "key")
                .unwrap(),
            status,
            owner: Owner(2),
            generation: 7,
            lease_until: NOW,
            expires_at: Some(NOW.0 / 1000 + 1),
            fingerprint: Some(Arc::new(fingerprint(1))),
            marks: None,
            result: None,
            completed_by: None,
            provenance: Provenance::new(UnixMillis(0), Origin::default()),
        }
    }

    fn other_fingerprint(status: Status) -> Record {
        Record {
            fingerprint: Some(Arc::new(fingerprint(2))),
            ..record(status)
        }
    }

    fn abandoned() -> Record {
        Record {
            lease_until: NOW.before(MARGIN),
            ..record(Status::InProgress)
        }
    }

    fn decided(found: &Record) -> Decision {
        decide(Some(found), &terms())
    }

    #[test]
    fn no_record_is_granted() {
        assert_eq!(decide(None, &terms()), Decision::Grant);
    }

    #[test]
    fn released_is_granted_whatever_the_fingerprint() {
        assert_eq!(decided(&record(Status::Released)), Decision::Grant);
        assert_eq!(
            decided(&other_fingerprint(Status::Released)),
            Decision::Grant
        );
    }

    #[test]
    fn a_late_copy_of_a_released_claim_is_not_granted() {
        let own = Record {
            owner: Owner(1),
            ..record(Status::Released)
        };
        assert_eq!(decided(&own), Decision::Busy(NOW));
    }

    #[test]
    fn a_late_copy_of_a_released_claim_is_not_granted_after_another_claim_either() {
        let after = |record: Record| Record {
            provenance: Provenance {
                history: Some(Arc::new(History::new(Attempt {
                    owner: Owner(1),
                    started_at: UnixMillis(0),
                    lease_until: NOW,
                    status: Status::Released,
                    origin: Origin::default(),
                }))),
                ..record.provenance
            },
            ..record
        };
        for record in [abandoned(), record(Status::Released)] {
            assert_eq!(decided(&after(record)), Decision::Busy(NOW));
        }
    }

    #[test]
    fn own_claim_seen_on_a_resend_is_mine_even_past_its_lease() {
        let own = Record {
            owner: Owner(1),
            ..abandoned()
        };
        assert_eq!(decided(&own), Decision::Mine);
    }

    #[test]
    fn in_progress_within_lease_and_margin_is_busy_until_both_are_over() {
        assert_eq!(
            decided(&record(Status::InProgress)),
            Decision::Busy(NOW.after(MARGIN))
        );
        let one_ms_left = Record {
            lease_until: UnixMillis(NOW.before(MARGIN).0 + 1),
            ..abandoned()
        };
        assert_eq!(decided(&one_ms_left), Decision::Busy(UnixMillis(NOW.0 + 1)));
    }

    #[test]
    fn in_progress_with_another_fingerprint_is_a_mismatch_also_when_abandoned() {
        assert_eq!(
            decided(&other_fingerprint(Status::InProgress)),
            Decision::Mismatch
        );
        let abandoned = Record {
            fingerprint: Some(Arc::new(fingerprint(2))),
            ..abandoned()
        };
        assert_eq!(decided(&abandoned), Decision::Mismatch);
    }

    #[test]
    fn expiry_never_frees_a_record_in_progress() {
        let expired = Record {
            expires_at: Some(0),
            ..record(Status::InProgress)
        };
        assert!(matches!(decided(&expired), Decision::Busy(_)));
    }

    #[test]
    fn abandoned_is_taken_over_or_held_by_policy() {
        let by = |on_abandoned| {
            decide(
                Some(&abandoned()),
                &Terms {
                    on_abandoned,
                    ..terms()
                },
            )
        };
        assert_eq!(by(OnAbandoned::Retry), Decision::Grant);
        assert_eq!(by(OnAbandoned::Reconcile), Decision::Grant);
        assert_eq!(by(OnAbandoned::Hold), Decision::Held);
    }

    #[test]
    fn held_is_held_whatever_the_fingerprint_and_expiry() {
        let held = Record {
            expires_at: Some(0),
            ..other_fingerprint(Status::Held)
        };
        assert_eq!(decided(&held), Decision::Held);
    }

    #[test]
    fn completed_is_replayed_or_a_mismatch() {
        assert_eq!(decided(&record(Status::Completed)), Decision::Replay);
        assert_eq!(
            decided(&other_fingerprint(Status::Completed)),
            Decision::Mismatch
        );
    }

    #[test]
    fn failed_replays_the_error_or_is_a_mismatch() {
        assert_eq!(decided(&record(Status::Failed)), Decision::ReplayError);
        assert_eq!(
            decided(&other_fingerprint(Status::Failed)),
            Decision::Mismatch
        );
    }

    #[test]
    fn done_without_result_is_said_or_a_mismatch() {
        assert_eq!(
            decided(&record(Status::DoneNoResult)),
            Decision::DoneNoResult
        );
        assert_eq!(
            decided(&other_fingerprint(Status::DoneNoResult)),
            Decision::Mismatch
        );
    }

    #[test]
    fn expired_completion_of_any_kind_is_granted_at_the_very_second() {
        for status in [Status::Completed, Status::Failed, Status::DoneNoResult] {
            let expired = Record {
                expires_at: Some(NOW.0 / 1000),
                ..other_fingerprint(status)
            };
            assert_eq!(decided(&expired), Decision::Grant, "{status:?}");
        }
    }

    #[test]
    fn completion_without_expiry_is_replayed_for_ever() {
        let forever = Record {
            expires_at: None,
            ..record(Status::Completed)
        };
        assert_eq!(decided(&forever), Decision::Replay);
    }

    #[test]
    fn a_fingerprint_against_none_is_no_mismatch() {
        let without = Record {
            fingerprint: None,
            ..record(Status::Completed)
        };
        assert_eq!(decided(&without), Decision::Replay);
        let asked_without = Terms {
            fingerprint: None,
            ..terms()
        };
        assert_eq!(
            decide(Some(&record(Status::Completed)), &asked_without),
            Decision::Replay
        );
    }

    #[test]
    fn foreign_is_never_granted() {
        let foreign = Record {
            expires_at: Some(0),
            lease_until: UnixMillis(0),
            owner: Owner(1),
            ..record(Status::Foreign)
        };
        assert_eq!(decided(&foreign), Decision::Foreign);
    }
}
