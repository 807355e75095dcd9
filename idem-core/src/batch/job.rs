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
    /// How its first call ended, where this is its second.
    pub(super) first: Option<(E, Meeting)>,
}

/// How a call ended.
pub(super) enum End<E> {
    Done,
    Failed(E),
    /// Another execution of the key was at work, wherever.
    Busy(E, Meeting),
    Panicked,
}
