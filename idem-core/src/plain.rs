//! Calls without the attribute.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::pin;
use std::time::Duration;

use serde::Serialize;

use crate::body;
use crate::call::{Draft, Identity, Prepared, execution, question};
use crate::codec::Codec;
use crate::event::Invocation;
use crate::execution::{Asked, Asks, Execution, Unasked};
use crate::idempotency::Idempotency;
use crate::key::{Fingerprint, KeyError, Namespace};
use crate::output::{Errors, Forgotten, Output, Remembered};
use crate::policy::{
    OnAbandoned, OnBusy, OnError, OnMissingKey, OnOverrun, OnStoreFailure, Policy,
};
use crate::source::Source;

impl Idempotency {
    /// A call that is guarded without the attribute: `name` says which operation, `key` which request.
    ///
    /// See [`NewCall`].
    pub fn call<'a, K: Serialize + ?Sized>(&'a self, name: &'a str, key: &'a K) -> NewCall<'a, K> {
        NewCall {
            runtime: self,
            name,
            key: Key(key),
        }
    }
}

/// A call without the attribute, still without a ttl.
///
/// # Example: the plain function API
///
/// ```
/// # #[cfg(feature = "memory")] {
/// use std::time::Duration;
/// # use idem_core as idem_lambda;
/// use idem_lambda::{Error, Idempotency, store::Memory};
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
            source: None,
            fingerprint: Ok(None),
            codec: None,
            asks: Unasked,
            errors: PhantomData,
        }
    }
}

/// A call without the attribute, with its settings; what is not set is as the runtime has it.
///
/// `E` and `Q` say whether it remembers errors, and whom it asks about an abandoned attempt.
#[derive(Debug)]
#[must_use = "a call does nothing until `.run(..)`"]
pub struct PlainCall<'a, K: ?Sized, E = Forgotten, Q = Unasked> {
    runtime: &'a Idempotency,
    name: &'a str,
    key: Key<'a, K>,
    policy: Policy,
    invocation: Invocation<'a>,
    source: Option<Source>,
    fingerprint: Result<Option<Fingerprint>, KeyError>,
    codec: Option<&'static dyn Codec>,
    asks: Q,
    errors: PhantomData<E>,
}

impl<'a, K: Serialize + ?Sized, E, Q> PlainCall<'a, K, E, Q> {
    /// The invocation that brought the request: deadline, request id and tenant. A `&lambda_runtime::Context` is one.
    pub fn invocation(mut self, invocation: impl Into<Invocation<'a>>) -> Self {
        self.invocation = invocation.into();
        self
    }

    /// The message that the request came from, so that a duplicate can be told from another request of the same key:
    /// usually [`Source::of`] the event. The attribute finds it by itself.
    pub fn source(mut self, source: impl Into<Option<Source>>) -> Self {
        self.source = source.into();
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

    /// How the result is stored; as the runtime says by default.
    pub fn codec(mut self, codec: &'static dyn Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// What becomes of the claim when the body fails. To remember errors, write
    /// [`remember_errors`](Self::remember_errors).
    pub fn on_error(mut self, policy: OnError) -> Self {
        self.policy.on_error = policy;
        self
    }

    /// Stores the body's error and replays it like a result. See [`Remember`](crate::Remember).
    pub fn remember_errors(self) -> PlainCall<'a, K, Remembered, Q> {
        self.on_error(OnError::Remember).errors()
    }

    /// With errors of this kind.
    pub(crate) fn errors<O>(self) -> PlainCall<'a, K, O, Q> {
        self.with(|asks| asks)
    }

    /// What to do with an abandoned record. To ask somebody, write [`reconcile`](Self::reconcile).
    pub fn on_abandoned(mut self, policy: OnAbandoned) -> Self {
        self.policy.on_abandoned = policy;
        self
    }

    /// Asks `ask` what became of an abandoned attempt before the body runs. See
    /// [`Reconciliation`](crate::Reconciliation).
    pub fn reconcile<A, F>(self, ask: A) -> PlainCall<'a, K, E, Asked<A>>
    where
        A: FnOnce(Execution) -> F,
    {
        let call = self.on_abandoned(OnAbandoned::Reconcile);
        call.with(|_| Asked(ask))
    }

    /// What to do while another execution of the key runs.
    pub fn on_busy(mut self, policy: OnBusy) -> Self {
        self.policy.on_busy = policy;
        self
    }

    /// What to do where the key is missing, null or empty.
    pub fn on_missing_key(mut self, policy: OnMissingKey) -> Self {
        self.policy.on_missing_key = policy;
        self
    }

    /// What to do where the store does not confirm the claim.
    pub fn on_store_failure(mut self, policy: OnStoreFailure) -> Self {
        self.policy.on_store_failure = policy;
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
    /// What the body returns, or an [`Error`](crate::Error) that says why there is no result. Dropping the future leaves the claim
    /// to its lease.
    pub fn run<F, R>(self, body: impl FnOnce() -> F) -> impl Future<Output = R>
    where
        F: Future<Output = R>,
        R: Output,
        E: Errors<R>,
        Q: Asks<R>,
    {
        let (prepared, asks) = self.prepare();
        go::<_, _, E, _>(prepared, asks, body)
    }

    /// The same, for a body that asks its [`Execution`].
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with<T, F, R>(self, body: impl FnOnce(Execution<T>) -> F) -> impl Future<Output = R>
    where
        T: Send + Sync + 'static,
        F: Future<Output = R>,
        R: Output,
        E: Errors<R>,
        Q: Asks<R>,
    {
        let (mut prepared, asks) = self.prepare();
        let execution = execution(&mut prepared);
        go::<_, _, E, _>(prepared, asks, || body(execution))
    }

    fn with<O, P>(self, asks: impl FnOnce(Q) -> P) -> PlainCall<'a, K, O, P> {
        PlainCall {
            runtime: self.runtime,
            name: self.name,
            key: self.key,
            policy: self.policy,
            invocation: self.invocation,
            source: self.source,
            fingerprint: self.fingerprint,
            codec: self.codec,
            asks: asks(self.asks),
            errors: PhantomData,
        }
    }

    fn prepare(self) -> (Prepared, Q) {
        let namespace = Namespace::new(self.runtime.function(), self.name);
        let draft = Draft {
            runtime: self.runtime.clone(),
            handler: namespace.as_str(),
            policy: self.policy,
            invocation: self.invocation,
            fingerprint_of: None,
            codec: self.codec,
        };
        let tenant = self.invocation.tenant;
        let prepared = draft.call(|| {
            Ok(Identity {
                id: namespace.id_of_value(tenant, self.key.0)?,
                fingerprint: self.fingerprint?,
                marks: None,
                source: self.source,
            })
        });
        (prepared, self.asks)
    }
}

fn go<F, R, E, Q>(
    mut prepared: Prepared,
    asks: Q,
    body: impl FnOnce() -> F,
) -> impl Future<Output = R>
where
    F: Future<Output = R>,
    R: Output,
    E: Errors<R>,
    Q: Asks<R>,
{
    let question = Q::ASKS.then(|| question(&mut prepared));
    async move {
        let body = async move {
            if let Some(question) = question
                && let Some(output) = asks.ask(&question).await
            {
                return output;
            }
            body().await
        };
        body::guarded::<_, R, E>(prepared, pin!(body), |_| ()).await
    }
}
