//! `codec = http` without the feature that it needs: what the expansion names, so that the compiler says just that.

use std::future::Future;
use std::pin::Pin;

use crate::call::Prepared;

/// Nothing is one.
#[diagnostic::on_unimplemented(
    message = "`codec = http` needs the feature `lambda-http` of `idem-lambda`",
    label = "write `cargo add idem-lambda --features lambda-http`"
)]
pub trait Request {}

/// Takes no event.
#[must_use]
pub fn request<E: Request>(event: &E) -> &E {
    event
}

/// Is never called.
pub fn run_http<F: Future>(_: Prepared, body: Pin<&mut F>) -> impl Future<Output = F::Output> {
    body
}
