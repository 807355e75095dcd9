//! The events of a batch: one of each record that failed itself, and one of all.

use super::error::Error;
use super::failure::Failure;
use crate::observe::TARGET;

/// Reports how a batch ended: with a response that reports these failures, or with this error.
pub(super) fn ended<E>(
    request_id: Option<&str>,
    records: usize,
    failures: &[Failure<E>],
    error: Option<&Error<E>>,
) {
    let of = |failure| Some((failure, Failure::reason(failure).as_str()?));
    let own = || failures.iter().filter_map(of);
    for (failure, reason) in own() {
        let item = failure.identifier.as_deref();
        tracing::warn!(target: TARGET, item, request_id, reason);
    }
    let failed = own().count();
    let count = |name| own().filter(|(_, reason)| *reason == name).count();
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                request_id,
                records,
                failed,
                in_progress = count("in_progress"),
                panicked = count("panicked"),
                unfinished = count("unfinished"),
                not_started = failures.len() - failed,
                reason = error.map(tracing::field::display),
            )
        };
    }
    if failures.is_empty() && error.is_none() {
        event!(info);
    } else {
        event!(warn);
    }
}
