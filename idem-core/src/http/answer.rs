//! What a guarded request ends with.

use http::Response;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::stored::StoredResponse;
use crate::error::Error;

/// A response that counts as the result of its key; `B` is the body of the handler's own.
pub(super) struct Answer<B> {
    /// `None` where it cannot be stored.
    pub(super) stored: Option<StoredResponse>,
    /// The handler's own, with all of its headers; `None` in a replay.
    pub(super) own: Option<Response<B>>,
}

/// What leaves the key free, or an error of the guard.
pub(super) enum Failure<E, B> {
    /// A response that is not remembered.
    Response(Response<B>),
    /// The inner service's own error.
    Service(E),
    Guard(Error),
}

impl<E, B> From<Error> for Failure<E, B> {
    fn from(error: Error) -> Self {
        Self::Guard(error)
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
