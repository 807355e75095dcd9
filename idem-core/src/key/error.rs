//! Why there is no key.

use std::fmt;

use super::expression::Expression;
use super::fault::{Failure, Fault};

/// No key could be made of a value.
///
/// The message names the key's expression and the part at fault, and never a value: values may be personal data.
#[derive(Clone)]
pub struct KeyError(Box<(Subject, Failure)>);

/// What was to be hashed.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Key(Expression),
    KeyValue,
    Fingerprint(Expression),
    FingerprintValue,
}

impl KeyError {
    pub(super) fn new(subject: Subject, failure: Failure) -> Self {
        Self(Box::new((subject, failure)))
    }

    /// Whether it was no key but a fingerprint that was to be made.
    pub(crate) fn is_of_fingerprint(&self) -> bool {
        matches!(
            self.0.0,
            Subject::Fingerprint(_) | Subject::FingerprintValue
        )
    }

    /// Whether the event has no key: it, or a part of it, is missing, null or empty.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(
            self.0.1.fault,
            Fault::Missing
                | Fault::NoNodes
                | Fault::Null
                | Fault::EmptyString
                | Fault::EmptyList
                | Fault::EmptyObject
        )
    }

    /// Whether the event has a value that cannot be a key, such as a number that is not exact.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.is_missing()
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, Failure { fault, place }) = *self.0;
        match subject {
            Subject::Key(expression) => write!(f, "key `{expression}`")?,
            Subject::KeyValue => f.write_str("key")?,
            Subject::Fingerprint(expression) => write!(f, "fingerprint `{expression}`")?,
            Subject::FingerprintValue => f.write_str("fingerprint")?,
        }
        if let Some(expression) = place.at {
            write!(f, ", `{expression}`")?;
        }
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
