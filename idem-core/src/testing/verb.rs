//! What can be asked of a store.

use std::fmt;

/// A verb of [`Store`](crate::store::Store). [`changed`](crate::store::Store::changed), which only waits, is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// [`Store::claim`](crate::store::Store::claim).
    Claim,
    /// [`Store::complete`](crate::store::Store::complete).
    Complete,
    /// [`Store::release`](crate::store::Store::release).
    Release,
    /// [`Store::extend`](crate::store::Store::extend).
    Extend,
    /// [`Store::read`](crate::store::Store::read).
    Read,
    /// [`Store::resolve`](crate::store::Store::resolve).
    Resolve,
    /// [`Store::list`](crate::store::Store::list).
    List,
}

impl Verb {
    /// Its name, as the method has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Complete => "complete",
            Self::Release => "release",
            Self::Extend => "extend",
            Self::Read => "read",
            Self::Resolve => "resolve",
            Self::List => "list",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
