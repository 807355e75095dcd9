//! What a record says of a duplicate.

use super::{Delivery, Standing, Verdict, verdict};
use crate::decision::{Decision, Terms, decide};
use crate::record::{Attempt, Origin, Provenance, Record, RequestId, Status};

/// What is known of a duplicate.
#[derive(Clone, Debug)]
pub(crate) struct Duplicate {
    pub(crate) verdict: Verdict,
    /// The request id of the first attempt of its key.
    pub(crate) first_request_id: Option<RequestId>,
}

/// On a claim that lost to this record. None on a record that cannot be read, and on one that is free by now: the claim
/// that follows tells.
pub(crate) fn of_lost(record: &Record, terms: &Terms, origin: &Origin) -> Option<Duplicate> {
    let standing = match decide(Some(record), terms) {
        Decision::Mismatch => Standing::Reused,
        Decision::Busy(_) => Standing::Running,
        Decision::Held if record.status == Status::InProgress => Standing::Abandoned,
        Decision::Held | Decision::ReplayError => Standing::Failed,
        Decision::Replay | Decision::DoneNoResult if is_of_another(record, origin) => {
            Standing::Failed
        }
        Decision::Replay | Decision::DoneNoResult => Standing::Done,
        Decision::Grant | Decision::Mine | Decision::Foreign => return None,
    };
    let Provenance {
        attempts,
        origin: latest,
        ..
    } = &record.provenance;
    let previous = record.provenance.previous();
    let before = [
        record.provenance.first(),
        previous.map_or(latest, |previous| &previous.origin),
        latest,
    ];
    duplicate(record, standing, *attempts, &before, origin)
}

/// Whether the attempt that came with this request failed, as far as is known, and the result is of a later one.
fn is_of_another(record: &Record, origin: &Origin) -> bool {
    let is_same = |before| with(before, origin) == Delivery::SameRequest;
    let previous = record.provenance.previous();
    let was_done = previous.is_some_and(|previous| {
        of_previous(previous) == Standing::Expired && is_same(&previous.origin)
    });
    !was_done && !is_same(&record.provenance.origin)
}

/// On a claim that was granted, and wrote this record. None on a first attempt.
pub(crate) fn of_granted(record: &Record, origin: &Origin) -> Option<Duplicate> {
    let previous = record.provenance.previous()?;
    let standing = of_previous(previous);
    duplicate(
        record,
        standing,
        record.provenance.attempts.saturating_sub(1),
        &[record.provenance.first(), &previous.origin],
        origin,
    )
}

fn of_previous(previous: &Attempt) -> Standing {
    match previous.status {
        Status::InProgress | Status::Foreign => Standing::Abandoned,
        Status::Released | Status::Held => Standing::Failed,
        Status::Completed | Status::Failed | Status::DoneNoResult => Standing::Expired,
    }
}

fn duplicate(
    record: &Record,
    standing: Standing,
    attempts: u32,
    before: &[&Origin],
    origin: &Origin,
) -> Option<Duplicate> {
    let delivery = match attempts {
        // Another library wrote the record.
        0 => Delivery::Unknown,
        _ => delivery(before, origin),
    };
    let verdict = verdict(standing, delivery)?;
    Some(Duplicate {
        verdict,
        first_request_id: record.provenance.first().request_id.clone(),
    })
}

/// What an event has in common with one of those before.
fn delivery(before: &[&Origin], origin: &Origin) -> Delivery {
    let is_any = |delivery: &Delivery| {
        let mut before = before.iter();
        before.any(|before| with(before, origin) == *delivery)
    };
    let closest = [Delivery::SameRequest, Delivery::SameMessage];
    closest.into_iter().find(is_any).unwrap_or(Delivery::New)
}

fn with(before: &Origin, origin: &Origin) -> Delivery {
    // Outside Lambda nobody has a request id.
    let is_same_request = before.request_id.is_some() && before.request_id == origin.request_id;
    match (&before.source, &origin.source) {
        // Two messages of one batch come under one request id.
        (Some(before), Some(source)) if before != source => Delivery::New,
        _ if is_same_request => Delivery::SameRequest,
        (Some(_), Some(_)) => Delivery::SameMessage,
        _ => Delivery::New,
    }
}
