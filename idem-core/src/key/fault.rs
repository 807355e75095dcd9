//! What keeps a value from being a key, and where.

use std::fmt;

use super::expression::Expression;

/// A fault and where in the key it is.
#[derive(Clone, Copy)]
pub(super) struct Failure {
    pub(super) fault: Fault,
    pub(super) place: Place,
}

/// What is being written.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// The innermost expression, if it is not the whole key.
    pub(super) at: Option<Expression>,
    /// The item of a value that is a list or tuple, counted from 1.
    pub(super) part: Option<usize>,
    /// The node of a path that can select many, counted from 1.
    pub(super) node: Option<usize>,
}

/// Everything that keeps a value from being a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Missing,
    NoNodes,
    Null,
    EmptyString,
    EmptyList,
    EmptyObject,
    NotFinite,
    Inexact,
    TooDeep,
    TooLarge,
    Repeated,
    NotText,
    Json,
    Surrogate,
    Base64,
    Utf8,
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
            Self::NoNodes => "selects nothing",
            Self::Null => "null",
            Self::EmptyString => "an empty string",
            Self::EmptyList => "an empty list",
            Self::EmptyObject => "an empty object",
            Self::NotFinite => "not a finite number",
            Self::Inexact => "a number that is not exact; send it as a string",
            Self::TooDeep => "nested deeper than 128 levels",
            Self::TooLarge => "larger than 16 MiB",
            Self::Repeated => "more than one value",
            Self::NotText => "not a string",
            Self::Json => "not JSON",
            Self::Surrogate => "half a surrogate pair, which is no text",
            Self::Base64 => "not Base64",
            Self::Utf8 => "Base64 of what is not UTF-8 text",
            Self::MemberName => "a member whose name is not a string",
            Self::Serialize => "its `Serialize` failed",
            #[cfg(feature = "grammar")]
            Self::Path => "not a JSONPath",
            #[cfg(not(feature = "grammar"))]
            Self::NoGrammar => "a general path, which needs the `grammar` feature of `idem-core`",
        })
    }
}
