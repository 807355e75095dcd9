//! What keeps a value from being a key, and where.

use std::fmt;

/// A fault and where in the key it is.
#[derive(Clone, Copy)]
pub(super) struct Failure {
    pub(super) fault: Fault,
    pub(super) place: Place,
}

/// The part of a tuple and the node of a query that are being written, each counted from 1.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) part: Option<usize>,
    pub(super) node: Option<usize>,
}

/// Everything that keeps a value from being a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Missing,
    #[cfg(feature = "grammar")]
    NoNodes,
    Null,
    EmptyString,
    EmptyList,
    EmptyObject,
    NotFinite,
    Inexact,
    TooDeep,
    MemberName,
    Serialize,
    /// The macro checks paths, so that only a path written by hand can have this fault.
    #[cfg(feature = "grammar")]
    Path,
    #[cfg(not(feature = "grammar"))]
    NoGrammar,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            #[cfg(feature = "grammar")]
            Self::NoNodes => "selects nothing",
            Self::Null => "null",
            Self::EmptyString => "an empty string",
            Self::EmptyList => "an empty list",
            Self::EmptyObject => "an empty object",
            Self::NotFinite => "not a finite number",
            Self::Inexact => "a number that is not exact; send it as a string",
            Self::TooDeep => "nested deeper than 128 levels",
            Self::MemberName => "a member whose name is not a string",
            Self::Serialize => "its `Serialize` failed",
            #[cfg(feature = "grammar")]
            Self::Path => "not a JSONPath",
            #[cfg(not(feature = "grammar"))]
            Self::NoGrammar => "a general path, which needs the `grammar` feature of `idem-core`",
        })
    }
}
