//! The layer, and its settings.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Method, request, response};
use tower_layer::Layer;

use super::rebuild::FromBytes;
use super::service::IdempotencyService;
use super::settings::Settings;
use crate::idempotency::Idempotency;
use crate::policy::{OnBusy, OnMissingKey};

/// A `tower` layer that runs a request once per `Idempotency-Key` and gives its response to every duplicate.
///
/// `K` says how bodies of requests are made once more; it is never written.
#[derive(Debug)]
#[must_use = "a layer does nothing until it is put round a service"]
pub struct IdempotencyLayer<K = FromBytes> {
    settings: Arc<Settings>,
    body: PhantomData<fn() -> K>,
}

impl IdempotencyLayer {
    /// A layer for services whose bodies are `From<Bytes>`, as those of `axum`.
    ///
    /// `name` separates the keys of this service from those of others on the same store: two that see the same path, such as
    /// nested routers, or two services with one table, need two names. `ttl`: how long a response is replayed, from
    /// completion; rounded up to whole seconds.
    pub fn new(name: impl Into<Cow<'static, str>>, ttl: Duration) -> Self {
        Self::with(Settings::new(name.into(), ttl))
    }
}

#[cfg(feature = "lambda-http")]
impl IdempotencyLayer<super::rebuild::LambdaBody> {
    /// A layer for services that take the requests of `lambda_http`, with name and ttl as in [`new`](IdempotencyLayer::new),
    /// which is the one for an `axum` router that `lambda_http` runs.
    pub fn for_lambda_http(name: impl Into<Cow<'static, str>>, ttl: Duration) -> Self {
        Self::with(Settings::new(name.into(), ttl))
    }
}

impl<K> IdempotencyLayer<K> {
    fn with(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            body: PhantomData,
        }
    }

    fn set(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(Arc::make_mut(&mut self.settings));
        self
    }

    /// The runtime; by default the scoped one, else the installed one.
    pub fn runtime(self, runtime: Idempotency) -> Self {
        self.set(|settings| settings.runtime = Some(runtime))
    }

    /// How long a crash blocks the key; renewed while the handler runs. Until the deadline of the Lambda invocation by
    /// default, else as the runtime says. A server should set it: a client that hangs up leaves its key to the lease.
    pub fn lease(self, lease: Duration) -> Self {
        self.set(|settings| settings.lease = Some(lease))
    }

    /// What a duplicate does while the first request runs; as the runtime says by default, which is to be told that it is
    /// in progress.
    pub fn on_busy(self, policy: OnBusy) -> Self {
        self.set(|settings| settings.on_busy = Some(policy))
    }

    /// What becomes of a request without a key; as the runtime says by default, which is to refuse it.
    pub fn on_missing_key(self, policy: OnMissingKey) -> Self {
        self.set(|settings| settings.on_missing_key = Some(policy))
    }

    /// The methods that need a key; `POST` and `PATCH` by default. Requests of others pass.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.set(|settings| settings.methods = methods.into_iter().collect())
    }

    /// Who sends a request, as far as it is authenticated: keys of one caller are not those of another. Without it, who
    /// guesses a key gets the response to it. It must be the same on every retry: the subject or the tenant, never the token,
    /// which may be renewed in between.
    pub fn caller(
        self,
        caller: impl Fn(&request::Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.set(|settings| settings.caller = Some(Arc::new(caller)))
    }

    /// Which responses are remembered; in place of the default, which is all but those that carry
    /// [`NothingDone`](super::NothingDone) and those of status 5xx, 401, 405, 407, 411 to 415, 417, 421, 425, 426, 428,
    /// 429 and 431. After what is not, a retry may run.
    pub fn remember(
        self,
        remembers: impl Fn(&response::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.set(|settings| settings.remembers = Arc::new(remembers))
    }

    /// Has this header replayed, too; only what is no secret, and holds for every duplicate. Without it these are:
    /// `Access-Control-Allow-Credentials`, `Access-Control-Allow-Origin`, `Access-Control-Expose-Headers`, `Cache-Control`,
    /// `Content-Disposition`, `Content-Encoding`, `Content-Language`, `Content-Location`, `Content-Type`, `ETag`,
    /// `Last-Modified`, `Link`, `Location`, `Vary` and `X-Lambda-Http-Content-Encoding`.
    pub fn replay_header(self, name: HeaderName) -> Self {
        self.set(|settings| settings.headers.push(name))
    }

    /// The header that marks a replay with `true`, or none; `Idempotency-Replayed` by default.
    pub fn replayed_header(self, name: impl Into<Option<HeaderName>>) -> Self {
        self.set(|settings| settings.replayed = name.into())
    }

    /// The largest body of a request, in bytes, which is held in memory; 6 MiB by default.
    pub fn request_limit(self, limit: usize) -> Self {
        self.set(|settings| settings.request_limit = limit)
    }

    /// The largest body of a response that is stored, in bytes; 256 KiB by default. It is stored in Base64, which takes a
    /// third more, and must fit into the store: an item of DynamoDB has 400 KB. Of a larger one nothing is stored but that
    /// the request was carried out.
    pub fn response_limit(self, limit: usize) -> Self {
        self.set(|settings| settings.response_limit = limit)
    }

    /// The page that describes the problems to your clients. The `type` of a problem is this and the name of its section,
    /// as in `https://api.example.com/idempotency#in-progress`.
    pub fn documentation(self, page: impl Into<Cow<'static, str>>) -> Self {
        self.set(|settings| settings.documentation = Some(page.into()))
    }
}

impl<K> Clone for IdempotencyLayer<K> {
    fn clone(&self) -> Self {
        Self {
            settings: Arc::clone(&self.settings),
            body: PhantomData,
        }
    }
}

impl<S, K> Layer<S> for IdempotencyLayer<K> {
    type Service = IdempotencyService<S, K>;

    fn layer(&self, inner: S) -> Self::Service {
        IdempotencyService::new(inner, Arc::clone(&self.settings))
    }
}
