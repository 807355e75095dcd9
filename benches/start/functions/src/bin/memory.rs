//! On the embedded store.

use idem_lambda::{Idempotency, idempotent, store::Memory};
use idem_start_functions::{Order, Receipt};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[idempotent(key = "$.orderId", ttl = "1h")]
async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    Ok(Receipt {
        charged: event.payload.cents,
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    Idempotency::new(Memory::new()).install()?;
    lambda_runtime::run(service_fn(charge)).await
}
