//! What a guarded call costs beside the bare handler, and what its pieces cost. `benches/README.md` says how to read it.

mod observed;
mod order;
mod pieces;

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use divan::Bencher;
use idem_lambda::{Error, Idempotency, idempotent, store::Memory};
use lambda_runtime::LambdaEvent;

use self::order::{Deliveries, Order, Receipt};

/// A row of first calls makes 20,000 records: that the store grows is part of the cost. Samples are small, so that the
/// events of one fit into a processor's cache and few samples are interrupted.
const SAMPLES: u32 = 400;
const SAMPLE: u32 = 50;
/// How many completed keys a row of replays goes round in: duplicates come soon, while their records are at hand.
const COMPLETED: u64 = 100;

fn main() -> Result<(), Error> {
    runtime().install()?;
    divan::main();
    Ok(())
}

/// A runtime with room for all rows.
fn runtime() -> Idempotency {
    Idempotency::new(Memory::builder().capacity(1_000_000).build())
}

async fn bare(event: LambdaEvent<Order>) -> Result<Receipt, lambda_runtime::Error> {
    Ok(std::future::ready(event.payload.charged()).await)
}

#[idempotent(key = "$.orderId", ttl = "1h")]
async fn guarded(event: LambdaEvent<Order>) -> Result<Receipt, lambda_runtime::Error> {
    bare(event).await
}

async fn called(
    runtime: &Idempotency,
    event: LambdaEvent<Order>,
) -> Result<Receipt, lambda_runtime::Error> {
    let order = &event.payload;
    let call = runtime.call("charge", &order.order_id);
    call.ttl(Duration::from_hours(1))
        .invocation(&event.context)
        .run(async || Ok(std::future::ready(order.charged()).await))
        .await
}

/// The output of a future that never waits. No executor takes part, and the future is not moved: both would be counted.
fn ready<F: Future>(future: Pin<&mut F>) -> F::Output {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("what is measured here never waits"),
    }
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn bare_handler(bencher: Bencher) {
    let deliveries = Deliveries::new();
    bencher
        .with_inputs(|| deliveries.fresh())
        .bench_local_values(|event| ready(pin!(bare(event))));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn first_call(bencher: Bencher) {
    let deliveries = Deliveries::new();
    bencher
        .with_inputs(|| deliveries.fresh())
        .bench_local_values(|event| ready(pin!(guarded(event))));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn first_call_by_function(bencher: Bencher) {
    let runtime = runtime();
    let deliveries = Deliveries::new();
    bencher
        .with_inputs(|| deliveries.fresh())
        .bench_local_values(|event| ready(pin!(called(&runtime, event))));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn replay(bencher: Bencher) {
    let mut deliveries = Deliveries::new();
    for _ in 0..COMPLETED {
        drop(ready(pin!(guarded(deliveries.repeated(COMPLETED)))));
    }
    bencher
        .with_inputs(|| deliveries.repeated(COMPLETED))
        .bench_local_values(|event| ready(pin!(guarded(event))));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn replay_by_function(bencher: Bencher) {
    let runtime = runtime();
    let mut deliveries = Deliveries::new();
    for _ in 0..COMPLETED {
        drop(ready(pin!(called(
            &runtime,
            deliveries.repeated(COMPLETED)
        ))));
    }
    bencher
        .with_inputs(|| deliveries.repeated(COMPLETED))
        .bench_local_values(|event| ready(pin!(called(&runtime, event))));
}
