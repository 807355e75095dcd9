//! What is answered for a batch.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::{Error, Kind};
use super::failure::Failure;

/// The answer for a batch: which records are to come again.
///
/// It serializes to what Lambda expects, `{"batchItemFailures":[{"itemIdentifier":".."}]}`; [`failures`](Self::failures)
/// says more. `E` is the error of the function.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Response<E = lambda_runtime::Error> {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failure<E>>,
}

impl<E> Response<E> {
    /// The response, where all of these can be reported.
    pub(super) fn of(failures: Vec<Failure<E>>, records: usize) -> Result<Self, Error<E>> {
        if failures.iter().all(|failure| failure.identifier.is_some()) {
            Ok(Self { failures })
        } else {
            Err(Error::new(Kind::Whole, records, failures))
        }
    }

    /// The records that are to come again, in the batch's order.
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

impl<E> fmt::Debug for Response<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("failures", &self.failures)
            .finish()
    }
}
