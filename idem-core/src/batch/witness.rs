//! What the guard tells the batch of a call inside it, whatever error type the function has.

use std::cell::RefCell;
use std::future::Future;
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

tokio::task_local! {
    static MEETING: RefCell<Option<Meeting>>;
}

/// What `future` ends with, and whether its last guarded call met another execution.
pub(super) async fn watch<F: Future>(future: F) -> (F::Output, Option<Meeting>) {
    MEETING
        .scope(RefCell::default(), async {
            let output = future.await;
            (output, MEETING.with(RefCell::take))
        })
        .await
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
