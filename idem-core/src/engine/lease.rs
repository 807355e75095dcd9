//! The lease while the body runs: when it is looked at, renewed and over.

use std::time::Duration;

use super::{Engine, ExtendRequest, Phase, Step};
use crate::ablation::{Guard, is_removed};
use crate::clock::UnixMillis;
use crate::policy::OnOverrun;
use crate::store::{Failure, Written};

/// A renewal that failed is not repeated sooner than this.
const RENEWAL_PAUSE: Duration = Duration::from_millis(100);

/// The lease while the body runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lease {
    pub(super) until: UnixMillis,
    /// When to renew it; `None` where it is as long as it can be.
    pub(super) renew_at: Option<UnixMillis>,
    /// The end that a renewal under way asks for.
    pub(super) asked: Option<UnixMillis>,
    /// The end that the body wants.
    pub(super) wanted: Option<UnixMillis>,
}

impl Engine {
    /// Until when the claim is leased, and whether an extension that the body asked for is still to be answered; `None`
    /// where there is no claim.
    #[must_use]
    pub fn lease(&self) -> Option<(UnixMillis, bool)> {
        match self.phase {
            Phase::Running(lease) | Phase::Reconciling(lease) if !self.unguarded => {
                Some((lease.until, lease.wanted.is_some()))
            }
            _ => None,
        }
    }

    /// The body wants a lease until then.
    pub(super) fn extend(&mut self, now: UnixMillis, lease: Lease, until: UnixMillis) -> Step {
        let until = self.longest().map_or(until, |longest| until.min(longest));
        let lease = Lease {
            wanted: Some(until).filter(|until| *until > lease.until && !self.unguarded),
            ..lease
        };
        self.set_lease(lease);
        self.go_on(now, lease)
    }

    /// The body, or the question, goes on: stops it at the end of its lease, and renews the lease in time.
    pub(super) fn go_on(&mut self, now: UnixMillis, lease: Lease) -> Step {
        let overrun_at = self.overrun_at(lease);
        if overrun_at.is_some_and(|overrun_at| overrun_at <= now) {
            return self.refuse(self.gone());
        }
        let is_due = lease.wanted.is_some() || lease.renew_at.is_some_and(|at| at <= now);
        if lease.asked.is_none() && is_due {
            let asked = self.lease_from(now).max(lease.wanted.unwrap_or(now));
            let until = if is_removed(Guard::RenewalIsConfirmed) {
                asked
            } else {
                lease.until
            };
            let lease = Lease {
                until,
                asked: Some(asked),
                ..lease
            };
            self.set_lease(lease);
            return Step::Extend(ExtendRequest {
                owner: self.owner,
                lease_until: asked,
                expires_at: self.deletable_at(asked),
                wake_at: self.overrun_at(lease),
            });
        }
        match self.phase {
            Phase::Reconciling(_) => Step::Reconcile(self.wake_at(lease)),
            _ => Step::Run(self.wake_at(lease)),
        }
    }

    /// When the lease must be looked at: to renew it, or to stop at its end.
    pub(super) fn wake_at(&self, lease: Lease) -> Option<UnixMillis> {
        let renew_at = lease.renew_at.filter(|_| lease.asked.is_none());
        self.overrun_at(lease).into_iter().chain(renew_at).min()
    }

    fn overrun_at(&self, lease: Lease) -> Option<UnixMillis> {
        let stops = !self.runs_on() && !self.unguarded && !is_removed(Guard::BodyStopsWithItsLease);
        stops.then_some(lease.until)
    }

    pub(super) fn extended(
        &mut self,
        now: UnixMillis,
        lease: Lease,
        reply: Result<&Written, Failure>,
    ) -> Step {
        let lease = match (reply, lease.asked) {
            (Ok(Written::Done), Some(until)) => Lease {
                until,
                renew_at: self.renewal(now, until),
                asked: None,
                // What the body asked for meanwhile.
                wanted: lease.wanted.filter(|wanted| *wanted > until),
            },
            (Ok(Written::Lost(found)), _) if !self.runs_on() => {
                return self.lost(now, found.as_deref());
            }
            // Runs on without a lease: the completion will find out what became of the claim.
            (Ok(_), _) => Lease {
                renew_at: None,
                asked: None,
                wanted: None,
                ..lease
            },
            (Err(_), _) => Lease {
                renew_at: Some(now.after((lease.until.since(now) / 2).max(RENEWAL_PAUSE))),
                asked: None,
                wanted: None,
                ..lease
            },
        };
        self.set_lease(lease);
        self.go_on(now, lease)
    }

    /// Whether the body runs on past its lease: only one that has started.
    pub(super) fn runs_on(&self) -> bool {
        self.policy.on_overrun == OnOverrun::Run && matches!(self.phase, Phase::Running(_))
    }

    fn set_lease(&mut self, lease: Lease) {
        self.phase = match self.phase {
            Phase::Reconciling(_) => Phase::Reconciling(lease),
            _ => Phase::Running(lease),
        };
    }

    /// The end of a lease that begins now: never past the moment at which the platform has surely killed the process.
    pub(super) fn lease_from(&self, now: UnixMillis) -> UnixMillis {
        match (self.policy.lease, self.longest()) {
            (None, Some(killed_at)) => killed_at,
            (Some(lease), Some(killed_at)) => now.after(lease).min(killed_at),
            (lease, None) => now.after(lease.unwrap_or(self.policy.default_lease)),
        }
    }

    /// When the platform has surely killed the process: no lease is longer.
    pub(super) fn longest(&self) -> Option<UnixMillis> {
        self.deadline
            .map(|deadline| deadline.after(self.policy.kill_grace))
    }

    /// When to renew a lease that ends at `until`: half-way; `None` where it cannot become longer.
    pub(super) fn renewal(&self, now: UnixMillis, until: UnixMillis) -> Option<UnixMillis> {
        let longest = self.longest().unwrap_or(UnixMillis(u64::MAX));
        (until < longest).then(|| now.after(until.since(now) / 2))
    }
}
