//! The event of a batch.

use super::error::Error;
use super::failure::{Failure, Reason};
use crate::observe::TARGET;

/// Reports how a batch ended: with a response that reports these failures, or with this error.
pub(super) fn ended<E>(
    request_id: Option<&str>,
    records: usize,
    failures: &[Failure<E>],
    error: Option<&Error<E>>,
) {
    let count = |is: fn(&Reason<E>) -> bool| {
        let reasons = failures.iter().map(Failure::reason);
        reasons.filter(|reason| is(reason)).count()
    };
    let not_started = count(Reason::is_not_started);
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                request_id,
                records,
                failed = failures.len() - not_started,
                in_progress = count(|reason| matches!(reason, Reason::InProgress { .. })),
                panicked = count(|reason| matches!(reason, Reason::Panicked)),
                unfinished = count(|reason| matches!(reason, Reason::Unfinished)),
                not_started,
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
