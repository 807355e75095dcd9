//! What a layer's owner decides.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Response, request, response};

use super::answer::{Answer, Failure};
use super::body::ResponseBody;
use super::meaning::Meaning;
use super::problem::Problem;
use super::stored::StoredResponse;
use crate::call::About;
use crate::event::Invocation;
use crate::idempotency::Idempotency;
use crate::key::Namespace;
use crate::policy::{OnBusy, OnMissingKey};

/// What Lambda takes and gives in a synchronous invocation.
const REQUEST_LIMIT: usize = 6 * 1024 * 1024;

/// What fits into one item of DynamoDB, in Base64 and with its headers.
pub(super) const RESPONSE_LIMIT: usize = 256 * 1024;

/// What says what a body is, what it is about, and who may keep and read it. Nothing here is a secret, or of one connection.
pub(super) const HEADERS: [HeaderName; 15] = [
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::CACHE_CONTROL,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
    header::ETAG,
    header::LAST_MODIFIED,
    header::LINK,
    header::LOCATION,
    header::VARY,
    // With it, `lambda_http` gives the body to the gateway as text, and else in Base64.
    HeaderName::from_static("x-lambda-http-content-encoding"),
];

/// What marks a replay.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

type Caller = Arc<dyn Fn(&request::Parts) -> Option<String> + Send + Sync>;
type Remembers = Arc<dyn Fn(&response::Parts) -> bool + Send + Sync>;

#[derive(Clone)]
pub(super) struct Settings {
    /// `None`: that of the scope or of the process.
    pub(super) runtime: Option<Idempotency>,
    pub(super) name: Cow<'static, str>,
    pub(super) ttl: Duration,
    pub(super) lease: Option<Duration>,
    pub(super) on_busy: Option<OnBusy>,
    pub(super) on_missing_key: Option<OnMissingKey>,
    pub(super) methods: Vec<Method>,
    pub(super) caller: Option<Caller>,
    pub(super) remembers: Remembers,
    pub(super) headers: Vec<HeaderName>,
    pub(super) replayed: Option<HeaderName>,
    pub(super) request_limit: usize,
    pub(super) response_limit: usize,
    pub(super) documentation: Option<Cow<'static, str>>,
}

impl Settings {
    pub(super) fn new(name: Cow<'static, str>, ttl: Duration) -> Self {
        Self {
            runtime: None,
            name,
            ttl,
            lease: None,
            on_busy: None,
            on_missing_key: None,
            methods: vec![Method::POST, Method::PATCH],
            caller: None,
            remembers: Arc::new(|response| meaning(response) == Meaning::Final),
            headers: HEADERS.into(),
            replayed: Some(REPLAYED),
            request_limit: REQUEST_LIMIT,
            response_limit: RESPONSE_LIMIT,
            documentation: None,
        }
    }

    /// Whose keys they are, where somebody sends this request who is known.
    pub(super) fn caller(&self, parts: &request::Parts) -> Option<String> {
        let caller = self.caller.as_ref().and_then(|caller| caller(parts));
        caller.filter(|caller| !caller.is_empty())
    }

    /// What is told of a request that does not become a call.
    pub(super) fn about(&self, runtime: Option<&Idempotency>, invocation: Invocation<'_>) -> About {
        let function = runtime.and_then(Idempotency::function);
        About {
            runtime: runtime.cloned(),
            handler: Namespace::new(function, &self.name).as_str().into(),
            request_id: invocation.request_id.map(Into::into),
        }
    }

    pub(super) fn problem(&self, problem: Problem) -> Response<ResponseBody> {
        let response = problem.response(self.documentation.as_deref());
        response.map(ResponseBody::full)
    }

    /// What a response of the handler means for its key.
    pub(super) async fn judge<E>(
        &self,
        response: Response<ResponseBody>,
    ) -> Result<Answer<ResponseBody>, Failure<E, ResponseBody>> {
        let (parts, mut body) = response.into_parts();
        if !(self.remembers)(&parts) {
            let is_undone = meaning(&parts) == Meaning::NothingDone;
            let response = Response::from_parts(parts, body);
            return Err(if is_undone {
                Failure::NothingDone(response)
            } else {
                Failure::Response(response)
            });
        }
        let whole = body.read(self.response_limit).await;
        let stored = whole.map(|whole| {
            let is_text = str::from_utf8(&whole).is_ok();
            let headers = safe(&parts.headers, &self.headers);
            StoredResponse::new(parts.status, headers, whole, is_text)
        });
        Ok(Answer {
            stored,
            own: Some(Response::from_parts(parts, body)),
        })
    }

    /// The service's own response: what marks a replay is not for it to say.
    pub(super) fn own(&self, mut response: Response<ResponseBody>) -> Response<ResponseBody> {
        if let Some(replayed) = &self.replayed {
            response.headers_mut().remove(replayed);
        }
        response
    }

    /// The response of a call that has a result.
    pub(super) fn respond(&self, answer: Answer<ResponseBody>) -> Response<ResponseBody> {
        match (answer.own, answer.stored) {
            (Some(own), _) => self.own(own),
            (None, Some(stored)) => {
                let mut response = stored.into_response().map(ResponseBody::full);
                if let Some(replayed) = &self.replayed {
                    let headers = response.headers_mut();
                    headers.insert(replayed, HeaderValue::from_static("true"));
                }
                response
            }
            (None, None) => self.problem(Problem::Failed),
        }
    }
}

fn meaning(response: &response::Parts) -> Meaning {
    Meaning::of(response.status, &response.extensions)
}

/// Those of `headers` that are replayed, in their order.
pub(super) fn safe(headers: &HeaderMap, replayed: &[HeaderName]) -> HeaderMap {
    let mut safe = HeaderMap::new();
    for (name, value) in headers {
        if replayed.contains(name) {
            safe.append(name, value.clone());
        }
    }
    safe
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("ttl", &self.ttl)
            .field("lease", &self.lease)
            .field("methods", &self.methods)
            .field("request_limit", &self.request_limit)
            .field("response_limit", &self.response_limit)
            .finish_non_exhaustive()
    }
}
