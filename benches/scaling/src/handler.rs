//! The same handler: alone, guarded by one field of its event, by the whole event, and with a result as large as that.

use std::future::ready;

use idem_lambda::{Idempotency, idempotent};
use lambda_runtime::{Error, LambdaEvent};

use crate::order::{Order, Receipt};

fn charged(order: &Order, is_large: bool) -> Receipt {
    Receipt {
        charged: order.cents,
        // The JSON has a hundred bytes.
        text: if is_large {
            order.note.to_string()
        } else {
            "x".repeat(74)
        },
    }
}

/// Nothing guards it.
///
/// # Errors
///
/// None.
pub async fn bare(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    Ok(ready(charged(&event.payload, false)).await)
}

/// Nothing guards it, and the result is as large as the event.
///
/// # Errors
///
/// None.
pub async fn large_bare(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    Ok(ready(charged(&event.payload, true)).await)
}

/// The key is one field.
///
/// # Errors
///
/// Those of the guard.
#[idempotent(key = "$.orderId", ttl = "1h", runtime = runtime)]
pub async fn by_field(event: LambdaEvent<Order>, runtime: &Idempotency) -> Result<Receipt, Error> {
    Ok(ready(charged(&event.payload, false)).await)
}

/// The same on the runtime of the process, as functions are.
///
/// # Errors
///
/// Those of the guard.
#[idempotent(key = "$.orderId", ttl = "1h")]
pub async fn installed(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    Ok(ready(charged(&event.payload, false)).await)
}

/// The key is the whole event.
///
/// # Errors
///
/// Those of the guard.
#[idempotent(key = "$", ttl = "1h", runtime = runtime)]
pub async fn by_whole(event: LambdaEvent<Order>, runtime: &Idempotency) -> Result<Receipt, Error> {
    Ok(ready(charged(&event.payload, false)).await)
}

/// The key is one field, and the result is as large as the event.
///
/// # Errors
///
/// Those of the guard.
#[idempotent(key = "$.orderId", ttl = "1h", runtime = runtime)]
pub async fn large_by_field(
    event: LambdaEvent<Order>,
    runtime: &Idempotency,
) -> Result<Receipt, Error> {
    Ok(ready(charged(&event.payload, true)).await)
}

/// The key is the whole event, and the result is as large.
///
/// # Errors
///
/// Those of the guard.
#[idempotent(key = "$", ttl = "1h", runtime = runtime)]
pub async fn large_by_whole(
    event: LambdaEvent<Order>,
    runtime: &Idempotency,
) -> Result<Receipt, Error> {
    Ok(ready(charged(&event.payload, true)).await)
}
