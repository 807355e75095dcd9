//! Metrics for the recorder of the `metrics` crate.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use idem_core::clock::{Clock, ManualClock};
use idem_core::observe::Metrics;
use idem_core::policy::OnBusy;
use idem_core::{Error, Idempotency, Invocation};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, with_local_recorder,
};
use support::slow::Slow;
use support::{Door, Manual, Runs, START, TTL, World, execution, now, poll, quick, secs};

/// What was recorded of each series, named as Prometheus names it.
type Book = BTreeMap<String, Vec<f64>>;

/// Keeps what is recorded.
#[derive(Debug, Default)]
struct Ledger {
    book: Arc<Mutex<Book>>,
    described: Mutex<BTreeMap<String, Unit>>,
}

/// Where one series is kept.
struct Series {
    name: String,
    book: Arc<Mutex<Book>>,
}

impl Series {
    fn add(&self, value: f64) {
        let mut book = self.book.lock().unwrap();
        book.entry(self.name.clone()).or_default().push(value);
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.add(f64::from(u32::try_from(value).unwrap()));
    }

    fn absolute(&self, _: u64) {
        unreachable!("calls are counted one by one")
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.add(value);
    }
}

impl Ledger {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={:?}", label.key(), label.value()))
            .collect();
        Arc::new(Series {
            name: format!("{}{{{}}}", key.name(), labels.join(",")),
            book: Arc::clone(&self.book),
        })
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>) {
        let mut described = self.described.lock().unwrap();
        described.insert(name.as_str().to_owned(), unit.unwrap());
    }

    /// What was recorded since this was last asked.
    fn recorded(&self) -> Vec<(String, Vec<f64>)> {
        let book = std::mem::take(&mut *self.book.lock().unwrap());
        book.into_iter().collect()
    }
}

impl Recorder for Ledger {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        unreachable!("nothing goes up and down")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

fn series(name: &str, values: &[f64]) -> (String, Vec<f64>) {
    (name.to_owned(), values.to_vec())
}

#[test]
fn a_call_is_counted_by_outcome_and_verdict_and_measured_by_handler() {
    let ledger = Ledger::default();
    with_local_recorder(&ledger, || {
        let clock = ManualClock::at(START);
        let runtime = Idempotency::builder(Slow::new(&clock, Duration::from_millis(30)))
            .clock(clock.clone())
            .function("orders")
            .observer(Metrics::new())
            .build();
        let runs = Runs::default();
        let invocation = Invocation {
            deadline: Some(clock.now().after(secs(10))),
            ..Default::default()
        };
        now(quick(&runtime, invocation, &runs)).unwrap();
        let recorded = ledger.recorded();
        let calls = r#"idem_calls_total{handler="orders/charge",outcome="ran",verdict="none",shadow="none"}"#;
        assert_eq!(
            recorded,
            [
                series(calls, &[1.0]),
                series(
                    r#"idem_lease_left_seconds{handler="orders/charge"}"#,
                    &[10.97]
                ),
                series(r#"idem_store_seconds{handler="orders/charge"}"#, &[0.06]),
                series(r#"idem_stored_bytes{handler="orders/charge"}"#, &[7.0]),
            ]
        );
        now(quick(&runtime, invocation, &runs)).unwrap();
        let calls = r#"idem_calls_total{handler="orders/charge",outcome="replayed",verdict="client_retry",shadow="none"}"#;
        assert_eq!(
            ledger.recorded(),
            [
                series(calls, &[1.0]),
                series(r#"idem_store_seconds{handler="orders/charge"}"#, &[0.03]),
            ]
        );
    });
}

#[test]
fn the_wait_for_another_execution_is_measured() {
    let ledger = Ledger::default();
    with_local_recorder(&ledger, || {
        let world = World::new();
        let runtime = world.builder().observer(Metrics::new()).build();
        let (runs, door) = (Runs::default(), Door::default());
        let mut first = execution(&runtime, world.invocation(), &runs, &door, "first");
        assert!(poll(&mut first).is_pending());
        let second = runtime.call("charge", "order-17").ttl(TTL);
        let second = second.on_busy(OnBusy::Wait(secs(5)));
        let mut second: Manual<'_, support::Outcome> =
            Box::pin(second.run(async || unreachable!("it waits for the first's result")));
        assert!(poll(&mut second).is_pending());
        world.clock.advance(secs(3));
        door.open();
        now(first).unwrap();
        ledger.recorded();
        now(second).unwrap();
        let wait = series(r#"idem_wait_seconds{handler="charge"}"#, &[3.0]);
        assert!(ledger.recorded().contains(&wait));
    });
}

#[test]
fn in_shadow_mode_the_outcome_that_would_have_been_is_a_label() {
    let ledger = Ledger::default();
    with_local_recorder(&ledger, || {
        let world = World::new();
        let builder = world.builder().shadow();
        let runtime = builder.observer(Metrics::new()).build();
        let runs = Runs::default();
        for _ in 0..2 {
            now(quick(&runtime, world.invocation(), &runs)).unwrap();
        }
        let calls = r#"idem_calls_total{handler="charge",outcome="ran",verdict="queue_duplicate",shadow="replayed"}"#;
        assert!(ledger.recorded().contains(&series(calls, &[1.0])));
    });
}

#[test]
fn a_call_without_a_record_is_counted_and_nothing_of_it_is_measured() {
    let ledger = Ledger::default();
    with_local_recorder(&ledger, || {
        let world = World::new();
        let runtime = world.builder().observer(Metrics::new()).build();
        let call = runtime.call("charge", "").ttl(TTL);
        now(call.run(async || Ok::<_, Error>(1))).unwrap_err();
        let calls =
            r#"idem_calls_total{handler="charge",outcome="refused",verdict="none",shadow="none"}"#;
        assert_eq!(ledger.recorded(), [series(calls, &[1.0])]);
    });
}

#[test]
fn every_metric_is_described_with_the_unit_that_the_docs_say() {
    let ledger = Ledger::default();
    _ = with_local_recorder(&ledger, Metrics::new);
    let docs = include_str!("../src/observe.rs");
    let described = ledger.described.into_inner().unwrap();
    let names: BTreeSet<_> = described.keys().map(String::as_str).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    for (name, unit) in described {
        let row = format!("| `{name}` | {} |\n", unit.as_str());
        assert!(docs.contains(&row), "{row}");
    }
}

#[test]
fn without_a_recorder_calls_go_on() {
    let world = World::new();
    let runtime = world.builder().observer(Metrics::new()).build();
    let result = now(quick(&runtime, world.invocation(), &Runs::default()));
    assert_eq!(result.unwrap(), "run 1");
}
