//! What the guard tells the batch of the calls inside it, whatever error type the function has.

use std::cell::RefCell;
use std::time::Duration;

use crate::call::Call;
use crate::ended::Settled;
use crate::engine::BodyEnd;
use crate::error::Error;

/// The hash that a record is known by.
pub(crate) type Digest = [u8; 32];

/// How many ends are kept. A function of one record seldom makes more calls; who waits for the others waits longer.
const KEPT: usize = 4;

/// A call met another execution of its key.
pub(crate) struct Meeting {
    pub(crate) id: Digest,
    /// When the other's lease and the margin end as they stand.
    pub(crate) retry_after: Duration,
}

/// A call ended otherwise: who met it need not wait for it any more.
pub(crate) struct End {
    pub(crate) id: Digest,
    /// Whether there is a result, which the next call gets.
    pub(crate) has_result: bool,
}

/// Sees how the guarded calls of one record end.
#[derive(Default)]
pub(crate) struct Witness {
    /// Of the last of them, and where that ended with the error of its body, of the last inside it.
    pub(crate) meeting: Option<Meeting>,
    /// Of the last few of them, one of each key, the latest first.
    ends: [Option<End>; KEPT],
}

tokio::task_local! {
    static WITNESS: RefCell<Witness>;
}

impl Witness {
    /// Sees what ends while `poll` goes on.
    pub(crate) fn watch<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let before = RefCell::new(std::mem::take(self));
        WITNESS.sync_scope(before, || {
            let polled = poll();
            *self = WITNESS.with(RefCell::take);
            polled
        })
    }

    /// The calls that did not meet another execution.
    pub(crate) fn into_ends(self) -> impl Iterator<Item = End> {
        self.ends.into_iter().flatten()
    }

    fn end(&mut self, end: End) {
        let is_its = |kept: &Option<End>| kept.as_ref().is_none_or(|kept| kept.id == end.id);
        let place = self.ends.iter().position(is_its).unwrap_or(KEPT - 1);
        self.ends[..=place].rotate_right(1);
        self.ends[0] = Some(end);
    }
}

/// Notes that a call begins: what calls before it met counts no more.
pub(crate) fn begun() {
    with(|witness| witness.meeting = None);
}

/// Notes how a call ended that nothing guarded. What calls inside it met is still told where it ends with their error.
pub(crate) fn unguarded(is_error: bool) {
    if !is_error {
        begun();
    }
}

/// Notes how `call` ended: settled like this, and with this end of its body, where that ran.
pub(crate) fn ended(call: &Call, settled: &Settled, end: Option<BodyEnd>) {
    let id = *call.id.digest();
    let is_own = matches!(
        settled,
        Settled::Own | Settled::Reconciled | Settled::Unguarded(_)
    );
    let is_own_error = is_own && end.is_some_and(|end| end == BodyEnd::Panic || end.is_error());
    let refused = match settled {
        Settled::Refused(error) => Some(error),
        _ => None,
    };
    let retry_after = refused.and_then(Error::retry_after);
    with(|witness| {
        // Its own error may be that of a call inside it, whose meeting then counts.
        if !is_own_error {
            witness.meeting = retry_after.map(|retry_after| Meeting { id, retry_after });
        }
        if retry_after.is_none() {
            let has_result = refused.is_none() && !is_own_error;
            witness.end(End { id, has_result });
        }
    });
}

/// Does nothing where nobody watches.
fn with(note: impl FnOnce(&mut Witness)) {
    _ = WITNESS.try_with(|witness| note(&mut witness.borrow_mut()));
}
