//! What happens once per key.

use std::sync::atomic::{AtomicUsize, Ordering};

use lambda_http::http::{StatusCode, header};
use lambda_http::{Body, Error, Request, Response};
use serde::Deserialize;

static ORDERS: AtomicUsize = AtomicUsize::new(0);

#[derive(Default, Deserialize)]
struct Order {
    /// How many kilobytes of small print the receipt has.
    #[serde(default)]
    terms: usize,
}

/// Takes an order, which may be a scan as well. The receipt numbers and repeats it.
pub(crate) fn take(request: &Request) -> Result<Response<Body>, Error> {
    let number = ORDERS.fetch_add(1, Ordering::Relaxed) + 1;
    let order: Order = serde_json::from_slice(request.body()).unwrap_or_default();
    let mut receipt = format!("order {number}: ").into_bytes();
    receipt.extend_from_slice(request.body());
    receipt.resize(receipt.len() + 1000 * order.terms, b'.');
    let is_text = str::from_utf8(&receipt).is_ok();
    let content_type = if is_text {
        "text/plain"
    } else {
        "application/octet-stream"
    };
    let response = Response::builder()
        .status(StatusCode::CREATED)
        .header(header::LOCATION, format!("/orders/{number}"))
        .header(header::CONTENT_TYPE, content_type)
        .header(header::SET_COOKIE, "basket=; Max-Age=0");
    Ok(response.body(Body::Binary(receipt))?)
}
