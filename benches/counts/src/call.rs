//! Calls of one handler.

use std::future::{pending, ready};
use std::hint::black_box;
use std::task::{Context, Waker};
use std::time::Duration;

use idem_lambda::{Idempotency, idempotent, store::Memory};
use lambda_runtime::{Error, LambdaEvent};

use crate::Call;
use crate::order::{Order, Receipt, event};

async fn handler(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    Ok(ready(event.payload.charged()).await)
}

#[idempotent(key = "$.orderId", ttl = "1h", runtime = idempotency)]
async fn guarded(event: LambdaEvent<Order>, idempotency: &Idempotency) -> Result<Receipt, Error> {
    handler(event).await
}

#[idempotent(key = "$.orderId", ttl = "1h", runtime = idempotency, name = "busy")]
async fn hanging(event: LambdaEvent<Order>, idempotency: &Idempotency) -> Result<Receipt, Error> {
    pending::<()>().await;
    handler(event).await
}

fn runtime() -> Idempotency {
    Idempotency::new(Memory::builder().capacity(1_000_000).build())
}

/// The handler alone.
pub(crate) fn bare() -> Call {
    Box::new(|number| {
        black_box(crate::ready(handler(event(number))).is_ok());
    })
}

/// Each of a new key.
pub(crate) fn first() -> Call {
    let runtime = runtime();
    Box::new(move |number| {
        black_box(crate::ready(guarded(event(number), &runtime)).is_ok());
    })
}

/// All but the first of one key.
pub(crate) fn replay() -> Call {
    let runtime = runtime();
    Box::new(move |_| {
        black_box(crate::ready(guarded(event(0), &runtime)).is_ok());
    })
}

/// Of a key that is in progress.
pub(crate) fn busy() -> Call {
    let runtime = runtime();
    {
        // What waits for its lease to end sets a timer.
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let tokio = tokio.expect("a runtime of one thread");
        let _entered = tokio.enter();
        let mut first = Box::pin(hanging(event(0), &runtime));
        let polled = first.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    Box::new(move |_| {
        black_box(crate::ready(hanging(event(0), &runtime)).is_err());
    })
}

/// Each of a new key, without the attribute.
pub(crate) fn first_by_function() -> Call {
    let runtime = runtime();
    Box::new(move |number| {
        let LambdaEvent { payload, context } = event(number);
        let call = runtime.call("charge", &payload.order_id);
        let call = call.ttl(Duration::from_hours(1)).invocation(&context);
        let result = call.run(async || Ok::<_, Error>(ready(payload.charged()).await));
        black_box(crate::ready(result).is_ok());
    })
}
