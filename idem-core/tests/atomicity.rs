//! Every interleaving of threads on the embedded store, by the model checker loom:
//! `RUSTFLAGS="--cfg idem_loom" cargo test -p idem-core --test atomicity`.
#![cfg(idem_loom)]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use idem_core::clock::UnixMillis;
use idem_core::decision::{Decision, Terms, decide};
use idem_core::key::{Namespace, RecordId};
use idem_core::policy::OnAbandoned;
use idem_core::record::{Origin, Owner, Record, Status, StoredResult};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Listing, Memory, Page, Release, Resolution, Store,
    StoreError, StoreFuture, Written,
};
use loom::thread;

const LEASE: Duration = Duration::from_secs(10);

fn now<T>(reply: impl Future<Output = T>) -> T {
    match pin!(reply).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(reply) => reply,
        Poll::Pending => panic!("the embedded store answers at once"),
    }
}

fn claim(key: &str, owner: u128, at: UnixMillis) -> Claim {
    Claim {
        id: Namespace::new(None, "atomicity")
            .id_of_value(None, key)
            .unwrap(),
        terms: Terms {
            owner: Owner(owner),
            now: at,
            margin: Duration::ZERO,
            fingerprint: None,
            on_abandoned: OnAbandoned::Retry,
        },
        lease_until: at.after(LEASE),
        expires_at: Some(u64::MAX),
        origin: Origin::default(),
        marks: None,
    }
}

fn completion(claim: &Claim) -> Completion {
    Completion {
        id: claim.id.clone(),
        owner: claim.terms.owner,
        status: Status::Completed,
        result: Some(StoredResult::new(
            claim.terms.owner.to_string().into_bytes(),
        )),
        expires_at: Some(u64::MAX),
        effects: None,
    }
}

fn is_granted(store: &impl Store, claim: &Claim) -> bool {
    matches!(now(store.claim(claim)), Ok(Claimed::Granted(_)))
}

/// How many of two claims that come together are granted, in each interleaving.
fn two_claims_on<S: Store + Clone>(
    make: impl Fn() -> S + Send + Sync + 'static,
    keys: [&'static str; 2],
) {
    loom::model(move || {
        let store = make();
        let other = store.clone();
        let second =
            thread::spawn(move || is_granted(&other, &claim(keys[1], 2, UnixMillis(1_000))));
        let first = is_granted(&store, &claim(keys[0], 1, UnixMillis(1_000)));
        let second = second.join().unwrap();
        assert!(
            first != second,
            "one of two claims should be granted: {first}, {second}"
        );
    });
}

#[test]
fn of_two_claims_of_one_key_one_is_granted() {
    two_claims_on(Memory::new, ["key", "key"]);
}

#[test]
fn the_last_place_is_given_away_once() {
    two_claims_on(
        || Memory::builder().capacity(1).build(),
        ["one key", "another"],
    );
}

#[test]
fn a_take_over_and_a_late_completion_leave_one_truth() {
    loom::model(|| {
        let store = Memory::new();
        let late = claim("key", 1, UnixMillis(1_000));
        assert!(is_granted(&store, &late));
        let other = store.clone();
        let successor = thread::spawn(move || {
            let claim = claim("key", 2, UnixMillis(1_000).after(LEASE));
            is_granted(&other, &claim)
                && matches!(now(other.complete(&completion(&claim))), Ok(Written::Done))
        });
        let late_is_done = matches!(now(store.complete(&completion(&late))), Ok(Written::Done));
        let successor_is_done = successor.join().unwrap();
        assert!(
            late_is_done != successor_is_done,
            "one completion should count"
        );
        let Ok(Claimed::Lost(record)) = now(store.claim(&claim("key", 3, UnixMillis(2_000))))
        else {
            panic!("a completed record should not be granted");
        };
        let owner = Owner(if late_is_done { 1 } else { 2 });
        assert_eq!(
            (record.completed_by, record.result.clone()),
            (
                Some(owner),
                completion(&Claim {
                    terms: Terms {
                        owner,
                        ..late.terms
                    },
                    ..late
                })
                .result
            )
        );
    });
}

/// Reads, decides, and then writes: what the model must find.
#[derive(Clone, Debug, Default)]
struct ReadThenWrite(loom::sync::Arc<loom::sync::Mutex<Option<Arc<Record>>>>);

impl Store for ReadThenWrite {
    fn owner(&self) -> Result<Owner, StoreError> {
        Owner::random()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        let found = self.0.lock().unwrap().clone();
        StoreFuture::ready(Ok(match (decide(found.as_deref(), &claim.terms), found) {
            (Decision::Grant, found) => {
                let record = Arc::new(Record::granted(claim, found.as_deref()));
                *self.0.lock().unwrap() = Some(Arc::clone(&record));
                Claimed::Granted(record)
            }
            (_, Some(found)) => Claimed::Lost(found),
            (_, None) => unreachable!("nothing found is granted"),
        }))
    }

    fn complete<'a>(&'a self, _: &'a Completion) -> StoreFuture<'a, Written> {
        unimplemented!("only claims are modelled")
    }

    fn release<'a>(&'a self, _: &'a Release) -> StoreFuture<'a, Written> {
        unimplemented!("only claims are modelled")
    }

    fn extend<'a>(&'a self, _: &'a Extension) -> StoreFuture<'a, Written> {
        unimplemented!("only claims are modelled")
    }

    fn read<'a>(&'a self, _: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        unimplemented!("only claims are modelled")
    }

    fn resolve<'a>(&'a self, _: &'a Resolution) -> StoreFuture<'a, Written> {
        unimplemented!("only claims are modelled")
    }

    fn list<'a>(&'a self, _: &'a Listing) -> StoreFuture<'a, Page> {
        unimplemented!("only claims are modelled")
    }
}

#[test]
#[should_panic(expected = "one of two claims should be granted")]
fn the_model_finds_a_store_that_reads_before_it_writes() {
    two_claims_on(ReadThenWrite::default, ["key", "key"]);
}
