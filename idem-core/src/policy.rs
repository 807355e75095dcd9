//! What a handler's owner decides: how long, and what then.

use std::time::Duration;

/// What becomes of the claim when the handler returns an error or panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnError {
    /// The claim is released: a retry may run at once.
    #[default]
    Release,
    /// The record is held: nobody runs until a person has looked. It does not expire, and is resolved in the store.
    Hold,
}

/// What a claim does with a record whose execution disappeared: in progress, lease and margin over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnAbandoned {
    /// Take the record over and run. Effects outside the store may then happen twice.
    #[default]
    Retry,
    /// Refuse: a person must look first, in the store.
    Hold,
    /// Take the record over, then ask the outside world before running, so that two never ask at once. A call that
    /// has nobody to ask holds the record, and no call can name somebody yet.
    Reconcile,
}

/// What happens to a handler that is still running when its lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnOverrun {
    /// It is not polled any more: from here on another execution may run.
    #[default]
    Stop,
    /// It runs on; if another execution took over, its result is discarded.
    Run,
}

/// How one call is guarded, without what identifies it. Every field is a value that the [engine](crate::engine) reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// How long a result is replayed, from completion; rounded up to whole seconds.
    pub ttl: Duration,
    /// The length of a lease that is renewed while the handler runs; `None` leases until the deadline.
    pub lease: Option<Duration>,
    /// The lease where neither `lease` nor a deadline is known; renewed like `lease`.
    pub default_lease: Duration,
    /// What the platform may kill late: added to the deadline.
    pub kill_grace: Duration,
    /// Clock skew: how long past the lease a take-over waits.
    pub margin: Duration,
    /// How long before the deadline an unanswered completion is given up.
    pub completion_reserve: Duration,
    /// See [`OnError`].
    pub on_error: OnError,
    /// See [`OnAbandoned`].
    pub on_abandoned: OnAbandoned,
    /// See [`OnOverrun`].
    pub on_overrun: OnOverrun,
}

impl Policy {
    /// The defaults, with this ttl.
    #[must_use]
    pub fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            lease: None,
            default_lease: Duration::from_mins(1),
            kill_grace: Duration::from_secs(1),
            margin: Duration::from_secs(2),
            completion_reserve: Duration::from_millis(500),
            on_error: OnError::default(),
            on_abandoned: OnAbandoned::default(),
            on_overrun: OnOverrun::default(),
        }
    }

    /// Whether a record in progress must outlast any cleaning by the backend: a person or a question waits for it.
    pub(crate) fn protects(&self) -> bool {
        self.on_abandoned != OnAbandoned::Retry || self.on_error == OnError::Hold
    }
}
