//! What tells one request from another.

use bytes::Bytes;
use http::request::Parts;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sha2::{Digest, Sha256};

use super::BoxError;
use super::key;
use super::problem::Problem;
use super::rebuild::Rebuild;
use super::settings::Settings;

/// What makes two requests the same.
pub(super) struct Identity {
    /// Method, path and key, and whose they are where that is known; `None` where the request has no key.
    pub(super) key: Option<Vec<String>>,
    /// That of the body, where there is a key.
    pub(super) digest: Option<[u8; 32]>,
}

impl Identity {
    /// The identity of a request, and its body once more.
    pub(super) async fn of<B, K>(
        settings: &Settings,
        parts: &Parts,
        body: B,
    ) -> Result<(Self, B), Problem>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
        K: Rebuild<B>,
    {
        let Some(key) = key::of(&parts.headers)? else {
            let (key, digest) = (None, None);
            return Ok((Self { key, digest }, body));
        };
        let rebuild = K::like(&body);
        let bytes = read(body, settings.request_limit).await?;
        let request = [parts.method.to_string(), parts.uri.path().to_owned(), key];
        let identity = Self {
            key: Some(request.into_iter().chain(settings.caller(parts)).collect()),
            digest: Some(Sha256::digest(&bytes).into()),
        };
        Ok((identity, rebuild(bytes)))
    }
}

/// All of a request's body.
async fn read<B>(body: B, limit: usize) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::BodyTooLarge),
        Err(_) => Err(Problem::BodyUnreadable),
    }
}
