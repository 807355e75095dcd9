//! What is told of a guarded call: a span while it goes on, one event when it has ended, and its observers.
//!
//! The facade's module `logs` has the fields.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::{Level, Span};

use crate::call::{About, Call, Unguarded};
use crate::clock::UnixMillis;
use crate::ended::{Ended, Settled};
use crate::engine::BodyEnd;
use crate::error::Error;
use crate::idempotency::Idempotency;
use crate::observe::{EndedCall, Measures, Outcome, TARGET};
use crate::record::RequestId;
use crate::source::{Source, SourceKind};
use crate::verdict::Verdict;
#[cfg(feature = "lambda")]
use crate::witness;

const REPEATED: &str = "another execution ran as well, and its result counts";

/// The span of a call: its store's and its handler's own events are inside.
pub(crate) fn span(call: &Call) -> Span {
    if !is_logged() {
        // Where the feature `log` of `tracing` is on, a span costs something though nobody is there.
        return Span::none();
    }
    tracing::info_span!(
        target: TARGET,
        "idempotent",
        handler = call.id.namespace(),
        record = %call.id,
        request_id = call.origin.request_id.as_deref(),
    )
}

/// Whether anybody listens to what this runtime tells.
pub(crate) fn is_heard(runtime: &Idempotency) -> bool {
    is_logged() || runtime.is_observed()
}

fn is_logged() -> bool {
    tracing::enabled!(target: TARGET, Level::WARN)
}

/// How a call ends that settles like this. `end` says how its body ended, where it ran.
pub(crate) fn outcome(settled: &Settled, is_unguarded: bool, end: Option<BodyEnd>) -> Outcome {
    if is_unguarded && end.is_some() {
        return Outcome::Unguarded;
    }
    match (settled, end) {
        (_, Some(BodyEnd::Panic)) => Outcome::Failed,
        (Settled::Own, Some(end)) if end.is_error() => Outcome::Failed,
        (Settled::Own | Settled::Unguarded(_), _) => Outcome::Ran,
        (Settled::Reconciled, _) => Outcome::Reconciled,
        (Settled::Replay(_) | Settled::ReplayError(_), Some(_)) => Outcome::Superseded,
        (Settled::Replay(_) | Settled::ReplayError(_), None) => Outcome::Replayed,
        // Its successor's result counts, and could not be stored.
        (Settled::Refused(error), Some(_)) if error.is_done_without_result() => Outcome::Superseded,
        (Settled::Refused(error), _) => of_error(error),
    }
}

fn of_error(error: &Error) -> Outcome {
    if error.is_in_progress() {
        Outcome::Busy
    } else if error.is_lease_lost() || error.is_completion_unknown() {
        Outcome::Unknown
    } else if error.is_canceled() {
        Outcome::Failed
    } else {
        Outcome::Refused
    }
}

/// Why a call ends like that, where that says more than its outcome.
pub(crate) fn reason(settled: &Settled, outcome: Outcome) -> Option<String> {
    match settled {
        Settled::Refused(_) if outcome == Outcome::Busy => None,
        Settled::Refused(error) => Some(error.reason().to_string()),
        Settled::Unguarded(cause) => cause.as_ref().map(ToString::to_string),
        _ => (outcome == Outcome::Unguarded).then(|| REPEATED.to_owned()),
    }
}

/// Reports how a guarded call ended, and gives back the error that it ends with, if it does.
pub(crate) fn conclude(call: &Call, ended: Ended, end: Option<BodyEnd>) -> Option<Error> {
    let outcome = outcome(&ended.settled, ended.is_unguarded, end);
    let shadow = ended
        .shadow
        .as_ref()
        .filter(|shadow| shadow.outcome != outcome);
    let reason = match shadow {
        Some(shadow) => shadow.reason.clone(),
        None => reason(&ended.settled, outcome),
    };
    let duplicate = ended.duplicate.as_ref();
    let source = call.origin.source.as_ref().map(Source::kind);
    let ended_call = EndedCall {
        at: UnixMillis::default(),
        handler: call.id.namespace(),
        record: Some(&call.id),
        request_id: None,
        outcome,
        reason: reason.as_deref(),
        verdict: duplicate.map(|duplicate| duplicate.verdict),
        first_request_id: duplicate.and_then(|duplicate| duplicate.first_request_id.as_deref()),
        advice: None,
        shadow: shadow.map(|shadow| shadow.outcome),
        measures: ended
            .stopwatch
            .map(|stopwatch| stopwatch.measures)
            .unwrap_or_default(),
    };
    let request_id = call.origin.request_id.as_ref();
    tell(Some(&call.runtime), ended_call, request_id, source);
    #[cfg(feature = "lambda")]
    witness::ended(call, &ended.settled, end);
    match ended.settled {
        Settled::Refused(error) => Some(error),
        _ => None,
    }
}

/// Reports a call that runs although nothing guards it. A runtime that is disabled reports nothing.
pub(crate) fn unguarded(call: &Unguarded) {
    if let Some(error) = &call.reason {
        let shadow = call.is_overruled.then(|| of_error(error));
        let reason = error.reason().to_string();
        without_record(&call.about, Outcome::Unguarded, shadow, &reason);
    }
}

/// Reports a call that ends before it has a record, with an error of ours.
pub(crate) fn refused(error: &Error, about: &About) {
    without_record(about, of_error(error), None, &error.reason().to_string());
}

/// Reports a request that is refused for this reason before there is a call, or, where it `runs` in shadow mode, would be.
#[cfg(feature = "http")]
pub(crate) fn turned_away(about: &About, reason: &str, runs: bool) {
    if runs {
        without_record(about, Outcome::Unguarded, Some(Outcome::Refused), reason);
    } else {
        without_record(about, Outcome::Refused, None, reason);
    }
}

fn without_record(about: &About, outcome: Outcome, shadow: Option<Outcome>, reason: &str) {
    let ended_call = EndedCall {
        at: UnixMillis::default(),
        handler: &about.handler,
        record: None,
        request_id: None,
        outcome,
        reason: Some(reason),
        verdict: None,
        first_request_id: None,
        advice: None,
        shadow,
        measures: Measures::default(),
    };
    let request_id = about.request_id.as_ref();
    tell(about.runtime.as_ref(), ended_call, request_id, None);
}

/// Emits the event, and tells the observers. The request id's text is made only where somebody reads it.
fn tell<'a>(
    runtime: Option<&Idempotency>,
    mut call: EndedCall<'a>,
    request_id: Option<&'a RequestId>,
    source: Option<SourceKind>,
) {
    let request_id = || request_id.map(Deref::deref);
    let is_warning = call.shadow.is_none() && call.outcome.is_warning(call.reason.is_some());
    let is_logged = if is_warning {
        is_logged()
    } else {
        tracing::enabled!(target: TARGET, Level::INFO)
    };
    if let Some(runtime) = runtime
        && (runtime.is_observed() || is_logged && call.verdict.is_some())
    {
        // Nobody else asks for the time, and advice that nobody sees is not given.
        call.at = runtime.clock().now();
        call.advice = advice(runtime, &call, source);
    }
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                handler = call.handler,
                record = call.record.map(tracing::field::display),
                request_id = request_id(),
                outcome = call.outcome.as_str(),
                reason = call.reason,
                verdict = call.verdict.map(Verdict::as_str),
                first_request_id = call.first_request_id,
                advice = call.advice,
                shadow = call.shadow.map(Outcome::as_str),
            )
        };
    }
    if is_warning {
        event!(warn);
    } else {
        event!(info);
    }
    let observers = runtime.map_or(&[][..], Idempotency::observers);
    if !observers.is_empty() {
        call.request_id = request_id();
    }
    for (number, observer) in (1_usize..).zip(observers) {
        let told = catch_unwind(AssertUnwindSafe(|| observer.call_ended(&call)));
        if told.is_err() {
            // The handler's effect is done: no observer may turn it into an error. Nor is it printed: its `Debug` may hold
            // what it reports with, or panic as well.
            tracing::error!(target: TARGET, observer = number, "an observer panicked");
        }
    }
}

fn advice(
    runtime: &Idempotency,
    call: &EndedCall<'_>,
    source: Option<SourceKind>,
) -> Option<&'static str> {
    let verdict = call.verdict?;
    let is_due = runtime.advisor().is_due(call.handler, verdict, call.at);
    is_due.then(|| verdict.advice(source))
}
