//! The function without the library.

use idem_start_functions::{Order, Receipt};
use lambda_runtime::{Error, LambdaEvent, service_fn};

async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    Ok(Receipt {
        charged: event.payload.cents,
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(charge)).await
}
