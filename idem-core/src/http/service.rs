//! The service that the layer makes of another.

use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::BoxError;
use super::answer::{Answer, Failure, Responses};
use super::body::ResponseBody;
use super::identity::{Identity, Unidentified, parameters};
use super::problem::Problem;
use super::rebuild::{FromBytes, Rebuild};
use super::settings::Settings;
use crate::event::Invocation;
use crate::execution::Execution;
use crate::idempotency::Idempotency;
use crate::policy::OnError;
use crate::report;

/// A service whose requests run once per `Idempotency-Key`: see [`IdempotencyLayer`](super::IdempotencyLayer).
#[derive(Debug)]
pub struct IdempotencyService<S, K = FromBytes> {
    inner: S,
    settings: Arc<Settings>,
    body: PhantomData<fn() -> K>,
}

impl<S, K> IdempotencyService<S, K> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self {
            inner,
            settings,
            body: PhantomData,
        }
    }
}

impl<S: Clone, K> Clone for IdempotencyService<S, K> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.settings))
    }
}

impl<S, B, R, K> Service<Request<B>> for IdempotencyService<S, K>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    R: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    K: Rebuild<B>,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready goes with the request.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let settings = Arc::clone(&self.settings);
        Box::pin(async move {
            if settings.methods.contains(request.method()) {
                return guarded::<_, _, _, K>(&settings, inner, request).await;
            }
            let response = inner.call(request).await?;
            Ok(response.map(ResponseBody::passing))
        })
    }
}

/// The response to a request that needs a key.
async fn guarded<S, B, R, K>(
    settings: &Settings,
    mut inner: S,
    request: Request<B>,
) -> Result<Response<ResponseBody>, S::Error>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
    R: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    K: Rebuild<B>,
{
    let (parts, body) = request.into_parts();
    #[cfg(feature = "lambda")]
    let context = parts.extensions.get::<lambda_runtime::Context>().cloned();
    #[cfg(feature = "lambda")]
    let invocation = context.as_ref().map(Invocation::from).unwrap_or_default();
    #[cfg(not(feature = "lambda"))]
    let invocation = Invocation::default();
    let runtime = settings
        .runtime
        .clone()
        .map_or_else(Idempotency::current, Ok);
    let mut runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            report::refused(&error, &settings.about(None, invocation));
            return Ok(settings.problem(Problem::of(&error)));
        }
    };
    let (identity, body) = match Identity::of::<B, K>(settings, &runtime, &parts, body).await {
        Ok(identified) => identified,
        Err(Unidentified { problem, body }) => {
            let body = body.filter(|_| runtime.is_shadow());
            let about = settings.about(Some(&runtime), invocation);
            report::turned_away(&about, problem.detail(), body.is_some());
            let Some(body) = body else {
                return Ok(settings.problem(problem));
            };
            // Reported already; nothing guards it.
            runtime = Idempotency::disabled();
            (Identity::default(), body)
        }
    };
    let call = runtime.call(&settings.name, &identity.key);
    let mut call = call.ttl(settings.ttl).invocation(invocation);
    if let Some(digest) = identity.digest {
        call = call.fingerprint(&(parameters(parts.uri.query()), &digest[..]));
    }
    if let Some(lease) = settings.lease {
        call = call.lease(lease);
    }
    if let Some(on_busy) = settings.on_busy {
        call = call.on_busy(on_busy);
    }
    if let Some(on_missing_key) = settings.on_missing_key {
        call = call.on_missing_key(on_missing_key);
    }
    if runtime.policy().on_error == OnError::Remember {
        // Which responses are remembered is a setting of the layer.
        call = call.on_error(OnError::Release);
    }
    let mut request = Request::from_parts(parts, body);
    let call = call.errors::<Responses>().run_with(
        async |execution: Execution| -> Result<Answer<ResponseBody>, Failure<S::Error, ResponseBody>> {
            request.extensions_mut().insert(execution);
            let response = inner.call(request).await.map_err(Failure::Service)?;
            settings.judge(response.map(ResponseBody::passing)).await
        },
    );
    match call.await {
        Ok(answer) => Ok(settings.respond(answer)),
        Err(Failure::Response(own) | Failure::NothingDone(own)) => Ok(settings.own(own)),
        Err(Failure::Service(error)) => Err(error),
        Err(Failure::Guard(error)) => Ok(settings.problem(Problem::of(&error))),
    }
}
