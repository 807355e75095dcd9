//! Annotated handlers that return responses: `codec = http`.

use std::future::{Future, ready};
use std::pin::{Pin, pin};

use bytes::Bytes;
use http::{HeaderValue, Response};
use lambda_http::{Body, IntoResponse};

use super::answer::{Answer, Failure};
use super::meaning::is_final;
use super::problem::Problem;
use super::settings::{HEADERS, REPLAYED, RESPONSE_LIMIT, safe};
use super::stored::StoredResponse;
use crate::body;
use crate::call::Prepared;
use crate::policy::OnError;

/// The response of a guarded handler. It is one already: whatever made it so must not be done to it twice.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reply(Response<Body>);

impl IntoResponse for Reply {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        Box::pin(ready(self.0))
    }
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
                Ok(value) => judge(value.into_response().await),
                Err(error) => Err(Failure::Service(error)),
            }
        });
        let response = match body::run(prepared, body).await {
            Ok(Answer { own: Some(own), .. }) | Err(Failure::Response(own)) => own,
            Ok(Answer {
                stored: Some(stored),
                ..
            }) => replay(stored),
            Ok(Answer { stored: None, .. }) => Problem::Failed.response(None).map(whole),
            Err(Failure::Service(error)) => return Err(error),
            Err(Failure::Guard(error)) => Problem::of(&error).response(None).map(whole),
        };
        Ok(Reply(response))
    }
}

/// What a response of the handler means for its key.
#[expect(
    clippy::result_large_err,
    reason = "either way it is a response, which the guard takes as it is"
)]
fn judge<E>(response: Response<Body>) -> Result<Answer<Body>, Failure<E, Body>> {
    if !is_final(response.status(), response.extensions()) {
        return Err(Failure::Response(response));
    }
    let stored = (response.body().len() <= RESPONSE_LIMIT).then(|| {
        let headers = safe(response.headers(), &HEADERS);
        let body = Bytes::copy_from_slice(response.body());
        StoredResponse::new(response.status(), headers, body)
    });
    Ok(Answer {
        stored,
        own: Some(response),
    })
}

fn replay(stored: StoredResponse) -> Response<Body> {
    let mut response = stored.into_response().map(whole);
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Text where it is some, which gateways pass on as it is.
fn whole(bytes: Bytes) -> Body {
    match String::from_utf8(bytes.into()) {
        Ok(text) => Body::Text(text),
        Err(error) => Body::Binary(error.into_bytes()),
    }
}
