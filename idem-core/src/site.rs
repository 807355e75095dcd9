//! An annotated handler, as the attribute writes it down: constants, and what is prepared from them once.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::call::{Draft, Prepared};
use crate::error::{Error, Kind};
use crate::event::Event;
use crate::idempotency::Idempotency;
use crate::key::{Expression, Namespace};
use crate::policy::Policy;
use crate::report;

/// One annotated handler.
#[doc(hidden)]
#[derive(Debug)]
pub struct Site {
    name: Name,
    key: Expression,
    ttl: Duration,
    lease: Option<Duration>,
    namespace: OnceLock<Result<Namespace, Shared>>,
}

/// A handler's name.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Name {
    /// From the argument `name`: several handlers may have it, and then share their records.
    Given(&'static str),
    /// From module path and function name, which functions inside functions can share by accident.
    Derived(&'static str),
}

/// Another handler has the same derived name.
#[derive(Clone, Copy, Debug)]
struct Shared;

/// Who has which derived name: the address of the site.
static DERIVED: Mutex<BTreeMap<&'static str, usize>> = Mutex::new(BTreeMap::new());

impl Site {
    /// `ttl` and `lease` in milliseconds; a lease of zero is none.
    #[must_use]
    pub const fn new(name: Name, key: Expression, ttl_ms: u64, lease_ms: u64) -> Self {
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

    fn prepare<M, E: Event<M>>(
        &'static self,
        runtime: Result<Idempotency, Error>,
        event: &E,
    ) -> Prepared {
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                return Prepared::Refused(report::refused(event.invocation().request_id, error));
            }
        };
        let function = runtime.function();
        let namespace = self.namespace.get_or_init(|| self.namespace_in(function));
        let Ok(namespace) = namespace else {
            let error = Error::new(Kind::NotConfigured(
                "another handler has the same module path and name, and would share its records; write `name = \"...\"`",
            ));
            return Prepared::Refused(report::refused(event.invocation().request_id, error));
        };
        // Another runtime of the same process may serve another function.
        let other = (namespace.function() != function)
            .then(|| Namespace::new(function, self.name.as_str()));
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

    fn namespace_in(&'static self, function: Option<&str>) -> Result<Namespace, Shared> {
        if let Name::Derived(name) = self.name {
            let me = std::ptr::from_ref(self).addr();
            let mut derived = DERIVED.lock().unwrap_or_else(PoisonError::into_inner);
            if *derived.entry(name).or_insert(me) != me {
                return Err(Shared);
            }
        }
        Ok(Namespace::new(function, self.name.as_str()))
    }
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Self::Given(name) | Self::Derived(name) => name,
        }
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
