//! The embedded store's own limits, and many threads on it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use idem_core::clock::{Clock, SystemClock, UnixMillis};
use idem_core::decision::Terms;
use idem_core::key::Namespace;
use idem_core::policy::OnAbandoned;
use idem_core::record::{Origin, Owner, Status};
use idem_core::store::{Claim, Claimed, Completion, Memory, Store, Written};
use idem_core::{Error, Idempotency};
use support::{MARGIN, START, TTL, now, secs};

fn claim(key: usize, owner: usize, at: UnixMillis) -> Claim {
    let lease_until = at.after(secs(10));
    Claim {
        id: Namespace::new(None, "memory")
            .id_of_value(None, &key)
            .unwrap(),
        terms: Terms {
            owner: Owner(owner as u128),
            now: at,
            margin: MARGIN,
            fingerprint: None,
            on_abandoned: OnAbandoned::Retry,
        },
        lease_until,
        expires_at: Some(lease_until.after(TTL).seconds_rounded_up()),
        origin: Origin::default(),
        marks: None,
    }
}

fn complete(store: &Memory, claim: &Claim) {
    let completion = Completion {
        id: claim.id.clone(),
        owner: claim.terms.owner,
        status: Status::Completed,
        result: None,
        expires_at: Some(claim.terms.now.after(TTL).seconds_rounded_up()),
        effects: None,
    };
    assert_eq!(now(store.complete(&completion)).unwrap(), Written::Done);
}

fn is_granted(store: &Memory, claim: &Claim) -> bool {
    matches!(now(store.claim(claim)), Ok(Claimed::Granted(_)))
}

#[test]
fn of_many_threads_one_is_granted_each_key() {
    const KEYS: usize = 1_000;
    const THREADS: usize = 8;
    let (store, granted, start) = (Memory::new(), AtomicUsize::new(0), Barrier::new(THREADS));
    thread::scope(|scope| {
        for owner in 1..=THREADS {
            let (store, granted, start) = (store.clone(), &granted, &start);
            scope.spawn(move || {
                start.wait();
                let mine = (0..KEYS).filter(|key| is_granted(&store, &claim(*key, owner, START)));
                granted.fetch_add(mine.count(), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(granted.into_inner(), KEYS);
}

#[test]
fn many_threads_fill_it_to_its_capacity_and_not_beyond() {
    const CAPACITY: usize = 100;
    const THREADS: usize = 8;
    let store = Memory::builder().capacity(CAPACITY).build();
    let (granted, start) = (AtomicUsize::new(0), Barrier::new(THREADS));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, granted, start) = (store.clone(), &granted, &start);
            scope.spawn(move || {
                start.wait();
                let keys = (thread * CAPACITY)..((thread + 1) * CAPACITY);
                let mine = keys.filter(|key| is_granted(&store, &claim(*key, 1, START)));
                granted.fetch_add(mine.count(), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(granted.into_inner(), CAPACITY);
}

#[test]
fn a_full_store_makes_room_of_what_has_expired_and_of_nothing_else() {
    let store = Memory::builder().capacity(2).build();
    let (done, running) = (claim(1, 1, START), claim(2, 1, START));
    assert!(is_granted(&store, &done) && is_granted(&store, &running));
    complete(&store, &done);

    let just_before = UnixMillis(START.after(TTL).0 - 1);
    assert!(!is_granted(&store, &claim(3, 1, just_before)));
    let expired = START.after(TTL);
    assert!(
        is_granted(&store, &claim(3, 1, expired)),
        "what is completed has expired"
    );
    assert!(
        !is_granted(&store, &claim(4, 1, expired)),
        "what is abandoned is kept for lease and ttl"
    );
    let both_over = START.after(TTL + secs(10));
    assert!(is_granted(&store, &claim(4, 1, both_over)));
}

#[test]
fn what_never_expires_is_never_deleted() {
    let store = Memory::builder().capacity(1).build();
    let held = Claim {
        expires_at: None,
        ..claim(1, 1, START)
    };
    assert!(is_granted(&store, &held));
    assert!(!is_granted(&store, &claim(2, 1, UnixMillis(u64::MAX))));
}

#[test]
fn a_full_store_still_grants_the_keys_it_knows() {
    let store = Memory::builder().capacity(1).build();
    assert!(is_granted(&store, &claim(1, 1, START)));
    let past_its_lease = START.after(secs(10) + MARGIN);
    assert!(is_granted(&store, &claim(1, 2, past_its_lease)));
}

/// Sixteen calls are always under way: five of each key, one after another, and the same once more. `IDEM_CALLS` is how
/// many calls there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_calls_at_once_each_key_runs_once() {
    const AT_ONCE: usize = 16;
    const OF_ONE_KEY: usize = 5;
    let calls = std::env::var("IDEM_CALLS").map_or(10_000, |calls| calls.parse().unwrap());
    let keys = calls / OF_ONE_KEY / 2;
    let runs: Arc<[AtomicU32]> = (0..keys).map(|_| AtomicU32::new(0)).collect();
    let (next, busy) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let runtime = Idempotency::new(Memory::new());
    let begun = SystemClock.now();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|task| {
            let (runtime, runs) = (runtime.clone(), Arc::clone(&runs));
            let (next, busy) = (Arc::clone(&next), Arc::clone(&busy));
            let mut seen = vec![None; keys];
            tokio::spawn(async move {
                loop {
                    let call = next.fetch_add(1, Ordering::Relaxed);
                    if call >= calls {
                        return seen;
                    }
                    let key = call / OF_ONE_KEY % keys;
                    let runs = &runs;
                    let body = async move || {
                        runs[key].fetch_add(1, Ordering::Relaxed);
                        // Others come while it runs.
                        tokio::task::yield_now().await;
                        Ok::<_, Error>((key, task))
                    };
                    match runtime.call("charge", &key).ttl(TTL).run(body).await {
                        Ok(result) => {
                            let first = *seen[key].get_or_insert(result);
                            assert_eq!(result, first, "another result");
                        }
                        Err(error) => {
                            assert!(error.is_in_progress(), "{error}");
                            busy.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            })
        })
        .collect();
    let mut results = vec![None; keys];
    for task in tasks {
        for (result, seen) in results.iter_mut().zip(task.await.unwrap()) {
            match (&result, seen) {
                (Some(result), Some(seen)) => assert_eq!(*result, seen, "another result"),
                _ => *result = result.or(seen),
            }
        }
    }
    let took = SystemClock.now().since(begun).as_millis().max(1);
    let busy = busy.load(Ordering::Relaxed);
    eprintln!(
        "{calls} calls of {keys} keys in {took} ms: {} a second; {busy} found their key busy",
        calls as u128 * 1000 / took
    );
    assert!(runs.iter().all(|runs| runs.load(Ordering::Relaxed) == 1));
    assert!(results.iter().all(Option::is_some));
}
