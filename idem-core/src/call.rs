//! One guarded call: its key, fingerprint and settings in one immutable value.

use std::any::TypeId;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::UnixMillis;
use crate::codec::{self, Codec, CodecError};
use crate::engine::BodyEnd;
use crate::error::{Error, Kind};
use crate::event::Invocation;
use crate::execution::{Execution, Question, Run, Staged};
use crate::handle::Handle;
use crate::idempotency::Idempotency;
use crate::key::{Difference, Expression, Fingerprint, KeyError, Marks, RecordId, differing};
use crate::policy::{OnAbandoned, OnError, OnMissingKey, OnStoreFailure, Policy};
use crate::port::Left;
use crate::record::{Origin, Record, RequestId, StoredResult};
use crate::short_ttl;
use crate::source::Source;
use crate::store::Store;

/// The shortest ttl and the shortest lease.
const SHORTEST: Duration = Duration::from_secs(1);

/// What identifies a call and how it is guarded. Nothing about a call lives anywhere else.
#[derive(Debug)]
pub struct Call {
    pub(crate) runtime: Idempotency,
    pub(crate) store: Handle<dyn Store>,
    pub(crate) id: RecordId,
    pub(crate) fingerprint: Option<Fingerprint>,
    /// What the fingerprint is of, where an expression says it.
    pub(crate) fingerprint_of: Option<&'static Expression>,
    /// What tells which part of the fingerprint differs.
    pub(crate) marks: Option<Marks>,
    pub(crate) origin: Origin,
    pub(crate) deadline: Option<UnixMillis>,
    pub(crate) policy: Policy,
    /// How the result is stored, where it is not as the runtime says.
    pub(crate) codec: Option<&'static dyn Codec>,
    /// Where the body leaves what is to be committed with its record, where it may.
    pub(crate) staged: Option<Arc<dyn Staged>>,
    /// What the handler can ask of the guard, where it has an execution to ask.
    pub(crate) run: Option<Arc<Run>>,
    /// Whether the handler can say what became of an abandoned attempt.
    pub(crate) asks: bool,
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
    /// The body just runs.
    Unguarded(Unguarded),
    /// Nothing will run.
    Refused(Error, About),
}

/// A call that nothing guards.
#[derive(Debug)]
pub struct Unguarded {
    pub(crate) about: About,
    pub(crate) deadline: Option<UnixMillis>,
    /// Why it runs all the same; `None` where the runtime is disabled.
    pub(crate) reason: Option<Error>,
    /// Whether it would have been refused for that, were it not for shadow mode.
    pub(crate) is_overruled: bool,
}

/// What is told of a call that has no record.
#[derive(Debug, Default)]
pub struct About {
    /// `None` where there is none.
    pub(crate) runtime: Option<Idempotency>,
    pub(crate) handler: Box<str>,
    pub(crate) request_id: Option<RequestId>,
}

impl Call {
    pub(crate) fn error(&self, kind: Kind) -> Error {
        Error::new(kind).of_record(&self.id)
    }

    /// What a body leaves that ended like that, with this JSON to store.
    pub(crate) fn left(&self, end: BodyEnd, json: Option<Vec<u8>>) -> Left {
        let result = json.and_then(|json| codec::encode(self.codec(), json, &self.id));
        let end = match end {
            BodyEnd::Result if result.is_none() => BodyEnd::UnstorableResult,
            BodyEnd::StorableError if result.is_none() => BodyEnd::UnstorableError,
            end => end,
        };
        // Taken also where they are dropped, so that nothing more can be left.
        let effects = self.staged.as_ref().and_then(|staged| staged.take());
        let is_result = matches!(end, BodyEnd::Result | BodyEnd::UnstorableResult);
        let effects = effects.filter(|_| is_result);
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

    /// Where its fingerprint differs from that of the record, which is another one.
    pub(crate) fn difference(&self, record: &Record) -> Option<Difference> {
        let fingerprint = self.fingerprint_of?;
        Some(differing(
            fingerprint,
            record.marks.as_ref(),
            self.marks.as_ref(),
        ))
    }

    /// What a policy asks of the handler and the handler does not have; `remembers`: its errors can be stored.
    pub(crate) fn lacks(&self, remembers: bool) -> Option<Error> {
        let lack = if self.policy.on_error == OnError::Remember && !remembers {
            "errors are to be remembered, and this handler does not say how; write `on_error = remember` on it (`.remember_errors()` on a plain call), or another policy"
        } else if self.policy.on_abandoned == OnAbandoned::Reconcile && !self.asks {
            "abandoned attempts are to be reconciled, and this handler does not say whom to ask; write `on_abandoned = reconcile(path::to::function)` on it (`.reconcile(..)` on a plain call), or another policy"
        } else {
            return None;
        };
        Some(self.error(Kind::NotConfigured(lack)))
    }

    fn runs_unguarded(&self) -> bool {
        let Policy {
            on_missing_key,
            on_store_failure,
            ..
        } = self.policy;
        on_missing_key == OnMissingKey::Run || on_store_failure == OnStoreFailure::Run
    }

    fn codec(&self) -> &dyn Codec {
        self.codec.unwrap_or_else(|| self.runtime.codec())
    }
}

impl Prepared {
    fn refuse(&mut self, error: Error) {
        let about = match self {
            Self::Guarded(call) => About {
                runtime: Some(call.runtime.clone()),
                handler: call.id.namespace().into(),
                request_id: call.origin.request_id.clone(),
            },
            Self::Unguarded(Unguarded { about, .. }) | Self::Refused(_, about) => {
                std::mem::take(about)
            }
        };
        *self = Self::Refused(error, about);
    }

    /// What the handler can ask of its guard.
    fn run(&mut self) -> Arc<Run> {
        let run = match self {
            Self::Guarded(call) => {
                let run = call.run.get_or_insert_with(|| {
                    Arc::new(Run::new(
                        Some(&call.runtime),
                        *call.id.digest(),
                        call.deadline,
                    ))
                });
                return Arc::clone(run);
            }
            Self::Unguarded(call) => Run::unguarded(call.about.runtime.as_ref(), call.deadline),
            // Nothing will ask.
            Self::Refused(..) => Ok(Run::default()),
        };
        Arc::new(run.unwrap_or_else(|error| {
            self.refuse(Error::new(Kind::Store).caused_by(error));
            Run::default()
        }))
    }
}

/// The execution that this call is going to be. A call that cannot commit what it may be asked to becomes one that is
/// refused.
#[doc(hidden)]
#[must_use]
pub fn execution<T: Send + Sync + 'static>(prepared: &mut Prepared) -> Execution<T> {
    let run = prepared.run();
    let execution = Execution::of(run);
    let staged = execution.staged();
    let kind = staged.kind();
    if kind != TypeId::of::<()>() {
        let refusal = match prepared {
            Prepared::Guarded(call) if call.policy.shadow => Some(
                "in shadow mode a handler runs without its record, and its writes cannot commit with it; guard it with a runtime that is no shadow",
            ),
            Prepared::Guarded(call) if call.runs_unguarded() => Some(
                "a handler whose writes commit with its record cannot run without it; leave `on_store_failure` and `on_missing_key` at `fail`",
            ),
            Prepared::Guarded(call) if call.store.commits(kind) => {
                call.staged = Some(staged);
                None
            }
            Prepared::Guarded(_) => Some(
                "this store cannot commit a handler's writes with its record; use one that can, such as `DynamoDb`, or `Execution` without a type",
            ),
            Prepared::Unguarded(Unguarded { reason: None, .. }) => Some(
                "a disabled runtime commits nothing; give a handler with `transact` a store that can",
            ),
            Prepared::Unguarded(_) => Some(
                "a handler whose writes commit with its record cannot run without a key; leave `on_missing_key` at `fail`",
            ),
            Prepared::Refused(..) => None,
        };
        if let Some(refusal) = refusal {
            prepared.refuse(Error::new(Kind::NotConfigured(refusal)));
        }
    }
    execution
}

/// The question that this call may have to ask.
#[doc(hidden)]
#[must_use]
pub fn question(prepared: &mut Prepared) -> Question {
    let run = prepared.run();
    if let Prepared::Guarded(call) = prepared {
        call.asks = true;
    }
    Question(Execution::of(run))
}

/// What of a call is known before its key is hashed.
pub(crate) struct Draft<'a> {
    pub(crate) runtime: Idempotency,
    /// As in [`Namespace::as_str`](crate::key::Namespace::as_str).
    pub(crate) handler: &'a str,
    pub(crate) policy: Policy,
    pub(crate) invocation: Invocation<'a>,
    pub(crate) fingerprint_of: Option<&'static Expression>,
    pub(crate) codec: Option<&'static dyn Codec>,
}

/// What an event is.
pub(crate) struct Identity {
    pub(crate) id: RecordId,
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) marks: Option<Marks>,
    pub(crate) source: Option<Source>,
}

impl Draft<'_> {
    /// The call of this key. Where the runtime guards none, nothing is hashed or looked for.
    pub(crate) fn call(self, identity: impl FnOnce() -> Result<Identity, KeyError>) -> Prepared {
        let deadline = self.runtime.believable(self.invocation.deadline);
        let Some(store) = self.runtime.store_handle() else {
            return Prepared::Unguarded(Unguarded {
                about: self.about(),
                deadline,
                reason: None,
                is_overruled: false,
            });
        };
        let identity = || self.check().and_then(|()| Ok(identity()?));
        let identity = if self.policy.shadow {
            // Without the library nobody would have serialized the event: a panic there is no reason not to run.
            let invalid = |_| Err(Error::new(Kind::InvalidKey));
            catch_unwind(AssertUnwindSafe(identity)).unwrap_or_else(invalid)
        } else {
            identity()
        };
        let Identity {
            id,
            fingerprint,
            marks,
            source,
        } = match identity {
            Ok(identity) => identity,
            Err(error) => return self.without_record(error),
        };
        if let Some(source) = &source
            && !self.runtime.allows_short_ttl()
        {
            short_ttl::warn(self.handler, self.policy.ttl, source.kind());
        }
        Prepared::Guarded(Call {
            store,
            deadline,
            fingerprint,
            fingerprint_of: self.fingerprint_of,
            marks,
            id,
            origin: Origin {
                request_id: self.invocation.request_id.map(Into::into),
                source,
                version: self.runtime.version().cloned(),
            },
            runtime: self.runtime,
            policy: self.policy,
            codec: self.codec,
            staged: None,
            run: None,
            asks: false,
        })
    }

    /// The call that cannot have a record, because of this.
    pub(crate) fn without_record(self, error: Error) -> Prepared {
        let runs_without_key =
            error.is_missing_key() && self.policy.on_missing_key == OnMissingKey::Run;
        if runs_without_key || self.policy.shadow {
            return Prepared::Unguarded(Unguarded {
                deadline: self.runtime.believable(self.invocation.deadline),
                about: self.about(),
                reason: Some(error),
                is_overruled: !runs_without_key,
            });
        }
        Prepared::Refused(error, self.about())
    }

    fn about(self) -> About {
        About {
            runtime: Some(self.runtime),
            handler: self.handler.into(),
            request_id: self.invocation.request_id.map(Into::into),
        }
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
