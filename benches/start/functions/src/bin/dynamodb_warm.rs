//! On a table that is reached before the first poll.

use idem_lambda::{Idempotency, idempotent, store::DynamoDb};
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
    let store = DynamoDb::from_env()?;
    store.warm_up().await?;
    Idempotency::new(store).install()?;
    lambda_runtime::run(service_fn(charge)).await
}
