//! Why there is no key.

use std::fmt;

use super::expression::Expression;
use super::fault::{Failure, Fault};

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
