//! The simulated store: one record, each verb one step, by the functions that every store uses.

use std::sync::Arc;

use idem_core::ablation::{Guard, is_removed};
use idem_core::decision::{Decision, decide};
use idem_core::engine::{ClaimRequest, CompleteRequest, ExtendRequest, ReleaseRequest};
use idem_core::record::{Origin, Record, Status, StoredResult};
use idem_core::store::{Claim, Claimed, Failure, Written};

use super::scenario::id;

pub(crate) fn claim(request: &ClaimRequest) -> Claim {
    Claim {
        id: id(),
        terms: request.terms,
        lease_until: request.lease_until,
        expires_at: request.expires_at,
        origin: Origin::default(),
        marks: None,
    }
}

/// What a claim does to the record found: the record that it writes, if it does, and the reply.
pub(crate) fn claimed(
    found: Option<&Record>,
    request: &ClaimRequest,
) -> (Option<Record>, Result<Claimed, Failure>) {
    match (decide(found, &request.terms), found) {
        (Decision::Grant, found) => {
            let record = Record::granted(&claim(request), found);
            (Some(record.clone()), Ok(Claimed::Granted(Arc::new(record))))
        }
        (Decision::Mine, Some(record)) => (None, Ok(Claimed::Granted(Arc::new(record.clone())))),
        _ if is_removed(Guard::LoserGetsTheRecord) => (None, Err(Failure::Permanent)),
        (_, Some(record)) => (None, Ok(Claimed::Lost(Arc::new(record.clone())))),
        (_, None) => unreachable!("nothing found is granted"),
    }
}

/// What a completion with this result writes, if it takes effect.
pub(crate) fn completed(
    found: Option<&Record>,
    request: &CompleteRequest,
    result: Option<u8>,
) -> Option<Record> {
    let found = found.filter(|record| record.is_held_by(request.owner))?;
    Some(Record {
        status: request.status,
        result: result.map(|result| StoredResult::new([result])),
        expires_at: request.expires_at,
        completed_by: Some(request.owner),
        ..found.clone()
    })
}

/// What a release leaves, if it takes effect; `Err` where it does not.
pub(crate) fn released(
    found: Option<&Record>,
    request: &ReleaseRequest,
) -> Result<Option<Record>, Written> {
    let Some(held) = found.filter(|record| record.is_held_by(request.owner)) else {
        return Err(lost(found));
    };
    let tombstone = Record {
        status: Status::Released,
        expires_at: Some(request.expires_at),
        ..held.clone()
    };
    Ok((!is_removed(Guard::ReleaseLeavesATombstone)).then_some(tombstone))
}

/// What an extension writes, if it takes effect.
pub(crate) fn extended(found: Option<&Record>, request: &ExtendRequest) -> Option<Record> {
    let found = found.filter(|record| record.is_held_by(request.owner))?;
    let mut record = found.clone();
    if record.lease_until < request.lease_until || is_removed(Guard::LeaseNeverShrinks) {
        record.lease_until = request.lease_until;
        record.expires_at = request.expires_at;
    }
    Some(record)
}

/// The reply to a write that took no effect.
pub(crate) fn lost(found: Option<&Record>) -> Written {
    Written::Lost(found.cloned().map(Arc::new))
}
