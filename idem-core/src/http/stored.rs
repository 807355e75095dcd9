//! A response as it is stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize, Serializer};

/// What of a response is stored and replayed: status, headers and body, as JSON of the form
/// `{"status":201,"headers":[["location","/orders/17"]],"body":"e30=","text":true}`, where the body is in Base64, a header's
/// value is text whose characters are its bytes, and `text` says whether a handler of `lambda_http` gave the body as text.
///
/// Make one to complete a record by hand, with [`Records`](crate::Records).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written<String>")]
pub struct StoredResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    pub(super) is_text: bool,
}

/// The same, as it is written.
#[derive(Serialize, Deserialize)]
struct Written<N> {
    status: u16,
    headers: Vec<(N, String)>,
    body: String,
    text: bool,
}

impl StoredResponse {
    /// All of this response.
    #[must_use]
    pub fn of(response: Response<impl Into<Bytes>>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.into();
        let is_text = str::from_utf8(&body).is_ok();
        Self::new(parts.status, parts.headers, body, is_text)
    }

    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes, is_text: bool) -> Self {
        Self {
            status,
            headers,
            body,
            is_text,
        }
    }

    /// The response.
    #[must_use]
    pub fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl Serialize for StoredResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
        let headers = self.headers.iter();
        let written = Written {
            status: self.status.as_u16(),
            headers: headers
                .map(|(name, value)| (name.as_str(), text(value)))
                .collect(),
            body: STANDARD.encode(&self.body),
            text: self.is_text,
        };
        written.serialize(serializer)
    }
}

impl TryFrom<Written<String>> for StoredResponse {
    type Error = &'static str;

    // No cause is told: it could quote the response.
    fn try_from(written: Written<String>) -> Result<Self, Self::Error> {
        let mut headers = HeaderMap::with_capacity(written.headers.len());
        for (name, value) in written.headers {
            let name = HeaderName::try_from(name).map_err(|_| "a header's name")?;
            let value: Option<Vec<u8>> = value.chars().map(|byte| byte.try_into().ok()).collect();
            let value = value.and_then(|value| HeaderValue::from_bytes(&value).ok());
            headers.append(name, value.ok_or("a header's value")?);
        }
        Ok(Self {
            status: StatusCode::from_u16(written.status).map_err(|_| "the status")?,
            headers,
            body: STANDARD
                .decode(written.body)
                .map_err(|_| "the body")?
                .into(),
            is_text: written.text,
        })
    }
}

impl fmt::Debug for StoredResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_headers_and_body_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let visible: Vec<u8> = (32..=255).filter(|byte| *byte != 127).collect();
        let response = Response::builder()
            .status(201)
            .header("x-second", "2")
            .header("x-bytes", HeaderValue::from_bytes(&visible).unwrap())
            .header("x-second", "1")
            .body(all)
            .unwrap();
        let stored = StoredResponse::of(response);
        let json = serde_json::to_string(&stored).unwrap();
        assert_eq!(
            serde_json::from_str::<StoredResponse>(&json).unwrap(),
            stored
        );
        let names: Vec<_> = stored.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-second", "x-bytes"]);
    }

    #[test]
    fn the_form_that_is_documented_is_the_one_that_is_stored() {
        let response = Response::builder()
            .status(201)
            .header("location", "/orders/17");
        let stored = StoredResponse::of(response.body("{}").unwrap());
        let json = serde_json::to_string(&stored).unwrap();
        assert_eq!(
            json,
            r#"{"status":201,"headers":[["location","/orders/17"]],"body":"e30=","text":true}"#
        );
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for json in [
            r#"{"status":99,"headers":[],"body":"","text":false}"#,
            r#"{"status":200,"headers":[["a b","c"]],"body":"","text":false}"#,
            r#"{"status":200,"headers":[["a","\n"]],"body":"","text":false}"#,
            r#"{"status":200,"headers":[["a","\u0100"]],"body":"","text":false}"#,
            r#"{"status":200,"headers":[],"body":"?","text":false}"#,
        ] {
            assert!(
                serde_json::from_str::<StoredResponse>(json).is_err(),
                "{json}"
            );
        }
    }

    #[test]
    fn debug_shows_neither_headers_nor_body() {
        let response = Response::builder().header("x-secret", "hush");
        let stored = StoredResponse::of(response.body("hush").unwrap());
        assert_eq!(format!("{stored:?}"), "StoredResponse { status: 200, .. }");
    }
}
