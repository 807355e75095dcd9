//! The embedded store's own limits, and many threads on it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use idem_core::clock::UnixMillis;
use idem_core::decision::Terms;
use idem_core::key::Namespace;
use idem_core::policy::OnAbandoned;
use idem_core::record::{Owner, Status};
use idem_core::store::{Claim, Claimed, Completion, Memory, Store, Written};
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
        request_id: None,
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
