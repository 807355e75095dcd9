//! What it costs to be observed.

use std::io;
use std::pin::pin;

use divan::Bencher;
use idem_lambda::Idempotency;
use idem_lambda::observe::{Emf, EndedCall, Metrics, Observer};
use idem_lambda::store::Memory;

use crate::order::Deliveries;
use crate::{COMPLETED, SAMPLE, SAMPLES, called, ready};

/// Is told, and does nothing.
#[derive(Debug)]
struct Silent;

impl Observer for Silent {
    fn call_ended(&self, _: &EndedCall<'_>) {}
}

/// Who observes.
#[derive(Clone, Copy, Debug)]
enum By {
    Nobody,
    Silent,
    Emf,
    /// No recorder is installed.
    Metrics,
}

const OBSERVERS: [By; 4] = [By::Nobody, By::Silent, By::Emf, By::Metrics];

fn runtime(by: By) -> Idempotency {
    let builder = Idempotency::builder(Memory::builder().capacity(1_000_000).build());
    match by {
        By::Nobody => builder,
        By::Silent => builder.observer(Silent),
        By::Emf => builder.observer(Emf::new().to(io::sink())),
        By::Metrics => builder.observer(Metrics::new()),
    }
    .build()
}

#[divan::bench(args = OBSERVERS, sample_count = SAMPLES, sample_size = SAMPLE)]
fn first_call(bencher: Bencher, by: By) {
    let (runtime, deliveries) = (runtime(by), Deliveries::new());
    bencher
        .with_inputs(|| deliveries.fresh())
        .bench_local_values(|event| ready(pin!(called(&runtime, event))));
}

#[divan::bench(args = OBSERVERS, sample_count = SAMPLES, sample_size = SAMPLE)]
fn replay(bencher: Bencher, by: By) {
    let (runtime, mut deliveries) = (runtime(by), Deliveries::new());
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
