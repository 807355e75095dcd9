//! One guarded call: its key, fingerprint and settings in one immutable value.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::clock::UnixMillis;
use crate::error::{Error, Kind};
use crate::event::Invocation;
use crate::idempotency::Idempotency;
use crate::key::{Fingerprint, KeyError, Namespace, RecordId};
use crate::output::Output;
use crate::policy::{OnAbandoned, OnError, OnOverrun, Policy};
use crate::store::Store;
use crate::{body, report};

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
    /// Nothing will run.
    Refused(Error),
}

impl Call {
    pub(crate) fn error(&self, kind: Kind) -> Error {
        Error::new(kind).of_record(&self.id)
    }
}

/// What of a call is known before its key is hashed.
pub(crate) struct Draft<'a> {
    pub(crate) runtime: Idempotency,
    pub(crate) policy: Policy,
    pub(crate) invocation: Invocation<'a>,
    pub(crate) fingerprint: Option<Fingerprint>,
}

impl Draft<'_> {
    /// The call of this key; `id` hashes it, given the tenant.
    pub(crate) fn prepare(
        self,
        id: impl FnOnce(Option<&str>) -> Result<RecordId, KeyError>,
    ) -> Prepared {
        let Some(store) = self.runtime.store() else {
            return Prepared::Unguarded;
        };
        let store = Arc::clone(store);
        let request_id = self.invocation.request_id;
        let id = self
            .check()
            .and_then(|()| id(self.invocation.tenant).map_err(Error::from));
        match id {
            Ok(id) => Prepared::Guarded(Call {
                deadline: self.runtime.believable(self.invocation.deadline),
                runtime: self.runtime,
                store,
                id,
                fingerprint: self.fingerprint,
                request_id: request_id.map(Into::into),
                policy: self.policy,
            }),
            Err(error) => Prepared::Refused(report::refused(request_id, error)),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let refusal = if self.policy.ttl.is_zero() {
            "a ttl of zero replays nothing; write how long results are replayed, as in `ttl = \"1h\"`"
        } else if self.policy.lease.is_some_and(|lease| lease.is_zero()) {
            "a lease of zero is over at once; write how long a crash may block its key, as in `lease = \"30s\"`"
        } else {
            return Ok(());
        };
        Err(Error::new(Kind::NotConfigured(refusal)))
    }
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        let kind = if error.is_missing() {
            Kind::MissingKey
        } else {
            Kind::InvalidKey
        };
        Self::new(kind).caused_by(error)
    }
}

/// A call without the attribute, still without a ttl.
///
/// # Example: the plain function API
///
/// ```
/// # #[cfg(feature = "memory")] {
/// use std::time::Duration;
/// use idem_core::{Error, Idempotency, store::Memory};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let idempotency = Idempotency::new(Memory::new());
/// let hour = Duration::from_hours(1);
/// for delivery in 1..=3 {
///     let call = idempotency.call("charge", "order-17").ttl(hour);
///     let receipt = call.run(async || Ok::<_, Error>(format!("charged on delivery {delivery}"))).await?;
///     assert_eq!(receipt, "charged on delivery 1");
/// }
/// # Ok::<(), Error>(()) }).unwrap();
/// # }
/// ```
#[derive(Debug)]
#[must_use = "say how long the result is replayed: `.ttl(..)`"]
pub struct NewCall<'a, K: ?Sized> {
    runtime: &'a Idempotency,
    name: &'a str,
    key: Key<'a, K>,
}

/// A key on its way to be hashed.
struct Key<'a, K: ?Sized>(&'a K);

impl<K: ?Sized> std::fmt::Debug for Key<'_, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

impl<'a, K: Serialize + ?Sized> NewCall<'a, K> {
    pub(crate) fn new(runtime: &'a Idempotency, name: &'a str, key: &'a K) -> Self {
        Self {
            runtime,
            name,
            key: Key(key),
        }
    }

    /// How long the result is replayed, from completion; rounded up to whole seconds.
    pub fn ttl(self, ttl: Duration) -> PlainCall<'a, K> {
        PlainCall {
            policy: Policy {
                ttl,
                ..self.runtime.policy()
            },
            runtime: self.runtime,
            name: self.name,
            key: self.key,
            invocation: Invocation::default(),
            fingerprint: Ok(None),
        }
    }
}

/// A call without the attribute; the arguments of the attribute are its methods.
#[derive(Debug)]
#[must_use = "a call does nothing until `.run(..)`"]
pub struct PlainCall<'a, K: ?Sized> {
    runtime: &'a Idempotency,
    name: &'a str,
    key: Key<'a, K>,
    policy: Policy,
    invocation: Invocation<'a>,
    fingerprint: Result<Option<Fingerprint>, KeyError>,
}

impl<'a, K: Serialize + ?Sized> PlainCall<'a, K> {
    /// The invocation that brought the request: deadline, request id and tenant. A `&lambda_runtime::Context` is one.
    pub fn invocation(mut self, invocation: impl Into<Invocation<'a>>) -> Self {
        self.invocation = invocation.into();
        self
    }

    /// What must be equal when the key is: another value under the same key is a mismatch.
    pub fn fingerprint<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.fingerprint = Fingerprint::of(value).map(Some);
        self
    }

    /// How long a crash blocks the key; renewed while the body runs. Until the deadline by default.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.policy.lease = Some(lease);
        self
    }

    /// What becomes of the claim when the body fails.
    pub fn on_error(mut self, policy: OnError) -> Self {
        self.policy.on_error = policy;
        self
    }

    /// What to do with an abandoned record.
    pub fn on_abandoned(mut self, policy: OnAbandoned) -> Self {
        self.policy.on_abandoned = policy;
        self
    }

    /// What happens to a body that outruns its lease.
    pub fn on_overrun(mut self, policy: OnOverrun) -> Self {
        self.policy.on_overrun = policy;
        self
    }

    /// Runs `body` once for this key; every later call gets its result.
    ///
    /// # Errors
    ///
    /// What the body returns, or an [`Error`] that says why there is no result. Dropping the future leaves the claim
    /// to its lease.
    pub fn run<F, R>(self, body: impl FnOnce() -> F) -> impl Future<Output = R>
    where
        F: Future<Output = R>,
        R: Output,
    {
        let prepared = self.prepare();
        let body = async move { body().await };
        body::run(prepared, body)
    }

    fn prepare(self) -> Prepared {
        let fingerprint = match self.fingerprint {
            Ok(fingerprint) => fingerprint,
            Err(error) => {
                return Prepared::Refused(report::refused(
                    self.invocation.request_id,
                    error.into(),
                ));
            }
        };
        let draft = Draft {
            runtime: self.runtime.clone(),
            policy: self.policy,
            invocation: self.invocation,
            fingerprint,
        };
        let namespace = Namespace::new(self.runtime.function(), self.name);
        draft.prepare(|tenant| namespace.id_of_value(tenant, self.key.0))
    }
}
