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
use crate::idempotency::Idempotency;

/// What makes two requests the same.
#[derive(Default)]
pub(super) struct Identity {
    /// Method, path and key, and whose they are where that is known; `None` where the request has no key.
    pub(super) key: Option<Vec<String>>,
    /// That of the body, where there is a key.
    pub(super) digest: Option<[u8; 32]>,
}

/// Why a request has no identity.
pub(super) struct Unidentified<B> {
    pub(super) problem: Problem,
    /// Where it is whole still, so that shadow mode can run the request.
    pub(super) body: Option<B>,
}

impl Identity {
    /// The identity of a request, and its body once more. A runtime that guards nothing looks for none.
    pub(super) async fn of<B, K>(
        settings: &Settings,
        runtime: &Idempotency,
        parts: &Parts,
        body: B,
    ) -> Result<(Self, B), Unidentified<B>>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
        K: Rebuild<B>,
    {
        if runtime.store().is_none() {
            return Ok((Self::default(), body));
        }
        let refuse = |problem, body| Unidentified { problem, body };
        let key = match key::of(&parts.headers) {
            Ok(Some(key)) => key,
            Ok(None) => return Ok((Self::default(), body)),
            Err(problem) => return Err(refuse(problem, Some(body))),
        };
        let limit = settings.request_limit;
        // Nothing is read of what says itself that it is too large.
        if body.size_hint().lower() > limit as u64 {
            return Err(refuse(Problem::BodyTooLarge, Some(body)));
        }
        let rebuild = K::like(&body);
        // What shadow mode has begun to read it must give to the handler.
        let is_limited = !runtime.is_shadow();
        let bytes = match read(body, if is_limited { limit } else { usize::MAX }).await {
            Ok(bytes) => bytes,
            Err(problem) => return Err(refuse(problem, None)),
        };
        if bytes.len() > limit {
            return Err(refuse(Problem::BodyTooLarge, Some(rebuild(bytes))));
        }
        let request = [parts.method.to_string(), parts.uri.path().to_owned(), key];
        let identity = Self {
            key: Some(request.into_iter().chain(settings.caller(parts)).collect()),
            digest: Some(Sha256::digest(&bytes).into()),
        };
        Ok((identity, rebuild(bytes)))
    }
}

/// The parameters of a query by their names, and those of one name in their order: some gateways send them in another
/// order every time.
pub(super) fn parameters(query: Option<&str>) -> Vec<&str> {
    let pairs = query.unwrap_or_default().split('&');
    let mut pairs: Vec<_> = pairs.filter(|pair| !pair.is_empty()).collect();
    pairs.sort_by_key(|pair| pair.split('=').next());
    pairs
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
