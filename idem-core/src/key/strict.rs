//! What of a node has to be there.

/// How much of a node may be null or empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strict {
    /// All of it.
    No,
    /// All but the node itself.
    Whole,
    /// All but the node itself and, if it is a tuple, its items, which may be tuples again.
    Tuples,
    /// The same, and the items of a list, too.
    Parts,
}
