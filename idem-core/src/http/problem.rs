//! What a client is told in place of a response: problem details, as in RFC 9457.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::error::Error;

/// Where the problems are described, unless the server has a page of its own.
const DOCUMENTATION: &str = "https://docs.rs/idem-lambda/latest/idem_lambda/http/index.html";

/// After how long a client may ask once more what became of its request, where nobody can say.
const SOON: Duration = Duration::from_secs(1);

/// Why a request has no response of its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    MissingKey,
    /// And what is wrong with it.
    InvalidKey(&'static str),
    /// What is compared cannot be.
    InvalidRequest,
    BodyTooLarge,
    BodyUnreadable,
    /// Another request of this key runs, for so long at most.
    InProgress(Duration),
    KeyReused,
    Held,
    NoResponse,
    Unavailable,
    OutcomeUnknown,
    Failed,
}

/// The members of the problem document.
#[derive(Serialize)]
struct Document<'p> {
    r#type: String,
    title: &'p str,
    status: u16,
    detail: &'p str,
}

impl Problem {
    pub(super) fn of(error: &Error) -> Self {
        if let Some(retry_after) = error.retry_after() {
            Self::InProgress(retry_after)
        } else if error.is_missing_key() {
            Self::MissingKey
        } else if error.is_invalid_key() {
            Self::InvalidKey("The key cannot be used.")
        } else if error.is_invalid_fingerprint() {
            Self::InvalidRequest
        } else if error.is_mismatch() {
            Self::KeyReused
        } else if error.is_held() {
            Self::Held
        } else if error.is_done_without_result() {
            Self::NoResponse
        } else if error.is_store() || error.is_not_started() {
            Self::Unavailable
        } else if error.is_lease_lost() || error.is_completion_unknown() {
            Self::OutcomeUnknown
        } else {
            Self::Failed
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::MissingKey
            | Self::InvalidKey(_)
            | Self::InvalidRequest
            | Self::BodyUnreadable => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InProgress(_) | Self::Held | Self::NoResponse => StatusCode::CONFLICT,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::OutcomeUnknown | Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Which section of the documentation is about it.
    fn section(self) -> &'static str {
        match self {
            Self::MissingKey => "missing-key",
            Self::InvalidKey(_) => "invalid-key",
            Self::InvalidRequest => "invalid-request",
            Self::BodyTooLarge => "body-too-large",
            Self::BodyUnreadable => "body-unreadable",
            Self::InProgress(_) => "in-progress",
            Self::KeyReused => "key-reused",
            Self::Held => "held",
            Self::NoResponse => "no-response",
            Self::Unavailable => "unavailable",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Failed => "failed",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::MissingKey => "The idempotency key is missing",
            Self::InvalidKey(_) => "The idempotency key is invalid",
            Self::InvalidRequest => "The request is invalid",
            Self::BodyTooLarge => "The body is too large",
            Self::BodyUnreadable => "The body could not be read",
            Self::InProgress(_) => "A request with this idempotency key is in progress",
            Self::KeyReused => "The idempotency key was used for another request",
            Self::Held => "The request with this idempotency key is held",
            Self::NoResponse => "The response to this request was not kept",
            Self::Unavailable => "The idempotency key cannot be looked up at present",
            Self::OutcomeUnknown => "What became of the request is unknown",
            Self::Failed => "The idempotency key cannot be processed",
        }
    }

    pub(super) fn detail(self) -> &'static str {
        match self {
            Self::MissingKey => {
                "This operation needs an idempotency key: new for every new request, and the same for every retry."
            }
            Self::InvalidKey(what) => what,
            Self::InvalidRequest => {
                "A part of it that is compared with later requests is missing, or is not what it should be. Nothing was done."
            }
            Self::BodyTooLarge => "The body is larger than this operation takes. Nothing was done.",
            Self::BodyUnreadable => "The body ended before it was complete. Nothing was done.",
            Self::InProgress(_) => {
                "The first request with this idempotency key has no response yet. Send the same request again later to get it."
            }
            Self::KeyReused => {
                "Another query or body came with this idempotency key before. Use a new key for a new request."
            }
            Self::Held => {
                "The operator has to look at it first. Nothing was done for this request."
            }
            Self::NoResponse => {
                "The request was carried out once. Its response broke off, was too large, or could not be stored."
            }
            Self::Unavailable => "Nothing was done. Send the same request again later.",
            Self::OutcomeUnknown => {
                "The request may have been carried out. Send it again with the same idempotency key to learn it."
            }
            Self::Failed => "The log of the server says why.",
        }
    }

    fn retry_after(self) -> Option<Duration> {
        match self {
            Self::InProgress(retry_after) => Some(retry_after),
            Self::Unavailable | Self::OutcomeUnknown => Some(SOON),
            _ => None,
        }
    }

    /// The response; `documentation` is where the problems are described.
    pub(super) fn response(self, documentation: Option<&str>) -> Response<Bytes> {
        let status = self.status();
        let document = Document {
            r#type: [documentation.unwrap_or(DOCUMENTATION), "#", self.section()].concat(),
            title: self.title(),
            status: status.as_u16(),
            detail: self.detail(),
        };
        // Text and a number: nothing that does not serialize.
        let json = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Bytes::from(json));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(retry_after) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds(retry_after)));
        }
        response
    }
}

/// Whole seconds, and one at least: a client that comes earlier comes in vain.
fn seconds(duration: Duration) -> u64 {
    let rounded = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    rounded.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_not_asked_back_too_early() {
        assert_eq!(seconds(Duration::ZERO), 1);
        assert_eq!(seconds(Duration::from_secs(2)), 2);
        assert_eq!(seconds(Duration::from_millis(2001)), 3);
    }
}
