//! What the guard tells the batch of a call inside it, whatever error type the function has.

use std::cell::RefCell;
use std::time::Duration;

use crate::call::Call;
use crate::error::Error;
use crate::key::RecordId;

/// A call met another execution of its key.
pub(crate) struct Meeting {
    pub(crate) id: RecordId,
    /// When the other's lease and the margin end as they stand.
    pub(crate) retry_after: Duration,
}

/// Sees how the guarded calls of one record end.
#[derive(Default)]
pub(crate) struct Witness {
    /// Of the last of them.
    pub(crate) meeting: Option<Meeting>,
}

tokio::task_local! {
    static MEETING: RefCell<Option<Meeting>>;
}

impl Witness {
    /// Sees what ends while `poll` goes on.
    pub(crate) fn watch<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let before = RefCell::new(self.meeting.take());
        MEETING.sync_scope(before, || {
            let polled = poll();
            self.meeting = MEETING.with(RefCell::take);
            polled
        })
    }
}

/// Notes how `call` ended: with this error of ours, or otherwise.
pub(crate) fn note(call: &Call, refused: Option<&Error>) {
    // Fails where nobody watches.
    _ = MEETING.try_with(|meeting| {
        let retry_after = refused.and_then(Error::retry_after);
        meeting.replace(retry_after.map(|retry_after| Meeting {
            id: call.id.clone(),
            retry_after,
        }));
    });
}
