//! The body of a request, made once more after it was read.

use bytes::Bytes;

/// How the body `B` of a request is made once more: it is read for the fingerprint, and the handler gets it all the same.
#[diagnostic::on_unimplemented(
    message = "the layer cannot make a body of type `{B}`",
    note = "a body that is `From<Bytes>` needs nothing; for that of `lambda_http` write `IdempotencyLayer::for_lambda_http(name, ttl)`"
)]
pub trait Rebuild<B>: 'static {
    /// What makes a body such as this from what it held.
    fn like(body: &B) -> fn(Bytes) -> B;
}

/// Bodies that are made from bytes, as in `axum`.
#[derive(Clone, Copy, Debug)]
pub enum FromBytes {}

impl<B: From<Bytes>> Rebuild<B> for FromBytes {
    fn like(_: &B) -> fn(Bytes) -> B {
        B::from
    }
}

/// The bodies of `lambda_http`, which are text, binary or empty.
#[cfg(feature = "lambda-http")]
#[derive(Clone, Copy, Debug)]
pub enum LambdaBody {}

#[cfg(feature = "lambda-http")]
impl Rebuild<lambda_http::Body> for LambdaBody {
    fn like(body: &lambda_http::Body) -> fn(Bytes) -> lambda_http::Body {
        use lambda_http::Body;

        match body {
            Body::Empty => |_| Body::Empty,
            Body::Text(_) => |bytes| match String::from_utf8(bytes.into()) {
                Ok(text) => Body::Text(text),
                Err(error) => Body::Binary(error.into_bytes()),
            },
            _ => |bytes| Body::Binary(bytes.into()),
        }
    }
}
