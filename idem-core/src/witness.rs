//! What the guard tells the batch of the calls inside it, whatever error type the function has.

use std::cell::RefCell;
use std::time::Duration;

use crate::call::Call;
use crate::ended::Settled;
use crate::engine::BodyEnd;

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
    /// Of the last of them.
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

/// Notes how `call` ended: settled like this, and with this end of its body, where that ran.
pub(crate) fn note(call: &Call, settled: &Settled, end: Option<BodyEnd>) {
    let id = *call.id.digest();
    let retry_after = match settled {
        Settled::Refused(error) => error.retry_after(),
        _ => None,
    };
    let has_result = match settled {
        Settled::Refused(_) => false,
        Settled::Replay(_) | Settled::ReplayError(_) => true,
        Settled::Own | Settled::Reconciled | Settled::Unguarded(_) => {
            !end.is_some_and(|end| end == BodyEnd::Panic || end.is_error())
        }
    };
    // Fails where nobody watches.
    _ = WITNESS.try_with(|witness| {
        let mut witness = witness.borrow_mut();
        witness.meeting = retry_after.map(|retry_after| Meeting { id, retry_after });
        if retry_after.is_none() {
            witness.end(End { id, has_result });
        }
    });
}
