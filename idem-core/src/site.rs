//! An annotated handler, as the attribute writes it down: constants, and what is prepared from them once.

use std::sync::OnceLock;
use std::time::Duration;

use crate::call::{About, Draft, Identity, Prepared};
use crate::codec::Codec;
use crate::error::{Error, Kind};
use crate::event::{Event, Invocation};
use crate::idempotency::Idempotency;
use crate::key::{Expression, Input, Marks, Namespace, RecordId, Value};
use crate::policy::{
    OnAbandoned, OnBusy, OnError, OnMissingKey, OnOverrun, OnStoreFailure, Policy,
};
use crate::source::{self, Source};

/// One annotated handler.
#[doc(hidden)]
#[derive(Debug)]
pub struct Site {
    name: Name,
    key: Expression,
    fingerprint: Option<Expression>,
    ttl: Duration,
    lease: Option<Duration>,
    codec: Option<&'static dyn Codec>,
    policies: Policies,
    namespace: OnceLock<Result<Namespace, Ambiguous>>,
}

/// The policies that a handler has of its own.
#[derive(Clone, Copy, Debug)]
struct Policies {
    error: Option<OnError>,
    abandoned: Option<OnAbandoned>,
    busy: Option<OnBusy>,
    overrun: Option<OnOverrun>,
    missing_key: Option<OnMissingKey>,
    store_failure: Option<OnStoreFailure>,
}

impl Policies {
    const NONE: Self = Self {
        error: None,
        abandoned: None,
        busy: None,
        overrun: None,
        missing_key: None,
        store_failure: None,
    };

    /// These, and where there is none, the runtime's.
    fn over(self, runtime: Policy) -> Policy {
        Policy {
            on_error: self.error.unwrap_or(runtime.on_error),
            on_abandoned: self.abandoned.unwrap_or(runtime.on_abandoned),
            on_busy: self.busy.unwrap_or(runtime.on_busy),
            on_overrun: self.overrun.unwrap_or(runtime.on_overrun),
            on_missing_key: self.missing_key.unwrap_or(runtime.on_missing_key),
            on_store_failure: self.store_failure.unwrap_or(runtime.on_store_failure),
            ..runtime
        }
    }
}

/// A handler's name.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Name {
    text: &'static str,
    /// Where a derived name was derived, as the compiler calls it.
    place: Option<fn() -> &'static str>,
}

/// A function of another place can have the same derived name.
#[derive(Clone, Copy, Debug)]
struct Ambiguous;

impl Name {
    /// From the argument `name`: several handlers may have it, and then share their records.
    #[must_use]
    pub const fn given(text: &'static str) -> Self {
        Self { text, place: None }
    }

    /// From module path and function name; `_here` is any closure in the handler's body.
    #[must_use]
    pub const fn derived<F>(text: &'static str, _here: &F) -> Self {
        Self {
            text,
            place: Some(std::any::type_name::<F>),
        }
    }

    /// A function inside a function or an `impl` has the module path of both. The attribute cannot see that, the
    /// compiler's name of a closure in its body can: it then goes on differently before the function's own name.
    /// A name of a form that is unknown proves nothing.
    fn is_ambiguous(self) -> bool {
        self.place.is_some_and(|place| {
            // A module may have a raw name, which one of the two shows as such.
            let (text, place) = (self.text.replace("r#", ""), place().replace("r#", ""));
            let function = text.rsplit("::").next().unwrap_or_default();
            let starts = place
                .strip_prefix(&*text)
                .is_some_and(|rest| rest.starts_with("::"));
            !starts && place.contains(&format!("::{function}::"))
        })
    }
}

impl Site {
    /// `ttl` and `lease` in milliseconds; a lease of zero is none.
    #[must_use]
    pub const fn new(
        name: Name,
        key: Expression,
        fingerprint: Option<Expression>,
        ttl_ms: u64,
        lease_ms: u64,
    ) -> Self {
        Self {
            name,
            key,
            fingerprint,
            ttl: Duration::from_millis(ttl_ms),
            lease: if lease_ms == 0 {
                None
            } else {
                Some(Duration::from_millis(lease_ms))
            },
            codec: None,
            policies: Policies::NONE,
            namespace: OnceLock::new(),
        }
    }

    /// With a codec of its own.
    #[must_use]
    pub const fn codec(mut self, codec: &'static dyn Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// With this policy, whatever the runtime's is.
    #[must_use]
    pub const fn on_error(mut self, policy: OnError) -> Self {
        self.policies.error = Some(policy);
        self
    }

    /// With this policy, whatever the runtime's is.
    #[must_use]
    pub const fn on_abandoned(mut self, policy: OnAbandoned) -> Self {
        self.policies.abandoned = Some(policy);
        self
    }

    /// With this policy, whatever the runtime's is.
    #[must_use]
    pub const fn on_busy(mut self, policy: OnBusy) -> Self {
        self.policies.busy = Some(policy);
        self
    }

    /// With this policy, whatever the runtime's is.
    #[must_use]
    pub const fn on_overrun(mut self, policy: OnOverrun) -> Self {
        self.policies.overrun = Some(policy);
        self
    }

    /// With this policy, whatever the runtime's is.
    #[must_use]
    pub const fn on_missing_key(mut self, policy: OnMissingKey) -> Self {
        self.policies.missing_key = Some(policy);
        self
    }

    /// With this policy, whatever the runtime's is.
    #[must_use]
    pub const fn on_store_failure(mut self, policy: OnStoreFailure) -> Self {
        self.policies.store_failure = Some(policy);
        self
    }

    fn prepare<M, E: Event<M>>(
        &'static self,
        runtime: Result<Idempotency, Error>,
        event: &E,
        values: &[&dyn Value],
    ) -> Prepared {
        let input = Input {
            invocation: event.invocation(),
            payload: &event.payload(),
            values,
        };
        match runtime {
            Ok(runtime) => self.call(runtime, &input),
            Err(error) => {
                let about = About {
                    runtime: None,
                    handler: self.name.text.into(),
                    request_id: input.invocation.request_id.map(Into::into),
                };
                Prepared::Refused(error, about)
            }
        }
    }

    fn call(&'static self, runtime: Idempotency, input: &Input<'_>) -> Prepared {
        let mut draft = Draft {
            handler: self.name.text,
            policy: self.policies.over(Policy {
                ttl: self.ttl,
                lease: self.lease,
                ..runtime.policy()
            }),
            invocation: input.invocation,
            fingerprint_of: self.fingerprint.as_ref(),
            codec: self.codec,
            runtime,
        };
        let function = draft.runtime.function();
        let namespace = self.namespace.get_or_init(|| self.namespace_in(function));
        let Ok(namespace) = namespace else {
            return draft.without_record(Error::new(Kind::NotConfigured(
                "a handler inside a function or an `impl` could share its records with another; write `name = \"...\"`",
            )));
        };
        // Another runtime of the same process may serve another function.
        let other =
            (namespace.function() != function).then(|| Namespace::new(function, self.name.text));
        let namespace = other.as_ref().unwrap_or(namespace);
        draft.handler = namespace.as_str();
        let is_guarded = draft.runtime.store().is_some();
        if is_guarded && self.key.is_of_first_record() && source::has_several(input.payload) {
            return draft.without_record(Error::new(Kind::NotConfigured(
                "the event has several records, and the key is of the first: the others would count as done with it; have each record handled by itself, with `batch::run`, and let its key begin at the record",
            )));
        }
        draft.call(|| {
            let id = self.key.id_in(namespace, input)?;
            let fingerprint = self.fingerprint.as_ref();
            let source = source::of(input.payload);
            let marks = fingerprint.and_then(|of| Marks::of(of, &self.key, &id, input));
            Ok(Identity {
                fingerprint: fingerprint.map(|of| of.fingerprint_in(input)).transpose()?,
                // The key is what makes them a secret.
                marks: marks.filter(|_| !is_kept(namespace, &id, input, source.as_ref())),
                source,
                id,
            })
        })
    }

    fn namespace_in(&self, function: Option<&str>) -> Result<Namespace, Ambiguous> {
        if self.name.is_ambiguous() {
            return Err(Ambiguous);
        }
        // Once for each handler.
        Ok(Namespace::new(function, self.name.text).leak())
    }
}

/// Whether the key is what the record keeps of the event's origin in plain text: the request id, or that of the message.
fn is_kept(
    namespace: &Namespace,
    id: &RecordId,
    input: &Input<'_>,
    source: Option<&Source>,
) -> bool {
    let Invocation {
        request_id, tenant, ..
    } = input.invocation;
    [request_id, source.map(Source::id)]
        .into_iter()
        .flatten()
        .any(|kept| {
            namespace
                .id_of_value(tenant, kept)
                .is_ok_and(|kept| kept == *id)
        })
}

/// A call of `site` with `event`, on the runtime of this scope or process; `values` are what the closures gave.
#[doc(hidden)]
pub fn call<M, E: Event<M>>(site: &'static Site, event: &E, values: &[&dyn Value]) -> Prepared {
    site.prepare(Idempotency::current(), event, values)
}

/// The same, on `runtime`.
#[doc(hidden)]
pub fn call_on<M, E: Event<M>>(
    site: &'static Site,
    runtime: &impl AsRef<Idempotency>,
    event: &E,
    values: &[&dyn Value],
) -> Prepared {
    site.prepare(Ok(runtime.as_ref().clone()), event, values)
}
