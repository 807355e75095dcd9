//! A record that is to come again, and why.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::witness::Meeting;

/// The longest time that `ChangeMessageVisibility` takes: 12 hours.
const LONGEST: Duration = Duration::from_hours(12);

/// A record that is to come again.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Failure<E = lambda_runtime::Error> {
    #[serde(rename = "itemIdentifier")]
    pub(super) identifier: Option<Box<str>>,
    #[serde(skip)]
    pub(super) receipt_handle: Option<Box<str>>,
    #[serde(skip)]
    pub(super) reason: Reason<E>,
}

/// Why a record is to come again.
#[derive(Default)]
#[non_exhaustive]
pub enum Reason<E> {
    /// The function returned this error.
    Failed(E),
    /// Another execution of its key is at work, outside this batch.
    InProgress {
        /// What the function returned.
        error: E,
        /// When to try again, in whole seconds and rounded up; at most 12 hours.
        retry_after: Duration,
    },
    /// The function panicked, or the record did where it was looked at.
    Panicked,
    /// The function was still at work when the batch had to be answered, and was dropped. Its effect may have happened; its
    /// claim is left to its lease.
    Unfinished,
    /// There was no time left to start.
    NotStarted,
    /// A record before it in its group or shard is reported.
    Behind,
    /// The response was read from JSON, which does not say.
    #[default]
    Untold,
}

impl<E> Failure<E> {
    /// What the source calls the record: the message id of SQS, the sequence number of a stream. Empty where it has none,
    /// which is so in no [`Response`](super::Response).
    #[must_use]
    pub fn identifier(&self) -> &str {
        self.identifier.as_deref().unwrap_or_default()
    }

    /// What `ChangeMessageVisibility` asks for: the receipt handle of a message of a queue; `None` for other records.
    #[must_use]
    pub fn receipt_handle(&self) -> Option<&str> {
        self.receipt_handle.as_deref()
    }

    /// Why it is to come again.
    #[must_use]
    pub fn reason(&self) -> &Reason<E> {
        &self.reason
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_reason(self) -> Reason<E> {
        self.reason
    }

    /// Where another execution of its key is at work: when its lease ends as it stands. In whole seconds, rounded up, and
    /// at most 12 hours, as the visibility timeout of `ChangeMessageVisibility` is given.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.reason {
            Reason::InProgress { retry_after, .. } => Some(retry_after),
            _ => None,
        }
    }
}

impl<E> Reason<E> {
    pub(super) fn in_progress(error: E, meeting: &Meeting) -> Self {
        let whole = Duration::from_secs(meeting.retry_after.as_secs());
        let is_whole = whole == meeting.retry_after;
        let rounded = whole.saturating_add(Duration::from_secs(u64::from(!is_whole)));
        Self::InProgress {
            error,
            retry_after: rounded.min(LONGEST),
        }
    }

    /// The function's error, where it returned one.
    #[must_use]
    pub fn error(&self) -> Option<&E> {
        match self {
            Self::Failed(error) | Self::InProgress { error, .. } => Some(error),
            Self::Panicked | Self::Unfinished | Self::NotStarted | Self::Behind | Self::Untold => {
                None
            }
        }
    }

    /// What the log calls it; `None` where the record did not fail itself.
    pub(super) fn as_str(&self) -> Option<&'static str> {
        match self {
            Self::Failed(_) => Some("failed"),
            Self::InProgress { .. } => Some("in_progress"),
            Self::Panicked => Some("panicked"),
            Self::Unfinished => Some("unfinished"),
            Self::NotStarted | Self::Behind | Self::Untold => None,
        }
    }
}

/// Without the receipt handle, by which a message can be deleted.
impl<E> fmt::Debug for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("identifier", &self.identifier)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Without the function's error, which may hold what must not be logged.
impl<E> fmt::Debug for Reason<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(_) => f.write_str("Failed(..)"),
            Self::InProgress { retry_after, .. } => f
                .debug_struct("InProgress")
                .field("retry_after", retry_after)
                .finish_non_exhaustive(),
            Self::Panicked => f.write_str("Panicked"),
            Self::Unfinished => f.write_str("Unfinished"),
            Self::NotStarted => f.write_str("NotStarted"),
            Self::Behind => f.write_str("Behind"),
            Self::Untold => f.write_str("Untold"),
        }
    }
}
