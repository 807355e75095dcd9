#![deny(warnings)]

use idem_lambda::{Execution, idempotent};
use lambda_http::{Error, IntoResponse, Request, Response, service_fn};

#[idempotent(key = header("idempotency-key"), fingerprint = "$.body", ttl = "1h", codec = http)]
async fn order(request: Request) -> Result<impl IntoResponse, Error> {
    Ok(Response::builder().status(201).body(request.into_body())?)
}

#[idempotent(key = json("$.body", "$.orderId"), ttl = "1h", codec = http, on_error = hold)]
async fn charge(
    _request: Request,
    #[execution] execution: Execution,
) -> Result<impl IntoResponse, Error> {
    Ok(execution.token("charge").to_uuid())
}

struct Shop;

impl Shop {
    #[idempotent(key = "$.path", ttl = "1h", codec = http, name = "shop/get")]
    async fn get(&self, _request: Request) -> Result<impl IntoResponse, Error> {
        Ok("nothing")
    }
}

fn main() {
    let _ = lambda_http::run(service_fn(order));
    let _ = lambda_http::run(service_fn(|request| charge(request)));
    let _ = Shop.get(Request::default());
}
