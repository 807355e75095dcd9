//! What is told of every call that has ended, beside the `tracing` event: for metrics, and for what you like.
//!
//! [`Builder::observer`](crate::Builder::observer) takes an [`Observer`].
//!
//! # Metrics
//!
//! [`Emf`] writes metrics for CloudWatch. `Metrics`, with the feature `metrics`, hands them to the recorder of the `metrics`
//! crate.
//!
//! | of a call | `Emf` | unit | `Metrics` | unit |
//! |---|---|---|---|---|
//! | it ended: by outcome and, in shadow mode, by the outcome that it would have had | `Calls` | Count | `idem_calls_total` | count |
//! | its key was claimed before: by verdict | `Duplicates` | Count | `idem_calls_total`, by the label `verdict` | count |
//! | how long it waited for the store | `StoreTime` | Milliseconds | `idem_store_seconds` | seconds |
//! | how long it waited for another execution of its key | `WaitTime` | Milliseconds | `idem_wait_seconds` | seconds |
//! | how much of its lease was left when its completion was sent | `LeaseLeft` | Milliseconds | `idem_lease_left_seconds` | seconds |
//! | how many bytes of result were stored | `StoredBytes` | Bytes | `idem_stored_bytes` | bytes |
//!
//! All are by handler. [`Measures`] says more of the last four. A call that did not ask the store, did not wait, wrote no end or
//! stored nothing has no such metric.

mod emf;
#[cfg(feature = "metrics")]
mod metrics;

use std::fmt;
use std::time::Duration;

use crate::clock::UnixMillis;
use crate::key::RecordId;
use crate::verdict::Verdict;

pub use self::emf::Emf;
#[cfg(feature = "metrics")]
pub use self::metrics::Metrics;

/// What spans and events are filtered by.
pub(crate) const TARGET: &str = "idem";

/// Is told of every call that has ended. One whose future is dropped never does; one that runs without a record (no key,
/// by its policy or in shadow mode) is told of when it starts.
///
/// It is called inside the call's future, after the record is written and before the caller gets the result: whatever
/// takes time there takes it from every call. A panic in it is caught and logged, with its number among the observers.
///
/// # Example: count what was replayed
///
/// ```
/// # #[cfg(feature = "memory")] {
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// # use idem_core as idem_lambda;
/// use idem_lambda::observe::{EndedCall, Observer, Outcome};
/// use idem_lambda::{Idempotency, store::Memory};
///
/// #[derive(Debug, Default)]
/// struct Replays(AtomicU64);
///
/// impl Observer for Replays {
///     fn call_ended(&self, call: &EndedCall<'_>) {
///         if call.outcome == Outcome::Replayed {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let replays = Arc::new(Replays::default());
/// let idempotency = Idempotency::builder(Memory::new()).observer(Arc::clone(&replays)).build();
/// # }
/// ```
pub trait Observer: fmt::Debug + Send + Sync + 'static {
    /// A call has ended.
    fn call_ended(&self, call: &EndedCall<'_>);
}

impl<O: Observer + ?Sized> Observer for std::sync::Arc<O> {
    fn call_ended(&self, call: &EndedCall<'_>) {
        (**self).call_ended(call);
    }
}

/// A call that has ended. Nothing of it is a key or a payload.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EndedCall<'a> {
    /// When it ended, by the runtime's clock.
    pub at: UnixMillis,
    /// `<function>/<handler>`, or `<handler>` alone outside Lambda.
    pub handler: &'a str,
    /// Namespace and hash of the key; `None` where the event has no usable key.
    pub record: Option<&'a RecordId>,
    /// The Lambda request id.
    pub request_id: Option<&'a str>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, where it ended otherwise than with what the handler returned.
    pub reason: Option<&'a str>,
    /// Why it came, where its key was claimed before.
    pub verdict: Option<Verdict>,
    /// The request id of the first attempt of its key, where it has a verdict.
    pub first_request_id: Option<&'a str>,
    /// What to look at, where it has a verdict: at most once a minute per verdict and handler.
    pub advice: Option<&'static str>,
    /// In shadow mode: how it would have ended, where that is not how it did.
    pub shadow: Option<Outcome>,
    /// What was measured of it.
    pub measures: Measures,
}

/// What is measured of a call that is observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Measures {
    /// How long it waited for the store, with the pauses before requests were sent again, and without renewals of the
    /// lease, for which nobody waits.
    pub store: Duration,
    /// How long it waited for another execution of its key, with its looks at the record.
    pub waiting: Duration,
    /// How much of its lease was left when its completion was sent; `None` where none was written.
    pub lease_left: Option<Duration>,
    /// How many bytes of result were stored, as its codec made them; `None` where none were.
    pub stored_bytes: Option<u64>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The handler ran, and its result counts.
    Ran,
    /// The handler returned an error or panicked, or the store refused what it wanted committed.
    Failed,
    /// The question what became of an abandoned attempt brought the result.
    Reconciled,
    /// The handler ran by a policy, or in shadow mode, though nothing guarded it.
    Unguarded,
    /// The handler ran, and another execution's result counts.
    Superseded,
    /// The handler was started, and what became of it is unknown.
    Unknown,
    /// A result or a remembered error was replayed.
    Replayed,
    /// Another execution of the key was running: nothing ran.
    Busy,
    /// Nothing ran.
    Refused,
}

impl Outcome {
    /// Every one of them.
    pub const ALL: [Self; 9] = [
        Self::Ran,
        Self::Failed,
        Self::Reconciled,
        Self::Unguarded,
        Self::Superseded,
        Self::Unknown,
        Self::Replayed,
        Self::Busy,
        Self::Refused,
    ];

    /// Its word, as events and metrics have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::Failed => "failed",
            Self::Reconciled => "reconciled",
            Self::Unguarded => "unguarded",
            Self::Superseded => "superseded",
            Self::Unknown => "unknown",
            Self::Replayed => "replayed",
            Self::Busy => "busy",
            Self::Refused => "refused",
        }
    }

    /// Whether somebody should hear of it.
    pub(crate) const fn is_warning(self, has_reason: bool) -> bool {
        match self {
            Self::Unguarded | Self::Superseded | Self::Unknown | Self::Refused => true,
            // What the handler itself failed with is its own to log.
            Self::Failed => has_reason,
            Self::Ran | Self::Reconciled | Self::Replayed | Self::Busy => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
