//! An observer.

use std::sync::{Arc, Mutex};

use idem_lambda::observe::{EndedCall, Observer, Outcome};

/// The outcome of a call, and the one that it would have had without shadow mode.
type Heard = (Outcome, Option<Outcome>);

/// Keeps what it is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ear(Arc<Mutex<Vec<Heard>>>);

impl Ear {
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Ear {
    fn call_ended(&self, call: &EndedCall<'_>) {
        self.0.lock().unwrap().push((call.outcome, call.shadow));
    }
}
