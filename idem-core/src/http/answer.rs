//! What a guarded request ends with.

use http::Response;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::stored::StoredResponse;
use crate::engine::BodyEnd;
use crate::error::Error;
use crate::output::Errors;

/// A response that counts as the result of its key; `B` is the body of the handler's own.
pub(super) struct Answer<B> {
    /// `None` where it cannot be stored.
    pub(super) stored: Option<StoredResponse>,
    /// The handler's own, with all of its headers; `None` in a replay, and where it broke before it was one.
    pub(super) own: Option<Response<B>>,
}

/// What leaves the key free, or an error of the guard.
pub(super) enum Failure<E, B> {
    /// A response that is not remembered.
    Response(Response<B>),
    /// The same, which says that nothing was done.
    NothingDone(Response<B>),
    /// The inner service's own error.
    Service(E),
    Guard(Error),
}

impl<E, B> From<Error> for Failure<E, B> {
    fn from(error: Error) -> Self {
        Self::Guard(error)
    }
}

/// Responses are remembered by what they mean, and errors never.
pub(super) enum Responses {}

impl<E, B> Errors<Result<Answer<B>, Failure<E, B>>> for Responses {
    const REMEMBERS: bool = false;

    fn ending(output: &Result<Answer<B>, Failure<E, B>>) -> (BodyEnd, Option<Vec<u8>>) {
        let end = match output {
            Err(Failure::NothingDone(_)) => BodyEnd::NothingDone,
            _ => BodyEnd::Error,
        };
        (end, None)
    }

    fn replay(_: &[u8]) -> Option<Result<Answer<B>, Failure<E, B>>> {
        None
    }
}

impl<B> Serialize for Answer<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.stored {
            Some(stored) => stored.serialize(serializer),
            None => Err(S::Error::custom("the response cannot be stored")),
        }
    }
}

impl<'de, B> Deserialize<'de> for Answer<B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredResponse::deserialize(deserializer)?;
        Ok(Self {
            stored: Some(stored),
            own: None,
        })
    }
}
