//! Annotated handlers that return responses: `codec = http`.

use std::fmt;
use std::future::{Future, ready};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderValue, Response};
use lambda_http::{Body, IntoResponse};

use super::answer::{Answer, Failure, Responses};
use super::meaning::Meaning;
use super::problem::Problem;
use super::settings::{HEADERS, REPLAYED, RESPONSE_LIMIT, safe};
use super::stored::StoredResponse;
use crate::body;
use crate::call::Prepared;
use crate::policy::OnError;

/// The response of a guarded handler. It is one already: whatever made it so must not be done to it twice.
#[doc(hidden)]
pub struct Reply(Response<Body>);

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        Box::pin(ready(self.0))
    }
}

/// The event, which has to be a request: nothing else has the parts that keys of responses are bound to.
#[doc(hidden)]
#[must_use]
pub fn request(event: &lambda_http::Request) -> &lambda_http::Request {
    event
}

/// Runs `body` under the guard of `prepared`: its own response, a stored one, or a problem.
#[doc(hidden)]
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` would hold the call twice, as an argument and as a local"
)]
pub fn run_http<F, T, E>(
    mut prepared: Prepared,
    body: Pin<&mut F>,
) -> impl Future<Output = Result<Reply, E>>
where
    F: Future<Output = Result<T, E>>,
    T: IntoResponse,
{
    async move {
        if let Prepared::Guarded(call) = &mut prepared
            && call.policy.on_error == OnError::Remember
        {
            // Responses are remembered by their status.
            call.policy.on_error = OnError::Release;
        }
        let body = pin!(async move {
            match body.await {
                Ok(value) => judge(response(value).await),
                Err(error) => Err(Failure::Service(error)),
            }
        });
        let response = match body::guarded::<_, _, Responses>(prepared, body, |_| ()).await {
            Ok(Answer { own: Some(own), .. })
            | Err(Failure::Response(own) | Failure::NothingDone(own)) => unmarked(own),
            Ok(Answer {
                stored: Some(stored),
                ..
            }) => replay(stored),
            Ok(Answer { stored: None, .. }) => Problem::NoResponse.response(None).map(text),
            Err(Failure::Service(error)) => return Err(error),
            Err(Failure::Guard(error)) => Problem::of(&error).response(None).map(text),
        };
        Ok(Reply(response))
    }
}

/// The response that a handler's value is; `None` where it breaks off, which `lambda_http` takes for a fault of its own and
/// panics: the handler has returned by then, and its effect has happened.
async fn response(value: impl IntoResponse) -> Option<Response<Body>> {
    let response = AssertUnwindSafe(async { value.into_response().await });
    response.catch_unwind().await.ok()
}

/// What a response of the handler means for its key.
#[expect(
    clippy::result_large_err,
    reason = "either way it is a response, which the guard takes as it is"
)]
fn judge<E>(response: Option<Response<Body>>) -> Result<Answer<Body>, Failure<E, Body>> {
    let Some(response) = response else {
        return Ok(Answer {
            stored: None,
            own: None,
        });
    };
    match Meaning::of(response.status(), response.extensions()) {
        Meaning::NothingDone => return Err(Failure::NothingDone(response)),
        Meaning::Failed => return Err(Failure::Response(response)),
        Meaning::Final => {}
    }
    let stored = (response.body().len() <= RESPONSE_LIMIT).then(|| {
        let headers = safe(response.headers(), &HEADERS);
        let body = Bytes::copy_from_slice(response.body());
        let is_text = matches!(response.body(), Body::Text(_));
        StoredResponse::new(response.status(), headers, body, is_text)
    });
    Ok(Answer {
        stored,
        own: Some(response),
    })
}

/// The handler's own response: what marks a replay is not for it to say.
fn unmarked(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().remove(REPLAYED);
    response
}

fn replay(stored: StoredResponse) -> Response<Body> {
    let is_text = stored.is_text;
    let response = stored.into_response();
    let mut response = if is_text {
        response.map(text)
    } else {
        response.map(|bytes| Body::Binary(bytes.into()))
    };
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Text, which gateways pass on as it is, where the bytes are some.
fn text(bytes: Bytes) -> Body {
    match String::from_utf8(bytes.into()) {
        Ok(text) => Body::Text(text),
        Err(error) => Body::Binary(error.into_bytes()),
    }
}
