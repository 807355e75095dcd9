//! Metrics for the recorder of the `metrics` crate.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use super::{EndedCall, Observer, Outcome};
use crate::verdict::Verdict;

const CALLS: &str = "idem_calls_total";
const STORE: &str = "idem_store_seconds";
const WAIT: &str = "idem_wait_seconds";
const LEASE_LEFT: &str = "idem_lease_left_seconds";
const STORED: &str = "idem_stored_bytes";

const HANDLER: &str = "handler";
/// The value of a label that says nothing of this call.
const NONE: &str = "none";

/// Counts calls and measures them for the recorder of the [`metrics`](::metrics) crate, which another crate brings: one for
/// Prometheus, for example.
///
/// `idem_calls_total` has the labels `handler`, `outcome`, `verdict` and `shadow`; the last two are `none` on calls without
/// one. The histograms have the label `handler`, and hold only what there was: a call that did not wait for another is not
/// among the waits. All labels but the handler have a few fixed values. The [table](super#metrics) has all metrics.
///
/// What was described to a recorder is gone where another is installed later: install it first. Without a recorder nothing is
/// counted.
///
/// # Example: count calls
///
/// ```
/// # #[cfg(feature = "memory")] {
/// # use idem_core as idem_lambda;
/// use idem_lambda::{Idempotency, observe::Metrics, store::Memory};
///
/// // Here the recorder is installed, as in `PrometheusBuilder::new().install()?`.
/// let idempotency = Idempotency::builder(Memory::new())
///     .observer(Metrics::new())
///     .build();
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Metrics(());

impl Metrics {
    /// Describes the metrics to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_counter!(CALLS, Unit::Count, "Calls that ended");
        describe_histogram!(STORE, Unit::Seconds, "Time a call waited for the store");
        describe_histogram!(
            WAIT,
            Unit::Seconds,
            "Time a call waited for another execution of its key"
        );
        describe_histogram!(
            LEASE_LEFT,
            Unit::Seconds,
            "What was left of a call's lease when its completion was sent"
        );
        describe_histogram!(STORED, Unit::Bytes, "Size of a result that was stored");
        Self(())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Metrics {
    fn call_ended(&self, call: &EndedCall<'_>) {
        // Labels outlive the call. They share one copy.
        let handler: Arc<str> = call.handler.into();
        counter!(
            CALLS,
            HANDLER => Arc::clone(&handler),
            "outcome" => call.outcome.as_str(),
            "verdict" => call.verdict.map_or(NONE, Verdict::as_str),
            "shadow" => call.shadow.map_or(NONE, Outcome::as_str),
        )
        .increment(1);
        let measures = &call.measures;
        let spent = |name, duration: Duration| {
            if !duration.is_zero() {
                histogram!(name, HANDLER => Arc::clone(&handler)).record(duration);
            }
        };
        spent(STORE, measures.store);
        spent(WAIT, measures.waiting);
        if let Some(left) = measures.lease_left {
            histogram!(LEASE_LEFT, HANDLER => Arc::clone(&handler)).record(left);
        }
        if let Some(bytes) = measures.stored_bytes {
            #[expect(clippy::cast_precision_loss, reason = "no result has 2^53 bytes")]
            histogram!(STORED, HANDLER => handler).record(bytes as f64);
        }
    }
}
