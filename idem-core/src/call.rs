//! One guarded call: its key, fingerprint and settings in one immutable value.

use std::any::TypeId;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::UnixMillis;
use crate::codec::{self, Codec, CodecError};
use crate::engine::BodyEnd;
use crate::error::{Error, Kind};
use crate::event::Invocation;
use crate::execution::{Execution, Staged};
use crate::idempotency::Idempotency;
use crate::key::{Fingerprint, KeyError, RecordId};
use crate::policy::Policy;
use crate::port::Left;
use crate::record::StoredResult;
use crate::store::Store;

/// The shortest ttl and the shortest lease.
const SHORTEST: Duration = Duration::from_secs(1);

/// What identifies a call and how it is guarded. Nothing about a call lives anywhere else.
#[derive(Debug)]
pub struct Call {
    pub(crate) runtime: Idempotency,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) id: RecordId,
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) request_id: Option<Arc<str>>,
    pub(crate) deadline: Option<UnixMillis>,
    pub(crate) policy: Policy,
    /// How the result is stored, where it is not as the runtime says.
    pub(crate) codec: Option<&'static dyn Codec>,
    /// Where the body leaves what is to be committed with its record, where it may.
    pub(crate) staged: Option<Arc<dyn Staged>>,
}

/// A call that is ready to run, or the reason why it is not.
#[doc(hidden)]
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a box would cost every call an allocation"
)]
pub enum Prepared {
    /// Guarded.
    Guarded(Call),
    /// The runtime is disabled: the body just runs.
    Unguarded,
    /// Nothing will run; with the request id for the report.
    Refused(Error, Option<Arc<str>>),
}

impl Call {
    pub(crate) fn error(&self, kind: Kind) -> Error {
        Error::new(kind).of_record(&self.id)
    }

    /// What a body leaves that ended like that, with this JSON to store.
    pub(crate) fn left(&self, mut end: BodyEnd, json: Option<Vec<u8>>) -> Left {
        let result = json.and_then(|json| codec::encode(self.codec(), json, &self.id));
        if end == BodyEnd::Result && result.is_none() {
            end = BodyEnd::UnstorableResult;
        }
        let effects = self.staged.as_ref().and_then(|staged| staged.take());
        Left {
            end,
            result,
            effects,
        }
    }

    /// The JSON of a stored result.
    pub(crate) fn decoded<'s>(
        &self,
        result: &'s StoredResult,
    ) -> Result<Cow<'s, [u8]>, CodecError> {
        codec::decode(self.codec(), result, &self.id)
    }

    /// The error where a stored result could not be read.
    pub(crate) fn unreadable(&self, ran: bool, cause: Option<CodecError>) -> Error {
        // Where the body ran, the caller must not read that nothing did.
        let error = self.error(if ran {
            Kind::LeaseLost
        } else {
            Kind::ReplayDecode
        });
        match cause {
            Some(cause) => error.caused_by(cause),
            None => error,
        }
    }

    fn codec(&self) -> &dyn Codec {
        self.codec.unwrap_or_else(|| self.runtime.codec())
    }
}

impl Prepared {
    /// From the call, no call where none is guarded, or the reason why there is none.
    pub(crate) fn new(request_id: Option<&str>, call: Result<Option<Call>, Error>) -> Self {
        match call {
            Ok(Some(call)) => Self::Guarded(call),
            Ok(None) => Self::Unguarded,
            Err(error) => Self::Refused(error, request_id.map(Into::into)),
        }
    }
}

/// The execution that this call is going to be. A call that cannot commit what it may be asked to becomes one that is
/// refused.
#[doc(hidden)]
#[must_use]
pub fn execution<T: Send + Sync + 'static>(prepared: &mut Prepared) -> Execution<T> {
    let execution = Execution::new();
    let staged = execution.staged();
    let kind = staged.kind();
    if kind != TypeId::of::<()>() {
        let refusal = match prepared {
            Prepared::Guarded(call) if call.store.commits(kind) => {
                call.staged = Some(staged);
                None
            }
            Prepared::Guarded(call) => Some((
                "this store cannot commit a handler's writes with its record; use one that can, such as `DynamoDb`, or `Execution` without a type",
                call.request_id.clone(),
            )),
            Prepared::Unguarded => Some((
                "a disabled runtime commits nothing; give a handler with `transact` a store that can",
                None,
            )),
            Prepared::Refused(..) => None,
        };
        if let Some((refusal, request_id)) = refusal {
            *prepared = Prepared::Refused(Error::new(Kind::NotConfigured(refusal)), request_id);
        }
    }
    execution
}

/// What of a call is known before its key is hashed.
pub(crate) struct Draft<'a> {
    pub(crate) runtime: Idempotency,
    pub(crate) policy: Policy,
    pub(crate) invocation: Invocation<'a>,
    pub(crate) codec: Option<&'static dyn Codec>,
}

impl Draft<'_> {
    /// The call of this key, or none where the runtime guards none: then nothing is hashed.
    pub(crate) fn call(
        self,
        id: impl FnOnce() -> Result<RecordId, KeyError>,
        fingerprint: impl FnOnce() -> Result<Option<Fingerprint>, KeyError>,
    ) -> Result<Option<Call>, Error> {
        let Some(store) = self.runtime.store() else {
            return Ok(None);
        };
        self.check()?;
        Ok(Some(Call {
            store: Arc::clone(store),
            id: id()?,
            deadline: self.runtime.believable(self.invocation.deadline),
            runtime: self.runtime,
            fingerprint: fingerprint()?,
            request_id: self.invocation.request_id.map(Into::into),
            policy: self.policy,
            codec: self.codec,
            staged: None,
        }))
    }

    fn check(&self) -> Result<(), Error> {
        let Policy {
            ttl,
            lease,
            default_lease,
            ..
        } = self.policy;
        let refusal = if ttl < SHORTEST {
            "a ttl below one second replays nothing; write how long results are replayed, as in `ttl = \"1h\"`"
        } else if lease.unwrap_or(default_lease) < SHORTEST {
            "a lease below one second cannot be renewed in time; write how long a crash may block its key, as in `lease = \"30s\"`"
        } else {
            return Ok(());
        };
        Err(Error::new(Kind::NotConfigured(refusal)))
    }
}
