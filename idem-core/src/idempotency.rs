//! The runtime handle: a store, a clock and defaults.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::clock::{Clock, SystemClock, UnixMillis};
use crate::codec::{Codec, Json};
use crate::error::{Error, Kind};
use crate::handle::Handle;
use crate::observe::Observer;
use crate::policy::{
    OnAbandoned, OnBusy, OnError, OnMissingKey, OnOverrun, OnStoreFailure, Policy,
};
use crate::store::Store;
use crate::verdict::Advisor;

static INSTALLED: OnceLock<Idempotency> = OnceLock::new();

tokio::task_local! {
    static SCOPED: Idempotency;
}

/// The runtime that guards calls: a store, a clock and defaults. Cloning shares it.
///
/// # Example: one runtime for the process
///
/// ```
/// # use idem_core as idem_lambda;
/// # #[cfg(feature = "memory")] {
/// use idem_lambda::{Idempotency, store::Memory};
///
/// Idempotency::new(Memory::new()).install()?;
/// # }
/// # Ok::<(), idem_lambda::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Idempotency(Handle<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None`: calls are not guarded.
    store: Option<Arc<dyn Store>>,
    clock: Arc<dyn Clock>,
    function: Option<Box<str>>,
    codec: Arc<dyn Codec>,
    /// The version of the function.
    version: Option<Arc<String>>,
    /// The defaults of every call; its ttl is each call's own.
    policy: Policy,
    /// Who is told of calls that have ended.
    observers: Vec<Box<dyn Observer>>,
    advisor: Advisor,
    allows_short_ttl: bool,
    started: UnixMillis,
    warned_of_deadline: AtomicBool,
}

impl Idempotency {
    /// A runtime over `store`, with the machine's clock and the defaults of [`Builder`].
    #[must_use]
    pub fn new(store: impl Store) -> Self {
        Self::builder(store).build()
    }

    /// A runtime over `store`, with settings of your own.
    pub fn builder(store: impl Store) -> Builder {
        Builder::over(Some(Arc::new(store)))
    }

    /// A runtime in shadow mode: it records calls in `store` and reports what *would* have been replayed or refused, while
    /// every call still runs and gets what its own run ends with. For introducing the library into a system that runs:
    /// watch the field `shadow` of the events, or the metrics, and then use [`new`](Self::new).
    ///
    /// - No request is sent again by the guard, nor waited for longer than a second, or a third of the time that is left.
    /// - Nobody waits for another execution or a longer lease, is stopped at the end of one or asked what became of an attempt.
    /// - A handler whose writes commit with its record is refused: without the record there is nothing to commit with.
    /// - The [`Execution`](crate::Execution) of a duplicate knows its verdict; for the rest it is one that nothing guards.
    /// - Of duplicates that run, only the first one's result is recorded. It is replayed once the mode is off.
    #[must_use]
    pub fn shadow(store: impl Store) -> Self {
        Self::builder(store).shadow().build()
    }

    /// A runtime that guards nothing: every call runs. For tests of the handler's own logic.
    #[must_use]
    pub fn disabled() -> Self {
        Builder::over(None).build()
    }

    /// Makes this the runtime of the process: handlers without a runtime of their own use it.
    ///
    /// # Errors
    ///
    /// [`is_not_configured`](Error::is_not_configured): one is installed already; it stays.
    pub fn install(self) -> Result<(), Error> {
        INSTALLED.set(self).map_err(|_| {
            Error::new(Kind::NotConfigured(
                "a runtime is installed already; call `install` once, or use `scope` in tests",
            ))
        })
    }

    /// Runs `future` with this as its runtime, whatever is installed; for tests that run side by side.
    ///
    /// The scope is the task: what `future` spawns does not inherit it.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        SCOPED.scope(self.clone(), future).await
    }

    /// The runtime of this scope, else of the process.
    ///
    /// # Errors
    ///
    /// [`is_not_configured`](Error::is_not_configured): there is neither.
    pub fn current() -> Result<Self, Error> {
        let scoped = SCOPED.try_with(Self::clone).ok();
        scoped.or_else(Self::installed).ok_or_else(|| {
            Error::new(Kind::NotConfigured(
                "no idempotency runtime; write `Idempotency::new(store).install()?` at the start of `main`",
            ))
        })
    }

    fn installed() -> Option<Self> {
        let installed = INSTALLED.get()?;
        Some(Self(Handle::Lasting(&installed.0)))
    }

    /// `None` where calls are not guarded.
    pub(crate) fn store(&self) -> Option<&dyn Store> {
        self.0.store.as_deref()
    }

    /// The same, for a call to keep.
    pub(crate) fn store_handle(&self) -> Option<Handle<dyn Store>> {
        Some(match self.0 {
            Handle::Shared(ref inner) => Handle::Shared(Arc::clone(inner.store.as_ref()?)),
            Handle::Lasting(inner) => Handle::Lasting(&**inner.store.as_ref()?),
        })
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn function(&self) -> Option<&str> {
        self.0.function.as_deref()
    }

    pub(crate) fn version(&self) -> Option<&Arc<String>> {
        self.0.version.as_ref()
    }

    pub(crate) fn codec(&self) -> &dyn Codec {
        &*self.0.codec
    }

    pub(crate) fn observers(&self) -> &[Box<dyn Observer>] {
        &self.0.observers
    }

    /// Whether anybody is told of calls that have ended.
    pub(crate) fn is_observed(&self) -> bool {
        !self.0.observers.is_empty()
    }

    pub(crate) fn advisor(&self) -> &Advisor {
        &self.0.advisor
    }

    /// Whether a ttl may end while its event's source can still deliver once more.
    pub(crate) fn allows_short_ttl(&self) -> bool {
        self.0.allows_short_ttl
    }

    /// Whether every call runs, whatever its record says.
    pub(crate) fn is_shadow(&self) -> bool {
        self.0.policy.shadow
    }

    pub(crate) fn policy(&self) -> Policy {
        self.0.policy
    }

    /// Tells runtimes apart.
    pub(crate) fn identity(&self) -> usize {
        std::ptr::from_ref(&*self.0).addr()
    }

    /// The deadline, where it can be one: a moment before this process began is the mark of a platform that knows none.
    pub(crate) fn believable(&self, deadline: Option<UnixMillis>) -> Option<UnixMillis> {
        let deadline = deadline?;
        if deadline > self.0.started {
            return Some(deadline);
        }
        if !self.0.warned_of_deadline.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                deadline_ms = deadline.0,
                "the invocation's deadline is before the process started and counts as unknown; the default lease serves"
            );
        }
        None
    }
}

impl AsRef<Self> for Idempotency {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Settings of an [`Idempotency`] runtime.
#[derive(Debug)]
#[must_use = "call `build`"]
pub struct Builder {
    store: Option<Arc<dyn Store>>,
    clock: Arc<dyn Clock>,
    function: Option<Box<str>>,
    codec: Arc<dyn Codec>,
    version: Option<Arc<String>>,
    policy: Policy,
    observers: Vec<Box<dyn Observer>>,
    allows_short_ttl: bool,
}

impl Builder {
    fn over(store: Option<Arc<dyn Store>>) -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            store,
            clock: Arc::new(SystemClock),
            function: set("AWS_LAMBDA_FUNCTION_NAME").map(Into::into),
            version: set("AWS_LAMBDA_FUNCTION_VERSION").map(Arc::new),
            observers: Vec::new(),
            allows_short_ttl: false,
            codec: Arc::new(Json),
            policy: Policy::new(Duration::ZERO),
        }
    }

    /// The clock; the machine's by default.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The name that separates this function's keys from those of other functions in one store; the Lambda function's
    /// by default, and none outside Lambda.
    pub fn function(mut self, name: impl Into<Box<str>>) -> Self {
        self.function = Some(name.into());
        self
    }

    /// The version of the function, which records note for each attempt, if it has at most 128 bytes; the Lambda
    /// function's by default.
    pub fn function_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(Arc::new(version.into()));
        self
    }

    /// Has every call run, and reports what would have become of it: see [`Idempotency::shadow`].
    pub fn shadow(mut self) -> Self {
        self.policy.shadow = true;
        self
    }

    /// Tells `observer` of every call that has ended. Several may be added.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// Silences the warning of a ttl that ends while the event's source can still deliver it once more
    /// ([`SourceKind::redelivery`](crate::SourceKind::redelivery)), which a process logs once.
    pub fn allow_short_ttl(mut self) -> Self {
        self.allows_short_ttl = true;
        self
    }

    /// How results are stored, where the handler does not say; as JSON by default.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Arc::new(codec);
        self
    }

    /// The lease where neither the handler names one nor the invocation has a deadline, renewed while the handler runs;
    /// 60 s by default. Longer: a crash blocks its key for longer. Shorter: more renewals.
    pub fn default_lease(mut self, lease: Duration) -> Self {
        self.policy.default_lease = lease;
        self
    }

    /// How long past the deadline the process may still run, because the platform kills late; 1 s by default.
    pub fn kill_grace(mut self, grace: Duration) -> Self {
        self.policy.kill_grace = grace;
        self
    }

    /// How far clocks may differ: a take-over waits this long past the lease; 2 s by default.
    pub fn margin(mut self, margin: Duration) -> Self {
        self.policy.margin = margin;
        self
    }

    /// What becomes of the claim when a handler fails; released by default. Where errors are to be remembered, each
    /// handler must say so itself, because its error type says how: calls of one that does not are refused.
    pub fn on_error(mut self, policy: OnError) -> Self {
        self.policy.on_error = policy;
        self
    }

    /// What a claim does with an abandoned record; it retries by default. Where attempts are to be reconciled, each
    /// handler must say whom to ask: calls of one that does not are refused.
    pub fn on_abandoned(mut self, policy: OnAbandoned) -> Self {
        self.policy.on_abandoned = policy;
        self
    }

    /// What a claim does while another execution of its key runs; it fails by default.
    pub fn on_busy(mut self, policy: OnBusy) -> Self {
        self.policy.on_busy = policy;
        self
    }

    /// What happens to a handler that outruns its lease; it is stopped by default.
    pub fn on_overrun(mut self, policy: OnOverrun) -> Self {
        self.policy.on_overrun = policy;
        self
    }

    /// What becomes of an event without a key; it is refused by default.
    pub fn on_missing_key(mut self, policy: OnMissingKey) -> Self {
        self.policy.on_missing_key = policy;
        self
    }

    /// What becomes of a call whose claim the store does not confirm; it is refused by default.
    pub fn on_store_failure(mut self, policy: OnStoreFailure) -> Self {
        self.policy.on_store_failure = policy;
        self
    }

    /// The runtime.
    #[must_use]
    pub fn build(self) -> Idempotency {
        let started = self.clock.now();
        Idempotency(Handle::Shared(Arc::new(Inner {
            store: self.store,
            clock: self.clock,
            function: self.function,
            codec: self.codec,
            version: self.version,
            policy: self.policy,
            observers: self.observers,
            allows_short_ttl: self.allows_short_ttl,
            advisor: Advisor::default(),
            started,
            warned_of_deadline: AtomicBool::new(false),
        })))
    }
}
