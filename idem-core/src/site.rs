//! An annotated handler, as the attribute writes it down: constants, and what is prepared from them once.

use std::sync::OnceLock;
use std::time::Duration;

use crate::call::{Draft, Prepared};
use crate::error::Error;
use crate::event::Event;
use crate::idempotency::Idempotency;
use crate::key::{Expression, Namespace};
use crate::policy::Policy;
use crate::report;

/// One annotated handler.
#[doc(hidden)]
#[derive(Debug)]
pub struct Site {
    name: &'static str,
    key: Expression,
    ttl: Duration,
    lease: Option<Duration>,
    namespace: OnceLock<Namespace>,
}

impl Site {
    /// `ttl` and `lease` in milliseconds; a lease of zero is none.
    #[must_use]
    pub const fn new(name: &'static str, key: Expression, ttl_ms: u64, lease_ms: u64) -> Self {
        Self {
            name,
            key,
            ttl: Duration::from_millis(ttl_ms),
            lease: if lease_ms == 0 {
                None
            } else {
                Some(Duration::from_millis(lease_ms))
            },
            namespace: OnceLock::new(),
        }
    }

    fn prepare<M, E: Event<M>>(&self, runtime: Result<Idempotency, Error>, event: &E) -> Prepared {
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                return Prepared::Refused(report::refused(event.invocation().request_id, error));
            }
        };
        let function = runtime.function();
        let namespace = self
            .namespace
            .get_or_init(|| Namespace::new(function, self.name));
        // Another runtime of the same process may serve another function.
        let other = (namespace.function() != function).then(|| Namespace::new(function, self.name));
        let namespace = other.as_ref().unwrap_or(namespace);
        let policy = Policy {
            ttl: self.ttl,
            lease: self.lease,
            ..runtime.policy()
        };
        let draft = Draft {
            policy,
            invocation: event.invocation(),
            fingerprint: None,
            runtime,
        };
        draft.prepare(|tenant| self.key.id(namespace, tenant, event.payload()))
    }
}

/// A call of `site` with `event`, on the runtime of this scope or process.
#[doc(hidden)]
pub fn call<M, E: Event<M>>(site: &'static Site, event: &E) -> Prepared {
    site.prepare(Idempotency::current(), event)
}

/// A call of `site` with `event`, on `runtime`.
#[doc(hidden)]
pub fn call_on<M, E: Event<M>>(
    site: &'static Site,
    runtime: &impl AsRef<Idempotency>,
    event: &E,
) -> Prepared {
    site.prepare(Ok(runtime.as_ref().clone()), event)
}
