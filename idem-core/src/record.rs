//! What a store keeps for a key.

mod request_id;

use std::fmt;
use std::sync::Arc;

pub use self::request_id::RequestId;

use crate::clock::UnixMillis;
use crate::key::{Fingerprint, Marks, RecordId};
use crate::source::Source;

/// The name of the codec whose results are JSON.
pub(crate) const JSON: &str = "json";

/// Who holds a claim: new for every logical claim, and the same on every re-send of it. See [`Store::owner`].
///
/// Never the Lambda request id: that repeats on retries, and two executions would take each other for themselves.
///
/// [`Store::owner`]: crate::store::Store::owner
// Packed: a record holds two, and is padded less.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(Rust, packed)]
pub struct Owner(pub u128);

impl Owner {
    /// The owner of the claim that this execution sends after its first was refused.
    pub(crate) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        write!(f, "{number:032x}")
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner({self})")
    }
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// An execution holds the claim.
    InProgress,
    /// The claim was given back; the record stays so that generations go on.
    Released,
    /// A person must look before anybody runs again.
    Held,
    /// The handler returned a result, and it is stored.
    Completed,
    /// The handler returned an error that is remembered.
    Failed,
    /// The handler returned a result that could not be stored.
    DoneNoResult,
    /// The store could not read the record: its version is unknown, or another program wrote it.
    Foreign,
}

/// A result as it is stored: the bytes of its codec. Cloning shares them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoredResult {
    bytes: Arc<[u8]>,
    /// `None`: JSON. A pointer of one word, because each record has it.
    codec: Option<Arc<Box<str>>>,
}

impl StoredResult {
    /// Takes the bytes of a result in JSON.
    #[must_use]
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
            codec: None,
        }
    }

    /// Says which codec wrote the bytes.
    #[must_use]
    pub fn with_codec(mut self, name: &str) -> Self {
        self.codec = (name != JSON).then(|| Arc::new(name.into()));
        self
    }

    /// The bytes, as the codec wrote them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The name of the codec that wrote the bytes.
    #[must_use]
    pub fn codec(&self) -> &str {
        self.codec.as_ref().map_or(JSON, |name| name)
    }
}

impl fmt::Debug for StoredResult {
    // A result may be personal data: its size is all that may be printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "StoredResult({} bytes of {})",
            self.bytes.len(),
            self.codec()
        )
    }
}

/// What brought an event to a claim: enough to tell whether two deliveries are the same, and nothing of the payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The Lambda request id of the invocation.
    pub request_id: Option<RequestId>,
    /// The message of the event source, where the event has the shape of one.
    pub source: Option<Source>,
    /// The version of the Lambda function.
    pub version: Option<Arc<String>>,
}

/// The longest request id or version that a record keeps, in bytes. Lambda's have 36, and a few digits.
const LONGEST: usize = 128;

impl Origin {
    /// What a record keeps of it. Outside Lambda others may make up request ids: no length of theirs fills a record.
    pub(crate) fn kept(&self) -> Self {
        let Self {
            request_id,
            source,
            version,
        } = self;
        Self {
            request_id: request_id.clone().filter(|id| id.len() <= LONGEST),
            source: source.clone(),
            version: version.clone().filter(|version| version.len() <= LONGEST),
        }
    }
}

/// An attempt that came before the present one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Who held the claim.
    pub owner: Owner,
    /// When it was claimed.
    pub started_at: UnixMillis,
    /// Until when it was leased.
    pub lease_until: UnixMillis,
    /// How it stood when the next claim was granted: [`Status::InProgress`] means abandoned.
    pub status: Status,
    /// What brought it.
    pub origin: Origin,
}

/// An attempt of longer ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Past {
    /// When it was claimed.
    pub started_at: UnixMillis,
    /// How it stood when the next claim was granted: [`Status::InProgress`] means abandoned.
    pub status: Status,
}

/// How many attempts before the [previous](History::previous) one are kept.
pub const PASTS: usize = 3;

/// What came before the present attempt. It is bounded: of the attempts between the first and the last few only their
/// number is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct History {
    /// What brought the first attempt.
    pub first: Origin,
    /// When the first attempt was claimed.
    pub first_started_at: UnixMillis,
    /// The attempt before the present one; copied by the claim itself, so that a re-sent claim does not lose it.
    pub previous: Attempt,
    /// Those before it, the latest first.
    pub pasts: [Option<Past>; PASTS],
}

/// Where a record comes from: enough to tell why a duplicate came, without a further request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Provenance {
    /// How many claims were granted.
    pub attempts: u32,
    /// When the latest claim was granted, by the clock of its sender.
    pub started_at: UnixMillis,
    /// What brought the latest.
    pub origin: Origin,
    /// What came before it; `None` for a first attempt.
    pub history: Option<Arc<History>>,
}

impl History {
    /// Of a second attempt: `first` is the only one before it.
    #[must_use]
    pub fn new(first: Attempt) -> Self {
        Self {
            first: first.origin.clone(),
            first_started_at: first.started_at,
            previous: first,
            pasts: [None; PASTS],
        }
    }
}

impl Provenance {
    /// Of a first attempt.
    #[must_use]
    pub const fn new(started_at: UnixMillis, origin: Origin) -> Self {
        Self {
            attempts: 1,
            started_at,
            origin,
            history: None,
        }
    }

    /// What brought the first attempt.
    #[must_use]
    pub fn first(&self) -> &Origin {
        self.history
            .as_ref()
            .map_or(&self.origin, |history| &history.first)
    }

    /// When the first attempt was claimed, by the clock of its sender.
    #[must_use]
    pub fn first_started_at(&self) -> UnixMillis {
        let history = self.history.as_ref();
        history.map_or(self.started_at, |history| history.first_started_at)
    }

    /// The attempt before the latest.
    #[must_use]
    pub fn previous(&self) -> Option<&Attempt> {
        self.history.as_ref().map(|history| &history.previous)
    }
}

/// What a store keeps for a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// Namespace and hash of the key.
    pub id: RecordId,
    /// Where it stands.
    pub status: Status,
    /// Who claimed it last.
    pub owner: Owner,
    /// The fencing number: grows with every granted claim, also after the record was deleted.
    pub generation: u64,
    /// Until when the claim is leased.
    pub lease_until: UnixMillis,
    /// Unix time in seconds. For a completed record the end of its ttl; for any other the earliest moment at which the
    /// backend may delete it, which never frees a claim. `None`: never.
    pub expires_at: Option<u64>,
    /// What must be equal when the key is. Behind a pointer, because few handlers have one.
    pub fingerprint: Option<Arc<Fingerprint>>,
    /// What tells which part of a fingerprint differs, where it has several.
    pub marks: Option<Marks>,
    /// The result or the remembered error.
    pub result: Option<StoredResult>,
    /// Who completed it; `None` until then.
    pub completed_by: Option<Owner>,
    /// Where it comes from.
    pub provenance: Provenance,
}
