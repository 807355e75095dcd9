//! Why there is no key.

use std::fmt;

use super::expression::Expression;

/// No key could be made of a value.
///
/// The message names the key's expression and the part at fault, and never a value: values may be personal data.
#[derive(Clone, Copy)]
pub struct KeyError {
    subject: Subject,
    failure: Failure,
}

/// What was to be hashed.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Expression(Expression),
    Value,
    Fingerprint,
}

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

impl KeyError {
    pub(super) fn new(subject: Subject, failure: Failure) -> Self {
        Self { subject, failure }
    }

    /// Whether the event has no key: it, or a part of it, is missing, null or empty.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match self.failure.fault {
            Fault::Missing
            | Fault::Null
            | Fault::EmptyString
            | Fault::EmptyList
            | Fault::EmptyObject => true,
            #[cfg(feature = "grammar")]
            Fault::NoNodes => true,
            _ => false,
        }
    }

    /// Whether the event has a value that cannot be a key, such as a number that is not exact.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.is_missing()
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject::Expression(expression) => write!(f, "key `{expression}`")?,
            Subject::Value => f.write_str("key")?,
            Subject::Fingerprint => f.write_str("fingerprint")?,
        }
        let Failure { fault, place } = self.failure;
        if let Some(part) = place.part {
            write!(f, ", part {part}")?;
        }
        if let Some(node) = place.node {
            write!(f, ", node {node}")?;
        }
        write!(f, ": {fault}")
    }
}

impl fmt::Debug for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyError({self})")
    }
}

impl std::error::Error for KeyError {}

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
