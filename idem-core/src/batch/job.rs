//! A record that the function is called for.

use crate::witness::Meeting;

/// A record on its way.
pub(super) struct Job<R, E> {
    pub(super) record: R,
    pub(super) place: usize,
    pub(super) group: Option<Box<str>>,
    /// How many had started before it.
    pub(super) number: usize,
    /// Whether others were being handled when it started.
    pub(super) has_company: bool,
    /// What the function returned when it met another execution, where this is not its first call.
    pub(super) error: Option<E>,
    /// Whether it is not called again, whatever it meets.
    pub(super) is_last: bool,
}

/// How a call ended.
pub(super) enum End<E> {
    Done,
    Failed(E),
    /// Another execution of the key was at work, wherever.
    Busy(E, Meeting),
    Panicked,
    /// The batch had to be answered before.
    Unfinished,
}
