//! The contract of [`Store`], checked: one function per number.
//!
//! For the authors of stores. Every function panics with what it saw where the store breaks the contract, and uses
//! records of its own, so that all can run on one store, one after another or at once.
//!
//! # Example: a store of your own
//!
//! ```
//! # #[cfg(feature = "memory")] {
//! use std::sync::Arc;
//! # use idem_core as idem_lambda;
//! use idem_lambda::clock::UnixMillis;
//! use idem_lambda::conformance::{Subject, check};
//! use idem_lambda::store::Memory;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let store = Memory::builder().result_limit(1_000).build();
//! check(&Subject::new(Arc::new(store), UnixMillis(1_800_000_000_000)).result_limit(1_000)).await;
//! # });
//! # }
//! ```

mod grants;
mod records;

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

pub use self::grants::c03_a_granted_claim_leaves_nothing_of_the_former_result;
pub use self::records::{
    c17_a_read_gives_what_was_written_and_changes_nothing,
    c18_no_change_is_told_while_an_execution_runs,
    c19_a_resolution_takes_effect_only_on_what_was_seen,
    c20_what_is_held_or_abandoned_is_listed_once,
};

use crate::clock::UnixMillis;
use crate::decision::Terms;
use crate::key::{Fingerprint, Marks, Namespace, RecordId};
use crate::policy::OnAbandoned;
use crate::record::{Origin, Owner, Record, Status, StoredResult};
use crate::source::{Source, SourceKind};
use crate::store::{
    Claim, Claimed, Completion, Effects, Extension, Failure, Release, Store, Written,
};

const LEASE: Duration = Duration::from_mins(1);
const TTL: Duration = Duration::from_hours(1);
const MARGIN: Duration = Duration::from_secs(2);

/// The store under test, and what the checks must know of it.
#[derive(Clone, Debug)]
pub struct Subject {
    store: Arc<dyn Store>,
    now: UnixMillis,
    result_limit: Option<usize>,
    run: u64,
}

impl Subject {
    /// Checks of `store` that take place at `now`: any moment for a store that takes its times from the caller, the
    /// present for one with a clock of its own. It also separates the records of one run from those of another.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, now: UnixMillis) -> Self {
        Self {
            store,
            now,
            result_limit: None,
            run: now.0,
        }
    }

    /// How many bytes a result may have in this store, where there is a limit.
    #[must_use]
    pub fn result_limit(mut self, bytes: usize) -> Self {
        self.result_limit = Some(bytes);
        self
    }

    fn claim(&self, key: &str, owner: u128) -> Claim {
        let namespace = Namespace::new(Some("conformance"), key);
        Claim {
            id: id_of(&namespace, self.run),
            terms: Terms {
                owner: Owner(owner),
                now: self.now,
                margin: MARGIN,
                fingerprint: Some(Fingerprint::from_bytes([7; 32])),
                on_abandoned: OnAbandoned::Retry,
            },
            lease_until: self.now.after(LEASE),
            expires_at: Some(self.now.after(LEASE + TTL).seconds_rounded_up()),
            origin: Origin {
                request_id: Some(format!("request-{owner}").into()),
                source: Source::new(SourceKind::Sqs, &format!("message-{owner}")),
                version: Some(Arc::new(owner.to_string())),
            },
            marks: Some(Marks::from_bytes([7, 0])),
        }
    }

    fn completion(&self, claim: &Claim, result: &[u8]) -> Completion {
        Completion {
            id: claim.id.clone(),
            owner: claim.terms.owner,
            status: Status::Completed,
            result: Some(StoredResult::new(result)),
            expires_at: Some(self.now.after(TTL).seconds_rounded_up()),
            effects: None,
        }
    }

    fn release(&self, claim: &Claim) -> Release {
        Release {
            id: claim.id.clone(),
            owner: claim.terms.owner,
            expires_at: Some(self.now.after(TTL).seconds_rounded_up()),
        }
    }

    fn extension(&self, claim: &Claim) -> Extension {
        Extension {
            id: claim.id.clone(),
            owner: claim.terms.owner,
            lease_until: self.now.after(LEASE * 2),
            expires_at: Some(self.now.after(LEASE * 2 + TTL).seconds_rounded_up()),
        }
    }

    async fn granted(&self, claim: &Claim) -> Record {
        match self.store.claim(claim).await {
            Ok(Claimed::Granted(record)) => Arc::unwrap_or_clone(record),
            other => panic!("the claim should be granted: {other:?}"),
        }
    }

    async fn lost(&self, claim: &Claim) -> Record {
        match self.store.claim(claim).await {
            Ok(Claimed::Lost(record)) => Arc::unwrap_or_clone(record),
            other => panic!("the claim should be lost: {other:?}"),
        }
    }

    async fn done(&self, completion: &Completion) {
        let written = self.store.complete(completion).await;
        assert!(
            matches!(written, Ok(Written::Done)),
            "the completion should be done: {written:?}"
        );
    }

    /// The record as it stands, read with a claim that cannot be granted or changes nothing.
    async fn seen(&self, claim: &Claim) -> Record {
        let mut reader = claim.clone();
        reader.terms.owner = Owner(u128::MAX);
        reader.terms.now = UnixMillis(0);
        self.lost(&reader).await
    }
}

fn id_of(namespace: &Namespace, run: u64) -> RecordId {
    match namespace.id_of_value(None, &run) {
        Ok(id) => id,
        Err(error) => panic!("a number is a key: {error}"),
    }
}

fn lost(written: Result<Written, crate::store::StoreError>) -> Option<Record> {
    match written {
        Ok(Written::Lost(record)) => record.map(Arc::unwrap_or_clone),
        other => panic!("the request should be without effect: {other:?}"),
    }
}

/// Runs every check.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn check(subject: &Subject) {
    c01_of_many_claims_at_once_one_is_granted(subject).await;
    c02_a_claim_is_granted_where_the_decision_grants_it(subject).await;
    c03_a_granted_claim_leaves_nothing_of_the_former_result(subject).await;
    c04_a_resent_claim_is_granted_and_changes_nothing(subject).await;
    c05_a_lost_claim_changes_nothing_and_brings_the_record(subject).await;
    c06_only_the_owner_completes(subject).await;
    c07_only_the_owner_releases_and_generations_go_on(subject).await;
    c08_only_the_owner_extends_and_only_the_lease(subject).await;
    c09_a_write_without_effect_brings_what_stands_there(subject).await;
    c10_a_claim_never_overwrites_what_is_held(subject).await;
    c11_a_record_outlives_its_lease(subject).await;
    c12_a_result_comes_back_byte_for_byte(subject).await;
    c13_a_result_that_is_too_large_is_refused(subject).await;
    c14_a_resent_request_counts_once(subject).await;
    c15_no_two_owners_are_the_same(subject).await;
    c16_effects_that_cannot_be_committed_are_refused(subject).await;
    c17_a_read_gives_what_was_written_and_changes_nothing(subject).await;
    c18_no_change_is_told_while_an_execution_runs(subject).await;
    c19_a_resolution_takes_effect_only_on_what_was_seen(subject).await;
    c20_what_is_held_or_abandoned_is_listed_once(subject).await;
}

/// Number 1.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c01_of_many_claims_at_once_one_is_granted(subject: &Subject) {
    let mut claims = tokio::task::JoinSet::new();
    for owner in 1..=16 {
        let claim = subject.claim("c01", owner);
        let store = Arc::clone(&subject.store);
        claims.spawn(async move { store.claim(&claim).await });
    }
    let replies = claims.join_all().await;
    let granted: Vec<_> = replies
        .iter()
        .filter_map(|reply| match reply {
            Ok(Claimed::Granted(record)) => Some(record),
            Ok(Claimed::Lost(_)) => None,
            Err(error) => panic!("no claim should fail: {error}"),
        })
        .collect();
    let [winner] = granted[..] else {
        panic!("one claim should be granted, not {}", granted.len());
    };
    for reply in &replies {
        if let Ok(Claimed::Lost(record)) = reply {
            assert_eq!(
                record, winner,
                "a lost claim should bring the winner's record"
            );
        }
    }
}

/// Number 2: free, in progress, abandoned at the very millisecond, completed, expired at the very second, released.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c02_a_claim_is_granted_where_the_decision_grants_it(subject: &Subject) {
    let first = subject.claim("c02", 1);
    subject.granted(&first).await;
    let mut second = subject.claim("c02", 2);
    second.terms.now = UnixMillis(first.lease_until.after(MARGIN).0 - 1);
    subject.lost(&second).await;
    second.terms.fingerprint = Some(Fingerprint::from_bytes([8; 32]));
    second.terms.now = first.lease_until.after(MARGIN);
    subject.lost(&second).await;
    second.terms.fingerprint = first.terms.fingerprint;
    second.terms.on_abandoned = OnAbandoned::Hold;
    subject.lost(&second).await;
    second.terms.on_abandoned = OnAbandoned::Retry;
    second.lease_until = second.terms.now.after(LEASE);
    subject.granted(&second).await;

    let completion = subject.completion(&second, b"1");
    subject.done(&completion).await;
    let mut third = subject.claim("c02", 3);
    let expires_at = UnixMillis(completion.expires_at.unwrap_or_default() * 1000);
    third.terms.now = UnixMillis(expires_at.0 - 1);
    subject.lost(&third).await;
    third.terms.now = expires_at;
    third.lease_until = expires_at.after(LEASE);
    subject.granted(&third).await;

    let released = subject.store.release(&subject.release(&third)).await;
    assert!(
        matches!(released, Ok(Written::Done)),
        "the owner should release: {released:?}"
    );
    subject.granted(&subject.claim("c02", 4)).await;
}

/// Number 4.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c04_a_resent_claim_is_granted_and_changes_nothing(subject: &Subject) {
    let claim = subject.claim("c04", 1);
    let first = subject.granted(&claim).await;
    assert_eq!(
        subject.granted(&claim).await,
        first,
        "the same claim should be answered alike"
    );
    assert_eq!(subject.seen(&claim).await, first);
}

/// Number 5.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c05_a_lost_claim_changes_nothing_and_brings_the_record(subject: &Subject) {
    let winner = subject.granted(&subject.claim("c05", 1)).await;
    assert_eq!(subject.lost(&subject.claim("c05", 2)).await, winner);
    assert_eq!(subject.lost(&subject.claim("c05", 3)).await, winner);
}

/// Number 6, of a record that has an attempt behind it.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c06_only_the_owner_completes(subject: &Subject) {
    let before = subject.claim("c06", 3);
    subject.granted(&before).await;
    let released = subject.store.release(&subject.release(&before)).await;
    assert!(
        matches!(released, Ok(Written::Done)),
        "the owner should release: {released:?}"
    );
    let claim = subject.claim("c06", 1);
    let granted = subject.granted(&claim).await;
    let stranger = subject.completion(&subject.claim("c06", 2), b"stranger");
    lost(subject.store.complete(&stranger).await);
    assert_eq!(subject.seen(&claim).await, granted);

    let completion = subject.completion(&claim, b"owner");
    subject.done(&completion).await;
    let completed = Record {
        status: Status::Completed,
        result: completion.result.clone(),
        expires_at: completion.expires_at,
        completed_by: Some(Owner(1)),
        ..granted
    };
    assert_eq!(subject.seen(&claim).await, completed);
    lost(
        subject
            .store
            .complete(&subject.completion(&claim, b"again"))
            .await,
    );
    assert_eq!(subject.seen(&claim).await, completed);
}

/// Number 7.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c07_only_the_owner_releases_and_generations_go_on(subject: &Subject) {
    let claim = subject.claim("c07", 1);
    let granted = subject.granted(&claim).await;
    lost(
        subject
            .store
            .release(&subject.release(&subject.claim("c07", 2)))
            .await,
    );
    assert_eq!(subject.seen(&claim).await, granted);

    let released = subject.store.release(&subject.release(&claim)).await;
    assert!(
        matches!(released, Ok(Written::Done)),
        "the owner should release: {released:?}"
    );
    let next = subject.granted(&subject.claim("c07", 3)).await;
    assert_eq!(next.generation, granted.generation + 1);
    lost(subject.store.release(&subject.release(&claim)).await);

    let third = subject.claim("c07", 3);
    subject.done(&subject.completion(&third, b"done")).await;
    lost(subject.store.release(&subject.release(&third)).await);
    assert_eq!(
        subject.seen(&third).await.status,
        Status::Completed,
        "what is completed should stay completed"
    );
}

/// Number 8.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c08_only_the_owner_extends_and_only_the_lease(subject: &Subject) {
    let claim = subject.claim("c08", 1);
    let granted = subject.granted(&claim).await;
    lost(
        subject
            .store
            .extend(&subject.extension(&subject.claim("c08", 2)))
            .await,
    );
    assert_eq!(subject.seen(&claim).await, granted);

    let extension = subject.extension(&claim);
    let extended = subject.store.extend(&extension).await;
    assert!(
        matches!(extended, Ok(Written::Done)),
        "the owner should extend: {extended:?}"
    );
    let expected = Record {
        lease_until: extension.lease_until,
        expires_at: extension.expires_at,
        ..granted
    };
    assert_eq!(subject.seen(&claim).await, expected);

    let earlier = Extension {
        lease_until: claim.lease_until,
        expires_at: claim.expires_at,
        ..extension.clone()
    };
    let late = subject.store.extend(&earlier).await;
    assert!(
        matches!(late, Ok(Written::Done)),
        "a late copy should be done: {late:?}"
    );
    assert_eq!(
        subject.seen(&claim).await,
        expected,
        "a lease should not become shorter"
    );

    subject.done(&subject.completion(&claim, b"done")).await;
    lost(subject.store.extend(&extension).await);
}

/// Number 9.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c09_a_write_without_effect_brings_what_stands_there(subject: &Subject) {
    let absent = subject.claim("c09 absent", 1);
    assert_eq!(
        lost(
            subject
                .store
                .complete(&subject.completion(&absent, b"none"))
                .await
        ),
        None
    );
    assert_eq!(
        lost(subject.store.release(&subject.release(&absent)).await),
        None
    );
    assert_eq!(
        lost(subject.store.extend(&subject.extension(&absent)).await),
        None
    );

    let granted = subject.granted(&subject.claim("c09", 1)).await;
    let stranger = subject.claim("c09", 2);
    let found = Some(granted);
    assert_eq!(
        lost(
            subject
                .store
                .complete(&subject.completion(&stranger, b"none"))
                .await
        ),
        found
    );
    assert_eq!(
        lost(subject.store.release(&subject.release(&stranger)).await),
        found
    );
    assert_eq!(
        lost(subject.store.extend(&subject.extension(&stranger)).await),
        found
    );
}

/// Number 10, as far as it can be asked from outside: what must not be granted stays. A store that reads records from
/// outside this process tests its own unreadable ones beside this.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c10_a_claim_never_overwrites_what_is_held(subject: &Subject) {
    let claim = subject.claim("c10", 1);
    subject.granted(&claim).await;
    let completion = Completion {
        status: Status::Held,
        result: None,
        expires_at: None,
        ..subject.completion(&claim, b"")
    };
    subject.done(&completion).await;
    let mut later = subject.claim("c10", 2);
    later.terms.now = subject.now.after(LEASE * 1_000_000);
    let held = subject.lost(&later).await;
    assert_eq!(
        (held.status, held.owner, held.expires_at),
        (Status::Held, Owner(1), None)
    );
}

/// Number 11: past lease and margin an abandoned record is still there, and says whose it was.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c11_a_record_outlives_its_lease(subject: &Subject) {
    let mut claim = subject.claim("c11", 1);
    claim.expires_at = None;
    subject.granted(&claim).await;
    let mut later = subject.claim("c11", 2);
    later.terms.now = subject.now.after(LEASE * 1_000_000);
    later.terms.on_abandoned = OnAbandoned::Hold;
    assert_eq!(subject.lost(&later).await.owner, Owner(1));
}

/// Number 12.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c12_a_result_comes_back_byte_for_byte(subject: &Subject) {
    let all_bytes: Vec<u8> = (0..=255).collect();
    let results: [&[u8]; 7] = [
        b"",
        b"null",
        b"false",
        b"0",
        b"\"\"",
        "\u{1f600}\0".as_bytes(),
        &all_bytes,
    ];
    for (number, result) in results.into_iter().enumerate() {
        let claim = subject.claim(&format!("c12 {number}"), 1);
        subject.granted(&claim).await;
        subject.done(&subject.completion(&claim, result)).await;
        let seen = subject.seen(&claim).await.result;
        assert_eq!(seen.as_ref().map(StoredResult::as_bytes), Some(result));
    }
    // One that a store may keep apart, too, where it has room for that.
    let large = subject.result_limit.unwrap_or(10_000).min(10_000);
    for size in [1, large] {
        let claim = subject.claim(&format!("c12 sealed {size}"), 1);
        subject.granted(&claim).await;
        let mut completion = subject.completion(&claim, &vec![0xff; size]);
        completion.result = completion.result.map(|result| result.with_codec("sealed"));
        subject.done(&completion).await;
        let seen = subject.seen(&claim).await.result;
        assert_eq!(seen, completion.result, "a result should keep its codec");
    }
}

/// Number 13, where the subject names a limit.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c13_a_result_that_is_too_large_is_refused(subject: &Subject) {
    let Some(limit) = subject.result_limit else {
        return;
    };
    let claim = subject.claim("c13", 1);
    let granted = subject.granted(&claim).await;
    match subject
        .store
        .complete(&subject.completion(&claim, &vec![b'x'; limit + 1]))
        .await
    {
        Err(error) => assert_eq!(error.failure(), Failure::TooLarge),
        other => panic!("a result over the limit should be refused: {other:?}"),
    }
    assert_eq!(subject.seen(&claim).await, granted);
    subject
        .done(&subject.completion(&claim, &vec![b'x'; limit]))
        .await;
}

/// Number 14: the reply was lost, and the same request comes again.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c14_a_resent_request_counts_once(subject: &Subject) {
    let claim = subject.claim("c14", 1);
    let first = subject.granted(&claim).await;
    let again = subject.granted(&claim).await;
    assert_eq!(first.provenance.attempts, again.provenance.attempts);

    let extension = subject.extension(&claim);
    for _ in 0..2 {
        let extended = subject.store.extend(&extension).await;
        assert!(
            matches!(extended, Ok(Written::Done)),
            "the owner should extend: {extended:?}"
        );
    }

    let completion = subject.completion(&claim, b"once");
    subject.done(&completion).await;
    let found = lost(subject.store.complete(&completion).await);
    let completed_by = found.as_ref().and_then(|record| record.completed_by);
    assert_eq!(
        completed_by,
        Some(Owner(1)),
        "a re-sent completion should find itself"
    );

    let other = subject.claim("c14 released", 1);
    subject.granted(&other).await;
    let release = subject.release(&other);
    let released = subject.store.release(&release).await;
    assert!(
        matches!(released, Ok(Written::Done)),
        "the owner should release: {released:?}"
    );
    let found = lost(subject.store.release(&release).await);
    let left = found.as_ref().map(|record| (record.status, record.owner));
    assert_eq!(
        left,
        Some((Status::Released, Owner(1))),
        "a re-sent release should find itself"
    );
    let found = subject.lost(&other).await;
    assert_eq!(
        found.status,
        Status::Released,
        "a late copy of the claim should not be granted"
    );
}

/// Number 15, as far as one process can tell; the second half of a first owner is left to its own next one.
///
/// # Panics
///
/// Where the store breaks the contract.
#[expect(clippy::unused_async, reason = "every check is called alike")]
pub async fn c15_no_two_owners_are_the_same(subject: &Subject) {
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        match subject.store.owner() {
            Ok(owner) => assert!(
                seen.insert(owner.0) && seen.insert(owner.0.wrapping_add(1)),
                "{owner} was named before"
            ),
            Err(error) => panic!("there should be an owner: {error}"),
        }
    }
}

/// What no store commits.
#[derive(Debug)]
struct Unknown;

/// Number 16, for effects of a type that the store does not know. That those it does know commit with the record is for
/// the store's own tests.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c16_effects_that_cannot_be_committed_are_refused(subject: &Subject) {
    assert!(!subject.store.commits(TypeId::of::<Unknown>()));
    let claim = subject.claim("c16", 1);
    let granted = subject.granted(&claim).await;
    let mut completion = subject.completion(&claim, b"1");
    completion.effects = Some(Effects::new(vec![Unknown]));
    match subject.store.complete(&completion).await {
        Err(error) => assert_eq!(error.failure(), Failure::Canceled),
        other => panic!("effects of an unknown type should be refused: {other:?}"),
    }
    assert_eq!(subject.seen(&claim).await, granted);
}
