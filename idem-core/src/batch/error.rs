//! What a batch can end with instead of a response.

use std::fmt;

use super::failure::Failure;

/// Why a batch has no response: Lambda then takes all of its records for failed, and brings them again. What is done
/// replays.
///
/// The message says how many failed of how many; neither it nor `Debug` says more.
pub struct Error<E = lambda_runtime::Error> {
    kind: Kind,
    records: usize,
    failures: Vec<Failure<E>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    NoBatch,
    Whole,
}

impl<E> Error<E> {
    pub(super) fn new(kind: Kind, records: usize, failures: Vec<Failure<E>>) -> Self {
        Self {
            kind,
            records,
            failures,
        }
    }

    /// The event is a `Value` without a list `Records`, or a type of your own that says so. Nothing ran.
    #[must_use]
    pub fn is_no_batch(&self) -> bool {
        self.kind == Kind::NoBatch
    }

    /// A record failed that cannot be reported by itself: its source takes no such report, as SNS and S3 do not, or the
    /// record does not say its identifier.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.kind == Kind::Whole
    }

    /// The records that failed or did not start, in the batch's order.
    #[must_use]
    pub fn failures(&self) -> &[Failure<E>] {
        &self.failures
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_failures(self) -> Vec<Failure<E>> {
        self.failures
    }
}

impl<E> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::NoBatch => f.write_str("the event is no batch: it has no list `Records`"),
            Kind::Whole => write!(
                f,
                "{} of {} records failed, and not all of these have an identifier to report them by",
                self.failures.len(),
                self.records,
            ),
        }
    }
}

impl<E> fmt::Debug for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("records", &self.records)
            .field("failures", &self.failures)
            .finish()
    }
}

impl<E> std::error::Error for Error<E> {}

/// So that a handler may return this error to the Lambda runtime as it is.
impl<E> From<Error<E>> for lambda_runtime::Diagnostic {
    fn from(error: Error<E>) -> Self {
        Self {
            error_type: "idem_lambda::batch::Error".to_owned(),
            error_message: error.to_string(),
        }
    }
}
