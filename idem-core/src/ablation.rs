//! Switches that take the protocol's guards away, one by one: the explorer must notice each.
//!
//! They exist under `--cfg idem_ablate` alone. Without it [`is_removed`] is constantly `false`, and the compiler drops
//! what would come of it.

/// A guard of the protocol, or the part of one that can be missing while the others are there. The number is the
/// guard's in `DESIGN.md` of this project's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// 1: a claim is one step; without it, it reads, decides and then writes.
    ClaimIsOneStep,
    /// 1: a lost claim brings back the record that it lost to; without it, only that it lost.
    LoserGetsTheRecord,
    /// 1: a granted claim leaves nothing of the former result.
    GrantClearsTheResult,
    /// 2: an execution ends only its own claim.
    OwnerIsCompared,
    /// 2: only a record in progress is ended.
    OnlyProgressEnds,
    /// 2: a release leaves a tombstone; without it, it deletes.
    ReleaseLeavesATombstone,
    /// 3: whoever lost the claim never returns its own result.
    LoserReturnsTheSuccessors,
    /// 3: whoever lost the claim gets the successor's result only where the fingerprint allows.
    LoserComparesTheFingerprint,
    /// 4: a claim that finds its own owner is granted.
    ResentClaimIsOwn,
    /// 4: a completion that finds itself completed is a success.
    ResentCompletionIsOwn,
    /// 4: a release that finds its own tombstone is a success.
    ResentReleaseIsOwn,
    /// 4: a late copy of a claim that has ended is not granted.
    EndedClaimStaysEnded,
    /// 5: expiry frees no record in progress.
    ExpiryFreesNoClaim,
    /// 5: the ttl counts from completion; without it, from the claim.
    TtlCountsFromCompletion,
    /// 5: the end of the ttl is rounded up to seconds; without it, down.
    TtlIsRoundedUp,
    /// 5: the backend deletes no claim before lease, margin and ttl are over; without it, before the lease is.
    DeletionWaitsForTheLease,
    /// 5: what a policy protects has no ttl.
    ProtectedHasNoTtl,
    /// 6: the lease is fixed when the claim is sent; without it, it counts from the reply.
    LeaseIsFixedWhenSent,
    /// 6: a renewal counts once it is confirmed; without it, once it is sent.
    RenewalIsConfirmed,
    /// 6: a lease never moves to an earlier end.
    LeaseNeverShrinks,
    /// 7: the lease is looked at again before the body starts.
    LeaseIsCheckedBeforeTheBody,
    /// 7: the body is not polled past its lease.
    BodyStopsWithItsLease,
    /// 8: a take-over waits for the margin.
    TakeOverWaitsForTheMargin,
    /// 9: a dropped future releases nothing.
    DropReleasesNothing,
}

impl Guard {
    /// Every one of them.
    pub const ALL: [Self; 24] = [
        Self::ClaimIsOneStep,
        Self::LoserGetsTheRecord,
        Self::GrantClearsTheResult,
        Self::OwnerIsCompared,
        Self::OnlyProgressEnds,
        Self::ReleaseLeavesATombstone,
        Self::LoserReturnsTheSuccessors,
        Self::LoserComparesTheFingerprint,
        Self::ResentClaimIsOwn,
        Self::ResentCompletionIsOwn,
        Self::ResentReleaseIsOwn,
        Self::EndedClaimStaysEnded,
        Self::ExpiryFreesNoClaim,
        Self::TtlCountsFromCompletion,
        Self::TtlIsRoundedUp,
        Self::DeletionWaitsForTheLease,
        Self::ProtectedHasNoTtl,
        Self::LeaseIsFixedWhenSent,
        Self::RenewalIsConfirmed,
        Self::LeaseNeverShrinks,
        Self::LeaseIsCheckedBeforeTheBody,
        Self::BodyStopsWithItsLease,
        Self::TakeOverWaitsForTheMargin,
        Self::DropReleasesNothing,
    ];

    /// Its number in the protocol.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::ClaimIsOneStep | Self::LoserGetsTheRecord | Self::GrantClearsTheResult => 1,
            Self::OwnerIsCompared | Self::OnlyProgressEnds | Self::ReleaseLeavesATombstone => 2,
            Self::LoserReturnsTheSuccessors | Self::LoserComparesTheFingerprint => 3,
            Self::ResentClaimIsOwn
            | Self::ResentCompletionIsOwn
            | Self::ResentReleaseIsOwn
            | Self::EndedClaimStaysEnded => 4,
            Self::ExpiryFreesNoClaim
            | Self::TtlCountsFromCompletion
            | Self::TtlIsRoundedUp
            | Self::DeletionWaitsForTheLease
            | Self::ProtectedHasNoTtl => 5,
            Self::LeaseIsFixedWhenSent | Self::RenewalIsConfirmed | Self::LeaseNeverShrinks => 6,
            Self::LeaseIsCheckedBeforeTheBody | Self::BodyStopsWithItsLease => 7,
            Self::TakeOverWaitsForTheMargin => 8,
            Self::DropReleasesNothing => 9,
        }
    }
}

/// Whether this guard is taken away. Never, without `--cfg idem_ablate`.
#[cfg(not(idem_ablate))]
#[must_use]
pub const fn is_removed(_: Guard) -> bool {
    false
}

/// Whether this guard is taken away.
#[cfg(idem_ablate)]
#[must_use]
pub fn is_removed(guard: Guard) -> bool {
    switch::REMOVED.load(std::sync::atomic::Ordering::Relaxed) == guard as u8
}

#[cfg(idem_ablate)]
pub use switch::without;

#[cfg(idem_ablate)]
mod switch {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Guard;

    const NONE: u8 = u8::MAX;
    /// For the whole process: a search has threads of its own.
    pub(super) static REMOVED: AtomicU8 = AtomicU8::new(NONE);

    /// Runs `check` without this guard. One at a time.
    pub fn without<T>(guard: Guard, check: impl FnOnce() -> T) -> T {
        REMOVED.store(guard as u8, Ordering::SeqCst);
        let checked = check();
        REMOVED.store(NONE, Ordering::SeqCst);
        checked
    }
}
