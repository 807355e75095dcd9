//! What a handler's owner decides: how long, and what then.

use std::time::Duration;

/// What becomes of the claim when the handler returns an error or panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnError {
    /// The claim is released: a retry may run at once.
    #[default]
    Release,
    /// The error is stored and replayed like a result, until the ttl ends. See [`Remember`](crate::Remember): an error
    /// that does not serialize is released, and so is a panic.
    Remember,
    /// The record is held: nobody runs until a person has looked. It does not expire; [`Records`](crate::Records)
    /// lists and resolves it.
    Hold,
}

/// What a claim does with a record whose execution disappeared: in progress, lease and margin over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnAbandoned {
    /// Take the record over and run. Effects outside the store may then happen twice.
    #[default]
    Retry,
    /// Refuse: a person must look first. [`Records`](crate::Records) lists and resolves it.
    Hold,
    /// Take the record over, then ask the outside world before running, so that two never ask at once. See
    /// [`Reconciliation`](crate::Reconciliation).
    Reconcile,
}

/// What a claim does while another execution of its key runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnBusy {
    /// It ends with an error that says when to come back.
    #[default]
    Fail,
    /// It waits for so long at most, and never past its own deadline, for the other's result. A waiter only reads; where
    /// the store can tell, it wakes at once, else it looks again after pauses that grow to a second. A handler that calls
    /// itself with the same key in another task waits for itself.
    Wait(Duration),
}

/// What becomes of an event that has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnMissingKey {
    /// It is refused: nothing runs.
    #[default]
    Fail,
    /// The handler runs unguarded, with a warning: its duplicates run, too.
    Run,
}

/// What becomes of a call whose claim the store does not confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnStoreFailure {
    /// It is refused: nothing runs.
    #[default]
    Fail,
    /// The handler runs unguarded, with a warning: **its effect may happen twice**. What it ends with is recorded where
    /// the store answers again by then.
    Run,
}

/// What happens to a handler that is still running when its lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnOverrun {
    /// It is not polled any more: from here on another execution may run.
    #[default]
    Stop,
    /// It runs on; if another execution took over, its result is discarded. Together with [`OnAbandoned::Reconcile`] the
    /// answer to the question may be overtaken: what runs on can have its effect after it was *never happened*.
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
    /// How long before the deadline an unanswered completion is given up; a waiter gives up twice as long before it.
    pub completion_reserve: Duration,
    /// See [`OnError`].
    pub on_error: OnError,
    /// See [`OnAbandoned`].
    pub on_abandoned: OnAbandoned,
    /// See [`OnBusy`].
    pub on_busy: OnBusy,
    /// See [`OnOverrun`].
    pub on_overrun: OnOverrun,
    /// See [`OnMissingKey`].
    pub on_missing_key: OnMissingKey,
    /// See [`OnStoreFailure`].
    pub on_store_failure: OnStoreFailure,
    /// Whether the call runs whatever its record says, and nothing is sent twice: see
    /// [`Idempotency::shadow`](crate::Idempotency::shadow).
    pub shadow: bool,
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
            on_busy: OnBusy::default(),
            on_overrun: OnOverrun::default(),
            on_missing_key: OnMissingKey::default(),
            on_store_failure: OnStoreFailure::default(),
            shadow: false,
        }
    }

    /// What the engine gets: in shadow mode nothing may wait or stop. That nobody is asked then is the engine's to see to:
    /// a record that somebody may have to be asked about is protected all the same.
    pub(crate) fn carried_out(self) -> Self {
        if !self.shadow {
            return self;
        }
        Self {
            on_busy: OnBusy::Fail,
            on_overrun: OnOverrun::Run,
            on_store_failure: OnStoreFailure::Run,
            ..self
        }
    }

    /// Whether a record in progress must outlast any cleaning by the backend: a person or a question waits for it.
    pub(crate) fn protects(&self) -> bool {
        self.on_abandoned != OnAbandoned::Retry || self.on_error == OnError::Hold
    }
}
