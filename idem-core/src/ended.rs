//! How a guarded call ended, for those who report it and for the layer that knows the types.

use crate::error::Error;
use crate::observe::Outcome;
use crate::record::StoredResult;
use crate::stopwatch::Stopwatch;
use crate::store::StoreError;
use crate::verdict::Duplicate;

/// How a guarded call ended.
pub(crate) struct Ended {
    pub(crate) settled: Settled,
    /// The body ran although the store had not confirmed the claim.
    pub(crate) is_unguarded: bool,
    /// Why it came, where its key was claimed before.
    pub(crate) duplicate: Option<Duplicate>,
    /// In shadow mode: what would have become of it.
    pub(crate) shadow: Option<Box<Shadow>>,
    /// `None` where nobody observes.
    pub(crate) stopwatch: Option<Box<Stopwatch>>,
}

impl Ended {
    /// Before anything was asked of the store.
    pub(crate) fn refused(error: Error) -> Self {
        Self {
            settled: Settled::Refused(error),
            is_unguarded: false,
            duplicate: None,
            shadow: None,
            stopwatch: None,
        }
    }
}

/// How a guarded call ends, for the layer that knows the types.
pub(crate) enum Settled {
    /// With what the body ended with.
    Own,
    /// The same, and it is what the question brought.
    Reconciled,
    /// The same, and nothing guarded it: the store had not confirmed the claim.
    Unguarded(Option<StoreError>),
    /// With a stored result.
    Replay(StoredResult),
    /// With a stored error.
    ReplayError(StoredResult),
    /// With an error of ours.
    Refused(Error),
}

/// What would have become of a call in shadow mode.
pub(crate) struct Shadow {
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<String>,
}
