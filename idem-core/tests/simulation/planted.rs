//! Stores that break what the simulation must notice.

use std::any::TypeId;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use idem_core::clock::UnixMillis;
use idem_core::decision::{Decision, Terms, decide};
use idem_core::key::RecordId;
use idem_core::policy::OnAbandoned;
use idem_core::record::{Origin, Owner, Record};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Listing, Page, Release, Resolution, Store, StoreError,
    StoreFuture, Written,
};

use crate::network::look;
use crate::support::{bank::Bank, now};

/// What is wrong with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plant {
    Nothing,
    /// Completes and releases whoever owns the record.
    Unfenced,
    /// Takes over as soon as the lease ends.
    NoMargin,
    /// Reads, decides, and then writes.
    ReadThenWrite,
    /// Lets a claim be deleted that is still in progress.
    Forgetful,
    /// Leases for an hour more than was asked.
    EndlessLease,
    /// Names a new owner whenever a claim is sent.
    NewOwnerOnResend,
    /// Commits effects though their completion does not take effect.
    PaysFirst,
}

impl Plant {
    /// The store with this fault.
    pub(crate) fn over(self, bank: &Bank) -> Arc<dyn Store> {
        match self {
            Self::Nothing => Arc::new(bank.clone()),
            fault => Arc::new(Planted {
                fault,
                bank: bank.clone(),
                sends: AtomicU64::new(1),
            }),
        }
    }
}

#[derive(Debug)]
struct Planted {
    fault: Plant,
    bank: Bank,
    sends: AtomicU64,
}

impl Planted {
    fn claim_in_two_steps(&self, claim: &Claim) -> StoreFuture<'_, Claimed> {
        let claim = claim.clone();
        StoreFuture::new(async move {
            let found = look(&self.bank, &claim.id);
            let mut waited = false;
            poll_fn(|_| {
                if std::mem::replace(&mut waited, true) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            match (decide(found.as_ref(), &claim.terms), found) {
                (Decision::Grant, _) => {
                    let mut whatever_stands_there = claim.clone();
                    whatever_stands_there.terms.now = UnixMillis(u64::MAX / 2);
                    self.bank.claim(&whatever_stands_there).await
                }
                (Decision::Mine, Some(record)) => Ok(Claimed::Granted(Arc::new(record))),
                (_, Some(record)) => Ok(Claimed::Lost(Arc::new(record))),
                (_, None) => unreachable!("nothing found is granted"),
            }
        })
    }

    /// Makes a record the asker's, whatever stands there.
    fn seize(&self, id: &RecordId, owner: Owner) {
        let Some(found) = look(&self.bank, id) else {
            return;
        };
        let terms = Terms {
            owner,
            now: UnixMillis(u64::MAX / 2),
            margin: Duration::ZERO,
            fingerprint: None,
            on_abandoned: OnAbandoned::Retry,
        };
        let claim = Claim {
            id: id.clone(),
            terms,
            lease_until: found.lease_until,
            expires_at: found.expires_at,
            origin: Origin::default(),
            marks: None,
        };
        _ = now(self.bank.claim(&claim));
    }
}

impl Store for Planted {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.bank.owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        let mut changed = claim.clone();
        match self.fault {
            Plant::ReadThenWrite => return self.claim_in_two_steps(claim),
            Plant::NoMargin => changed.terms.margin = Duration::ZERO,
            Plant::Forgetful => changed.expires_at = Some(claim.terms.now.0 / 1000),
            Plant::EndlessLease => {
                changed.lease_until = claim.lease_until.after(Duration::from_hours(1));
            }
            Plant::NewOwnerOnResend => {
                let send = self.sends.fetch_add(1, Ordering::Relaxed);
                changed.terms.owner = Owner(claim.terms.owner.0 + (u128::from(send) << 8));
            }
            _ => {}
        }
        StoreFuture::ready(now(self.bank.claim(&changed)))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        let mut changed = completion.clone();
        match self.fault {
            Plant::Unfenced => self.seize(&completion.id, completion.owner),
            Plant::PaysFirst => {
                self.bank.pay(completion);
                changed.effects = None;
            }
            _ => {}
        }
        StoreFuture::ready(now(self.bank.complete(&changed)))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        if self.fault == Plant::Unfenced {
            self.seize(&release.id, release.owner);
        }
        self.bank.release(release)
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.bank.extend(extension)
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        self.bank.read(id)
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        self.bank.resolve(resolution)
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        self.bank.list(listing)
    }

    fn commits(&self, effect: TypeId) -> bool {
        self.bank.commits(effect)
    }
}
