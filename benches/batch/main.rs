//! What a guarded batch costs beside the same without the guard, and what memory it takes. `benches/README.md` says how to
//! read it.

mod delivery;

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use divan::{AllocProfiler, Bencher};
use idem_lambda::batch::{self, Settings};
use idem_lambda::clock::{Clock, SystemClock};
use idem_lambda::{Error, Idempotency, idempotent, store::Memory};
use lambda_runtime::LambdaEvent;
use tokio::runtime::Builder;

use self::delivery::{Item, Message};

const RECORDS: u64 = 10_000;
const WORK: Duration = Duration::from_micros(10);

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() -> io::Result<()> {
    // Where a record waits, a timer is set for the deadline.
    let tokio = Builder::new_current_thread().enable_time().build()?;
    let _entered = tokio.enter();
    divan::main();
    Ok(())
}

/// Works for ten microseconds.
fn work() {
    let end = SystemClock.monotonic() + WORK;
    while SystemClock.monotonic() < end {
        std::hint::spin_loop();
    }
}

async fn bare(message: LambdaEvent<Message>) -> Result<u64, lambda_runtime::Error> {
    work();
    Ok(message.payload.body.map_or(0, |body| body.len() as u64))
}

#[idempotent(key = "$.body", ttl = "1h")]
async fn guarded(message: LambdaEvent<Message>) -> Result<u64, lambda_runtime::Error> {
    bare(message).await
}

/// The loop that one would write by hand.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn by_hand(bencher: Bencher) {
    bencher
        .with_inputs(|| delivery::of_messages(RECORDS))
        .bench_local_values(|event| {
            let context = event.context;
            ready(pin!(async {
                for message in event.payload.records {
                    drop(bare(LambdaEvent::new(message, context.clone())).await);
                }
            }));
        });
}

#[divan::bench(sample_count = 40, sample_size = 1)]
fn without_guard(bencher: Bencher) {
    let events = bencher.with_inputs(|| delivery::of_messages(RECORDS));
    events.bench_local_values(|event| ready(pin!(batch::run(event, bare))));
}

/// On a store that is empty when it begins.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn with_guard(bencher: Bencher) {
    let inputs = bencher.with_inputs(|| {
        let runtime = Idempotency::new(Memory::new());
        (runtime, delivery::of_messages(RECORDS))
    });
    inputs.bench_local_values(|(runtime, event)| {
        let response = ready(pin!(runtime.scope(batch::run(event, guarded))));
        // What it drops counts no more.
        (response, runtime)
    });
}

/// Of records without memory of their own, each of which waits once, so that as many as may are on their way at once.
#[divan::bench(sample_count = 5, sample_size = 1, args = [(100, 10), (10_000, 10), (10_000, 100), (10_000, 1_000)])]
fn memory(bencher: Bencher, (records, limit): (u64, usize)) {
    let settings = Settings::new().concurrency(limit);
    let events = bencher.with_inputs(|| delivery::of_items(records));
    let held = async |item| wait().await.map(|()| item);
    events.bench_local_values(|event| ready(pin!(settings.run(event, held))));
}

/// The same with the attribute, of keys that are completed.
#[divan::bench(sample_count = 5, sample_size = 1, args = [100, 10_000])]
fn memory_of_replays(bencher: Bencher, records: u64) {
    let inputs = bencher.with_inputs(|| {
        let runtime = Idempotency::new(Memory::new());
        let event = delivery::of_items(records);
        let first = ready(pin!(runtime.scope(batch::run(event, counted))));
        assert!(first.is_ok_and(|response| response.failures().is_empty()));
        (runtime, delivery::of_items(records))
    });
    inputs.bench_local_values(|(runtime, event)| {
        let replay = async |item: LambdaEvent<Item>| {
            wait().await?;
            counted(item).await
        };
        let response = ready(pin!(runtime.scope(batch::run(event, replay))));
        (response, runtime)
    });
}

#[idempotent(key = "$.number", ttl = "1h")]
async fn counted(item: LambdaEvent<Item>) -> Result<u64, Error> {
    Ok(item.payload.number)
}

async fn wait() -> Result<(), Error> {
    let mut has_waited = false;
    poll_fn(|context| {
        if has_waited {
            return Poll::Ready(Ok(()));
        }
        has_waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// The output of a future that waits for nobody.
fn ready<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
