//! A request of `lambda_http` as the event of a handler.

use std::fmt;

use http::HeaderMap;
use lambda_http::{Body, Context, Request, RequestExt};
use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};

use super::key::{self, HEADER};
use crate::event::{Event, Invocation};

/// Marks a request.
#[derive(Debug)]
pub enum Requested {}

#[diagnostic::do_not_recommend]
impl Event<Requested> for Request {
    type Payload<'a> = Payload<'a>;

    fn payload(&self) -> Payload<'_> {
        Payload(self)
    }

    fn invocation(&self) -> Invocation<'_> {
        let context = self.extensions().get::<Context>();
        context.map(Invocation::from).unwrap_or_default()
    }
}

/// What keys are taken from, in the words of API Gateway for all gateways but for the context, which each has its own of. Names
/// of headers are in lower case; what occurs more than once is a list.
pub struct Payload<'r>(&'r Request);

/// Without the request, which holds key and payload.
impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").finish_non_exhaustive()
    }
}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("httpMethod", request.method().as_str())?;
        map.serialize_entry("path", request.uri().path())?;
        map.serialize_entry("headers", &Headers(request.headers()))?;
        let query = request.query_string_parameters_ref();
        let query = query.map(|query| query.iter().collect());
        map.serialize_entry("queryStringParameters", &Pairs(query.unwrap_or_default()))?;
        if let Some(path) = request.path_parameters_ref() {
            map.serialize_entry("pathParameters", &Pairs(path.iter().collect()))?;
        }
        if let Some(context) = request.request_context_ref() {
            map.serialize_entry("requestContext", context)?;
        }
        map.serialize_entry("body", request.body())?;
        let is_binary = matches!(request.body(), Body::Binary(_));
        map.serialize_entry("isBase64Encoded", &is_binary)?;
        map.end()
    }
}

/// Parameters by name. Those of one name follow each other, in their order.
struct Pairs<'r>(Vec<(&'r str, &'r str)>);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for pairs in self.0.chunk_by(|(one, _), (other, _)| one == other) {
            let values = pairs.iter().map(|(_, value)| (*value).to_owned());
            entry(&mut map, pairs[0].0, values)?;
        }
        map.end()
    }
}

/// Headers by name. The idempotency key is the key that it holds, whatever its quotes.
struct Headers<'r>(&'r HeaderMap);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for name in self.0.keys() {
            if name == HEADER {
                let key = key::of(self.0).map_err(|_| S::Error::custom("it is no key"))?;
                entry(&mut map, name.as_str(), key.into_iter())?;
                continue;
            }
            let values = self.0.get_all(name).iter();
            // Not all are UTF-8; each byte is a character of its own.
            let values = values.map(|value| value.as_bytes().iter().copied().map(char::from));
            entry(&mut map, name.as_str(), values.map(String::from_iter))?;
        }
        map.end()
    }
}

/// One value as text, several as a list.
fn entry<M: SerializeMap>(
    map: &mut M,
    name: &str,
    values: impl Iterator<Item = String>,
) -> Result<(), M::Error> {
    let values: Vec<String> = values.collect();
    match &*values {
        [value] => map.serialize_entry(name, value),
        values => map.serialize_entry(name, values),
    }
}
