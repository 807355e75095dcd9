#![deny(warnings)]

use idem_lambda::{Idempotency, idempotent};
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};

#[idempotent(key = "$", ttl = "1h")]
async fn charge(event: LambdaEvent<String>) -> Result<usize, Error> {
    std::future::ready(()).await;
    Ok(event.payload.len())
}

#[idempotent(key = "$", ttl = "1h", runtime = idempotency)]
async fn refund(order: String, idempotency: Idempotency) -> Result<usize, Error> {
    drop(idempotency);
    Ok(order.len())
}

fn sends<T: Send + 'static>(_: T) {}

fn main() {
    sends(charge(LambdaEvent::new(String::new(), Context::default())));
    let _ = refund;
    let _ = async { lambda_runtime::run(service_fn(charge)).await };
}
