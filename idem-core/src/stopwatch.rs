//! Measures a call that is observed.

use std::time::Duration;

use crate::clock::{Clock, UnixMillis};
use crate::observe::Measures;
use crate::record::StoredResult;
use crate::store::Completion;

/// Measures a call that is observed.
#[derive(Default)]
pub(crate) struct Stopwatch {
    pub(crate) measures: Measures,
    started: Duration,
    /// The end of the lease as it last stood.
    pub(crate) lease_until: Option<UnixMillis>,
}

impl Stopwatch {
    pub(crate) fn start(&mut self, clock: &dyn Clock) {
        self.started = clock.monotonic();
    }

    /// Adds the time since the start.
    pub(crate) fn stop(&mut self, clock: &dyn Clock, what: fn(&mut Self) -> &mut Duration) {
        let spent = clock.monotonic().saturating_sub(self.started);
        let what = what(self);
        *what = what.saturating_add(spent);
    }

    pub(crate) fn store(&mut self) -> &mut Duration {
        &mut self.measures.store
    }

    pub(crate) fn waiting(&mut self) -> &mut Duration {
        &mut self.measures.waiting
    }

    /// The completion is written, which was sent then.
    pub(crate) fn completed(&mut self, completion: &Completion, sent_at: UnixMillis) {
        let size = |result: &StoredResult| result.as_bytes().len() as u64;
        self.measures.stored_bytes = completion.result.as_ref().map(size);
        self.measures.lease_left = self.lease_until.map(|until| until.since(sent_at));
    }
}
