//! The numbers that are not of executions: of those who wait, and of people who look after records.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::{LEASE, Subject, TTL, lost};
use crate::record::{Owner, Record, Status, StoredResult};
use crate::store::{Listing, Page, Resolution, Resolved, Which, Written};

impl Subject {
    pub(super) async fn read(&self, record: &Record) -> Option<Record> {
        match self.store.read(&record.id).await {
            Ok(found) => found.map(Arc::unwrap_or_clone),
            Err(error) => panic!("the record should be read: {error}"),
        }
    }

    /// Resolves, and says whether that took effect.
    async fn resolves(&self, seen: &Record, resolved: &Resolved) -> bool {
        let resolution = Resolution {
            seen: seen.clone(),
            resolved: resolved.clone(),
        };
        match self.store.resolve(&resolution).await {
            Ok(written) => written == Written::Done,
            Err(error) => panic!("the store should answer: {error}"),
        }
    }

    /// A record that is held, after it was claimed.
    async fn held(&self, key: &str) -> Record {
        let claim = self.claim(key, 1);
        self.granted(&claim).await;
        let mut hold = self.completion(&claim, b"");
        hold.status = Status::Held;
        hold.result = None;
        hold.expires_at = None;
        self.done(&hold).await;
        self.seen(&claim).await
    }

    fn resolutions(&self) -> [Resolved; 3] {
        let expires_at = self.now.after(TTL).seconds_rounded_up();
        [
            Resolved::Completed {
                result: StoredResult::new(&b"\"by hand\""[..]),
                by: Owner(9),
                expires_at,
            },
            Resolved::Released { expires_at },
            Resolved::Forgotten,
        ]
    }

    /// How often each of these stands in the listing.
    async fn listed(&self, which: Which, records: &[&Record]) -> Vec<usize> {
        let mut times = vec![0; records.len()];
        let mut after = None;
        loop {
            let listing = Listing { which, after };
            let Page {
                records: page,
                next,
            } = match self.store.list(&listing).await {
                Ok(page) => page,
                Err(error) => panic!("the store should list: {error}"),
            };
            for (times, record) in times.iter_mut().zip(records) {
                *times += page.iter().filter(|listed| listed.id == record.id).count();
            }
            if next.is_none() {
                return times;
            }
            after = next;
        }
    }
}

/// Number 17.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c17_a_read_gives_what_was_written_and_changes_nothing(subject: &Subject) {
    let claim = subject.claim("c17", 1);
    match subject.store.read(&claim.id).await {
        Ok(None) => {}
        other => panic!("nothing should be read where nothing is: {other:?}"),
    }
    let granted = subject.granted(&claim).await;
    assert_eq!(subject.read(&granted).await, Some(granted.clone()));
    subject.done(&subject.completion(&claim, b"\"read\"")).await;
    let read = subject.read(&granted).await;
    assert_eq!(read, Some(subject.seen(&claim).await));
    let result = read.and_then(|record| record.result);
    assert_eq!(result, Some(StoredResult::new(&b"\"read\""[..])));
}

/// Number 18. That a change is told at once where it can be is for the store's own tests.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c18_no_change_is_told_while_an_execution_runs(subject: &Subject) {
    let claim = subject.claim("c18", 1);
    let granted = subject.granted(&claim).await;
    let mut changed = pin!(subject.store.changed(&claim.id, granted.generation));
    let told = poll_fn(|context| Poll::Ready(changed.as_mut().poll(context))).await;
    assert!(
        told.is_pending(),
        "nothing has changed, and it was told: {told:?}"
    );
    let extended = subject.store.extend(&subject.extension(&claim)).await;
    assert!(
        matches!(extended, Ok(Written::Done)),
        "the owner should extend: {extended:?}"
    );
    let told = poll_fn(|context| Poll::Ready(changed.as_mut().poll(context))).await;
    assert!(
        told.is_pending(),
        "a longer lease is no change, and it was told: {told:?}"
    );
}

/// Number 19.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c19_a_resolution_takes_effect_only_on_what_was_seen(subject: &Subject) {
    for (place, resolved) in subject.resolutions().iter().enumerate() {
        // Of what is held.
        let held = subject.held(&format!("c19 held {place}")).await;
        assert!(subject.resolves(&held, resolved).await, "{resolved:?}");
        let found = subject.read(&held).await;
        assert_eq!(found, held.resolved(resolved), "{resolved:?}");
        let again = subject.resolves(&held, resolved).await;
        assert!(!again, "a re-sent resolution should find itself");

        // Of what is abandoned.
        let claim = subject.claim(&format!("c19 abandoned {place}"), 1);
        let abandoned = subject.granted(&claim).await;
        assert!(subject.resolves(&abandoned, resolved).await, "{resolved:?}");
        let found = subject.read(&abandoned).await;
        assert_eq!(found, abandoned.resolved(resolved), "{resolved:?}");

        // Not of one whose lease is longer by now,
        let claim = subject.claim(&format!("c19 extended {place}"), 1);
        let seen = subject.granted(&claim).await;
        let extended = subject.store.extend(&subject.extension(&claim)).await;
        assert!(
            matches!(extended, Ok(Written::Done)),
            "the owner should extend: {extended:?}"
        );
        let stands = subject.seen(&claim).await;
        assert!(!subject.resolves(&seen, resolved).await, "{resolved:?}");
        assert_eq!(subject.read(&seen).await, Some(stands), "{resolved:?}");

        // nor of one that is completed by now,
        let claim = subject.claim(&format!("c19 completed {place}"), 1);
        let seen = subject.granted(&claim).await;
        subject.done(&subject.completion(&claim, b"\"own\"")).await;
        let stands = subject.seen(&claim).await;
        let resolution = Resolution {
            seen: seen.clone(),
            resolved: resolved.clone(),
        };
        let found = lost(subject.store.resolve(&resolution).await);
        assert_eq!(found, Some(stands.clone()), "{resolved:?}");
        assert_eq!(subject.read(&seen).await, Some(stands), "{resolved:?}");

        // nor of another's claim.
        let first = subject.claim(&format!("c19 taken over {place}"), 1);
        let seen = subject.granted(&first).await;
        let mut second = first.clone();
        second.terms.owner = Owner(2);
        second.terms.now = first.lease_until.after(first.terms.margin);
        second.lease_until = second.terms.now.after(LEASE);
        let stands = subject.granted(&second).await;
        assert!(!subject.resolves(&seen, resolved).await, "{resolved:?}");
        assert_eq!(subject.read(&seen).await, Some(stands), "{resolved:?}");
    }
}

/// Number 20.
///
/// # Panics
///
/// Where the store breaks the contract.
pub async fn c20_what_is_held_or_abandoned_is_listed_once(subject: &Subject) {
    let held = subject.held("c20 held").await;
    let abandoned = subject.granted(&subject.claim("c20 abandoned", 1)).await;
    let completed = subject.claim("c20 completed", 1);
    subject.granted(&completed).await;
    subject.done(&subject.completion(&completed, b"1")).await;
    let completed = subject.seen(&completed).await;
    let claim = subject.claim("c20 released", 1);
    let released = subject.granted(&claim).await;
    let written = subject.store.release(&subject.release(&claim)).await;
    assert!(
        matches!(written, Ok(Written::Done)),
        "the owner should release: {written:?}"
    );

    let records = [&held, &abandoned, &completed, &released];
    let listed = subject.listed(Which::Held, &records).await;
    assert_eq!(listed, [1, 0, 0, 0], "what is held");
    let over = Which::Abandoned(abandoned.lease_until);
    let listed = subject.listed(over, &records).await;
    assert_eq!(listed, [0, 1, 0, 0], "what is abandoned");
    let before = abandoned
        .lease_until
        .before(std::time::Duration::from_millis(1));
    let listed = subject.listed(Which::Abandoned(before), &records).await;
    assert_eq!(listed, [0, 0, 0, 0], "a lease that is not over");
}
