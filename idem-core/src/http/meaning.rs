//! What a response means for its key.

use http::{Extensions, StatusCode};

/// In the extensions of a response: the request was refused before anything was done, so that the response is not
/// remembered, and a retry may run. For what refuses requests behind the layer with a status that is remembered.
#[derive(Clone, Copy, Debug)]
pub struct NothingDone;

/// What a response means for its key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A duplicate gets the same again.
    Final,
    /// A retry may run, because nothing was done.
    NothingDone,
    /// Something failed.
    Failed,
}

impl Meaning {
    pub(super) fn of(status: StatusCode, extensions: &Extensions) -> Self {
        if says_that_nothing_was_done(status) || extensions.get::<NothingDone>().is_some() {
            Self::NothingDone
        } else if status.is_server_error() || status.is_informational() {
            Self::Failed
        } else {
            Self::Final
        }
    }
}

/// By the definition of the status, whoever gives it. 406 and 416 are about the response, which may be after the effect; 408
/// would be one, but behind the layer, where the request has been read, it is that of a handler that was stopped midway.
fn says_that_nothing_was_done(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
            | StatusCode::LENGTH_REQUIRED
            | StatusCode::PRECONDITION_FAILED
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::URI_TOO_LONG
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::EXPECTATION_FAILED
            | StatusCode::MISDIRECTED_REQUEST
            | StatusCode::TOO_EARLY
            | StatusCode::UPGRADE_REQUIRED
            | StatusCode::PRECONDITION_REQUIRED
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    )
}
