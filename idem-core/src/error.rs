//! What a guarded call can end with instead of a result.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::key::{Difference, KeyError, RecordId};

const MISMATCH: &str = "the key was used before with another fingerprint";
const NEW_KEY: &str = "use a new key for a new request";

/// Why a guarded call has no result.
///
/// Opaque: ask with the predicates. The message says what to do; neither it nor the sources hold a key or a payload.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    record: Option<RecordId>,
    /// Which part of which key is at fault.
    key: Option<KeyError>,
    /// Where the fingerprint is another one, as far as that is known.
    difference: Option<Difference>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    InProgress { retry_after: Duration },
    Mismatch,
    Held,
    DoneWithoutResult,
    MissingKey,
    InvalidKey,
    InvalidFingerprint,
    LeaseLost,
    CompletionUnknown,
    Canceled,
    NotStarted,
    Store,
    Foreign,
    ReplayDecode,
    Reentrant,
    NotExtended,
    Changed,
    Attended,
    Unconfirmed,
    NotConfigured(&'static str),
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            record: None,
            key: None,
            difference: None,
            source: None,
        }))
    }

    /// The message without the record.
    pub(crate) fn reason(&self) -> impl fmt::Display {
        fmt::from_fn(|f| match (&self.0.key, &self.0.difference) {
            (Some(key), _) => write!(f, "{}: {key}", self.0.kind),
            (None, Some(difference)) => write!(f, "{MISMATCH}: {difference}; {NEW_KEY}"),
            (None, None) => fmt::Display::fmt(&self.0.kind, f),
        })
    }

    pub(crate) fn of_record(mut self, record: &RecordId) -> Self {
        self.0.record = Some(record.clone());
        self
    }

    pub(crate) fn of_difference(mut self, difference: Option<Difference>) -> Self {
        self.0.difference = difference;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Another execution of this key is running; nothing ran here. [`retry_after`](Self::retry_after) says when to try
    /// again.
    #[must_use]
    pub fn is_in_progress(&self) -> bool {
        matches!(self.0.kind, Kind::InProgress { .. })
    }

    /// When the other execution's lease and the margin end as they stand, where
    /// [`is_in_progress`](Self::is_in_progress). It may be done earlier, and it may renew its lease.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.0.kind {
            Kind::InProgress { retry_after } => Some(retry_after),
            _ => None,
        }
    }

    /// The key was used before with another fingerprint; nothing ran here. [`differing`](Self::differing) says what of it
    /// differs.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        self.0.kind == Kind::Mismatch
    }

    /// Where [`is_mismatch`](Self::is_mismatch): the parts of the fingerprint that differ, as the attribute has them but
    /// for the quotes of a path, as in `$.amount`; never what they select. The message has them, too.
    ///
    /// Of a tuple these are its parts, compared in their order with those that the record was claimed with. A part that
    /// differs is missed once in 65,536 times, and always beyond the 16th.
    ///
    /// Empty where it cannot be told: the call is one without the attribute; another version of the handler, whose
    /// fingerprint had another number of parts, or another library claimed the record; the key is the request id or that
    /// of the source's message, which the record holds itself; the store keeps no
    /// [`marks`](crate::record::Record::marks); or all that differs was missed.
    #[must_use]
    pub fn differing(&self) -> Vec<String> {
        let difference = self.0.difference.iter();
        difference.flat_map(Difference::parts).collect()
    }

    /// The record waits for a person to look; nothing ran here.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.kind == Kind::Held
    }

    /// The handler has run for this key, and its result could not be stored; it will not run again within its ttl.
    #[must_use]
    pub fn is_done_without_result(&self) -> bool {
        self.0.kind == Kind::DoneWithoutResult
    }

    /// The event has no key: missing, null, empty, or a part of it is. Nothing ran.
    #[must_use]
    pub fn is_missing_key(&self) -> bool {
        self.0.kind == Kind::MissingKey
    }

    /// The event's key cannot be used: a number that is not exact, nested too deeply, or not serializable. Nothing ran.
    #[must_use]
    pub fn is_invalid_key(&self) -> bool {
        self.0.kind == Kind::InvalidKey
    }

    /// The event's fingerprint cannot be made: a part of it is missing, or cannot be hashed. Nothing ran.
    #[must_use]
    pub fn is_invalid_fingerprint(&self) -> bool {
        self.0.kind == Kind::InvalidFingerprint
    }

    /// The handler ran, and lost its claim before that was recorded: whether its effect counts is unknown.
    #[must_use]
    pub fn is_lease_lost(&self) -> bool {
        self.0.kind == Kind::LeaseLost
    }

    /// The handler is done, and the store did not confirm that this is recorded.
    #[must_use]
    pub fn is_completion_unknown(&self) -> bool {
        self.0.kind == Kind::CompletionUnknown
    }

    /// The handler is done, and the store refused the writes that it gave to
    /// [`Execution::transact`](crate::Execution::transact): neither they nor its result took effect. The error's source
    /// says why; where a condition did not hold, it is the store's own type, such as `dynamodb::Cancellation`.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.0.kind == Kind::Canceled
    }

    /// There was no time left to start within the lease. Nothing ran.
    #[must_use]
    pub fn is_not_started(&self) -> bool {
        self.0.kind == Kind::NotStarted
    }

    /// The store did not confirm the claim, and nothing ran; or it did not answer [`Records`](crate::Records).
    #[must_use]
    pub fn is_store(&self) -> bool {
        matches!(self.0.kind, Kind::Store | Kind::Unconfirmed)
    }

    /// The record has an unknown version, or another program wrote it. Nothing ran.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.0.kind == Kind::Foreign
    }

    /// The stored result no longer decodes as the handler's result type. Nothing ran.
    #[must_use]
    pub fn is_replay_decode(&self) -> bool {
        self.0.kind == Kind::ReplayDecode
    }

    /// The handler called itself with the same key. The inner call did not run.
    #[must_use]
    pub fn is_reentrant(&self) -> bool {
        self.0.kind == Kind::Reentrant
    }

    /// The lease was not extended: the store did not confirm it, or the claim is lost.
    #[must_use]
    pub fn is_not_extended(&self) -> bool {
        self.0.kind == Kind::NotExtended
    }

    /// The record is not as it was seen any more, or is neither held nor abandoned. Look again: where an earlier attempt to
    /// resolve it got no answer, it may be that one which has changed it.
    #[must_use]
    pub fn is_not_resolved(&self) -> bool {
        matches!(self.0.kind, Kind::Changed | Kind::Attended)
    }

    /// Nothing ran, because of how it is set up: there is no runtime, or two were installed; a ttl or lease is below one
    /// second; a handler inside a function or an `impl` has no `name`; or its policies ask for what it does not have.
    #[must_use]
    pub fn is_not_configured(&self) -> bool {
        matches!(self.0.kind, Kind::NotConfigured(_))
    }

    /// The record that the call met: namespace and hash, never the key. `None` where the call did not get that far.
    #[must_use]
    pub fn record(&self) -> Option<&RecordId> {
        self.0.record.as_ref()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProgress { retry_after } => {
                write!(f, "already in progress; retry after {} ms", retry_after.as_millis())
            }
            Self::Mismatch => write!(f, "{MISMATCH}; {NEW_KEY}"),
            Self::Held => f.write_str("held until somebody has looked at the record"),
            Self::DoneWithoutResult => f.write_str("already done, but the result could not be stored"),
            Self::MissingKey => f.write_str("the event has no idempotency key"),
            Self::InvalidKey => f.write_str("the event's idempotency key cannot be used"),
            Self::InvalidFingerprint => f.write_str("the event's fingerprint cannot be made"),
            Self::LeaseLost => f.write_str("the lease ended before the result was recorded, the outcome is unknown; retry to learn it"),
            Self::CompletionUnknown => f.write_str("done, but the store did not confirm it, the outcome is unknown; retry to learn it"),
            Self::Canceled => f.write_str("the transaction was refused, neither its writes nor the result took effect"),
            Self::NotStarted => f.write_str("no time left to start within the lease, nothing ran; retry"),
            Self::Store => f.write_str("failed to claim the key in the store, nothing ran; retry"),
            Self::Foreign => f.write_str("the record has an unknown version or another program wrote it; nothing ran"),
            Self::ReplayDecode => f.write_str("the stored result no longer decodes as the handler's result type"),
            Self::Reentrant => f.write_str("the handler called itself with the same key"),
            Self::NotExtended => f.write_str("the lease was not extended; what runs counts only until it ends"),
            Self::Changed => f.write_str("the record has changed since it was seen; look again"),
            Self::Attended => f.write_str("the record is neither held nor abandoned, nothing was written"),
            Self::Unconfirmed => f.write_str("the store did not confirm it; look again"),
            Self::NotConfigured(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.record {
            Some(record) => write!(f, "{record}: {}", self.reason()),
            None => self.reason().fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("record", &self.0.record)
            .field("key", &self.0.key)
            .field("difference", &self.0.difference)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<KeyError> for Error {
    fn from(key: KeyError) -> Self {
        let kind = if key.is_of_fingerprint() {
            Kind::InvalidFingerprint
        } else if key.is_missing() {
            Kind::MissingKey
        } else {
            Kind::InvalidKey
        };
        let mut error = Self::new(kind);
        error.0.key = Some(key);
        error
    }
}

/// So that a handler may return this error to the Lambda runtime as it is.
#[cfg(feature = "lambda")]
impl From<Error> for lambda_runtime::Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: "idem_lambda::Error".to_owned(),
            error_message: error.to_string(),
        }
    }
}
