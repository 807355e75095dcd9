//! One structured event for every guarded call: how it ended, and on which record.
//!
//! | field | meaning |
//! |---|---|
//! | `record` | namespace and hash of the key; absent where the event has no usable key |
//! | `request_id` | the Lambda request id |
//! | `outcome` | `ran`, `failed`, `replayed`, `busy` or `refused` |
//! | `reason` | for `refused`: why |

use crate::call::Call;
use crate::engine::BodyEnd;
use crate::error::{Error, Kind};
use crate::guard::Settled;

/// What the events are filtered by.
const TARGET: &str = "idem";

/// Reports how a guarded call ended, and gives back the error that it ends with, if it does.
///
/// `end` says how its body ended, where it ran; `decoded` whether a stored result could be read.
pub(crate) fn conclude(
    call: &Call,
    settled: Settled,
    end: Option<BodyEnd>,
    decoded: bool,
) -> Option<Error> {
    let request_id = call.request_id.as_deref();
    let outcome = match (settled, end) {
        (_, Some(BodyEnd::Panic)) | (Settled::Own, Some(BodyEnd::Error)) => "failed",
        (Settled::Own, _) => "ran",
        (Settled::Replay(_), _) if decoded => "replayed",
        (Settled::Replay(_), _) => {
            return Some(refused(request_id, call.error(Kind::ReplayDecode)));
        }
        (Settled::Refused(error), _) => return Some(refused(request_id, error)),
    };
    tracing::info!(target: TARGET, record = %call.id, request_id, outcome);
    None
}

/// Reports a call that ends with an error of ours.
pub(crate) fn refused(request_id: Option<&str>, error: Error) -> Error {
    let record = error.record().map(tracing::field::display);
    if error.is_in_progress() {
        tracing::info!(target: TARGET, record, request_id, outcome = "busy");
    } else {
        tracing::warn!(target: TARGET, record, request_id, outcome = "refused", reason = %error.kind());
    }
    error
}
