//! What a guarded call is made of.

use std::pin::pin;
use std::time::Duration;

use divan::{Bencher, black_box};
use idem_lambda::clock::{Clock, SystemClock, UnixMillis};
use idem_lambda::decision::Terms;
use idem_lambda::key::{Expression, Namespace, Path, RecordId, Segment};
use idem_lambda::policy::OnAbandoned;
use idem_lambda::record::{Origin, Owner, Status, StoredResult};
use idem_lambda::store::{Claim, Completion, Memory, Store};
use idem_lambda::{Invocation, Source};
use sha2::{Digest, Sha256};

use crate::order::{Order, Receipt};
use crate::{COMPLETED, SAMPLE, SAMPLES, ready};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const ORDER_ID: Expression =
    Expression::Path(Path::streamed("$.orderId", &[Segment::Name("orderId")]));

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn clock_read() -> UnixMillis {
    SystemClock.now()
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn key_to_id(bencher: Bencher) {
    let namespace = Namespace::new(Some("orders"), "charge");
    let order = Order::numbered(1);
    bencher.bench_local(|| ORDER_ID.id(&namespace, &Invocation::default(), black_box(&order)));
}

/// What [`key_to_id`] would cost at least: the same hash of the id alone, without a namespace.
#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn key_to_id_by_hand(bencher: Bencher) {
    let order = Order::numbered(1);
    bencher.bench_local(|| Sha256::digest(black_box(&order).order_id.as_bytes()));
}

/// Of an event that no source has sent, as most are.
#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn source_of_order(bencher: Bencher) {
    let order = Order::numbered(1);
    bencher.bench_local(|| Source::of(black_box(&order)));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn source_of_order_as_value(bencher: Bencher) {
    let order = serde_json::to_value(Order::numbered(1)).unwrap_or_default();
    bencher.bench_local(|| Source::of(black_box(&order)));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn source_of_queue_event(bencher: Bencher) {
    let event = Order::numbered(1).queued();
    bencher.bench_local(|| Source::of(black_box(&event)));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn owner_from_the_system() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map(|()| bytes)
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn result_decoded(bencher: Bencher) {
    let json = serde_json::to_string(&Order::numbered(1).charged()).unwrap_or_default();
    bencher.bench_local(|| serde_json::from_str::<Receipt>(black_box(&json)));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn result_encoded(bencher: Bencher) {
    let receipt = Order::numbered(1).charged();
    bencher.bench_local(|| serde_json::to_vec(black_box(&receipt)));
}

/// Claims of keys that nobody claimed before.
#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn memory_claim(bencher: Bencher) {
    let (store, namespace) = (Memory::new(), Namespace::new(None, "charge"));
    let mut number = 0;
    bencher
        .with_inputs(|| {
            number += 1;
            claim(id(&namespace, number))
        })
        .bench_local_refs(|claim| ready(pin!(store.claim(claim))));
}

/// Claims that lose to a completed record.
#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn memory_claim_lost(bencher: Bencher) {
    let (store, namespace) = (Memory::new(), Namespace::new(None, "charge"));
    for number in 0..COMPLETED {
        drop(ready(pin!(store.claim(&claim(id(&namespace, number))))));
        drop(ready(pin!(
            store.complete(&completion(id(&namespace, number)))
        )));
    }
    let mut number = 0;
    bencher
        .with_inputs(|| {
            number += 1;
            claim(id(&namespace, number % COMPLETED))
        })
        .bench_local_refs(|claim| ready(pin!(store.claim(claim))));
}

#[divan::bench(sample_count = SAMPLES, sample_size = SAMPLE)]
fn memory_complete(bencher: Bencher) {
    let (store, namespace) = (Memory::new(), Namespace::new(None, "charge"));
    let mut number = 0;
    bencher
        .with_inputs(|| {
            number += 1;
            drop(ready(pin!(store.claim(&claim(id(&namespace, number))))));
            completion(id(&namespace, number))
        })
        .bench_local_refs(|completion| ready(pin!(store.complete(completion))));
}

fn id(namespace: &Namespace, number: u64) -> RecordId {
    match namespace.id_of_value(None, &number) {
        Ok(id) => id,
        Err(error) => panic!("a number is a key: {error}"),
    }
}

fn claim(id: RecordId) -> Claim {
    Claim {
        id,
        terms: Terms {
            owner: Owner(1),
            now: NOW,
            margin: Duration::ZERO,
            fingerprint: None,
            on_abandoned: OnAbandoned::Retry,
        },
        lease_until: NOW.after(Duration::from_mins(15)),
        expires_at: Some(NOW.after(Duration::from_hours(1)).seconds_rounded_up()),
        origin: Origin::default(),
        marks: None,
    }
}

fn completion(id: RecordId) -> Completion {
    Completion {
        id,
        owner: Owner(1),
        status: Status::Completed,
        result: Some(StoredResult::new([b'0'; 100])),
        expires_at: Some(NOW.after(Duration::from_hours(1)).seconds_rounded_up()),
        effects: None,
    }
}
