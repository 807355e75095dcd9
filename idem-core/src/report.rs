//! One structured event for every guarded call: how it ended, and on which record.
//!
//! | field | meaning |
//! |---|---|
//! | `record` | namespace and hash of the key; absent where the event has no usable key |
//! | `request_id` | the Lambda request id |
//! | `outcome` | `ran`, `failed`, `reconciled` (the question brought the result), `unguarded` (ran by a policy, though nothing guarded it), `superseded` (ran, and another's result counts), `unknown` (the body was started), `replayed` (a result or a remembered error), `busy`, `refused` (nothing ran) |
//! | `reason` | for `refused`, `unguarded`, `unknown` and a refused transaction: why, and the part of the key that is at fault |

use crate::call::{Call, Unguarded};
use crate::engine::BodyEnd;
use crate::error::Error;
use crate::guard::{Ended, Settled};

/// What the events are filtered by.
const TARGET: &str = "idem";
/// A policy lets it run.
const UNGUARDED: &str = "unguarded";
const REPEATED: &str = "another execution ran as well, and its result counts";

/// Reports how a guarded call ended, and gives back the error that it ends with, if it does.
///
/// `end` says how its body ended, where it ran.
pub(crate) fn conclude(call: &Call, ended: Ended, end: Option<BodyEnd>) -> Option<Error> {
    let request_id = call.origin.request_id.as_deref();
    if ended.is_unguarded && end.is_some() {
        let (error, reason) = match ended.settled {
            Settled::Unguarded(cause) => (None, cause.map(|cause| cause.to_string())),
            Settled::Refused(error) => {
                let reason = error.reason().to_string();
                (Some(error), Some(reason))
            }
            _ => (None, Some(REPEATED.to_owned())),
        };
        tracing::warn!(target: TARGET, record = %call.id, request_id, outcome = UNGUARDED, reason);
        return error;
    }
    let outcome = match (ended.settled, end) {
        (_, Some(BodyEnd::Panic)) => "failed",
        (Settled::Own, Some(end)) if end.is_error() => "failed",
        (Settled::Own | Settled::Unguarded(_), _) => "ran",
        (Settled::Reconciled, _) => "reconciled",
        (Settled::Replay(_) | Settled::ReplayError(_), Some(_)) => "superseded",
        (Settled::Replay(_) | Settled::ReplayError(_), None) => "replayed",
        (Settled::Refused(error), _) => return Some(refused(request_id, error)),
    };
    if outcome == "superseded" {
        tracing::warn!(target: TARGET, record = %call.id, request_id, outcome);
    } else {
        tracing::info!(target: TARGET, record = %call.id, request_id, outcome);
    }
    None
}

/// Reports a call that runs although nothing guards it. A runtime that is disabled reports nothing.
pub(crate) fn unguarded(call: &Unguarded) {
    if let Some(reason) = &call.reason {
        let request_id = call.request_id.as_deref();
        tracing::warn!(target: TARGET, request_id, outcome = UNGUARDED, reason = %reason.reason());
    }
}

/// Reports a call that ends with an error of ours.
pub(crate) fn refused(request_id: Option<&str>, error: Error) -> Error {
    let record = error.record().map(tracing::field::display);
    if error.is_in_progress() {
        tracing::info!(target: TARGET, record, request_id, outcome = "busy");
    } else if error.is_lease_lost() || error.is_completion_unknown() {
        tracing::warn!(target: TARGET, record, request_id, outcome = "unknown", reason = %error.reason());
    } else if error.is_canceled() {
        tracing::warn!(target: TARGET, record, request_id, outcome = "failed", reason = %error.reason());
    } else {
        tracing::warn!(target: TARGET, record, request_id, outcome = "refused", reason = %error.reason());
    }
    error
}
