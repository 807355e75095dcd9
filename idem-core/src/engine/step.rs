//! What the engine is told, and what it says.

use crate::clock::UnixMillis;
use crate::decision::Terms;
use crate::record::{Owner, Record, Status};
use crate::store::{Claimed, Failure, Written};

/// What the engine is told.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The reply to a [`Step::Claim`].
    Claimed(Result<&'a Claimed, Failure>),
    /// The reply to a [`Step::Extend`].
    Extended(Result<&'a Written, Failure>),
    /// The reply to a [`Step::Complete`].
    Completed(Result<&'a Written, Failure>),
    /// The reply to a [`Step::Release`].
    Released(Result<&'a Written, Failure>),
    /// The body ended.
    BodyEnded(BodyEnd),
    /// The reply to a [`Step::Look`].
    Found(Result<Option<&'a Record>, Failure>),
    /// The body asks for a lease until this moment.
    Extend(UnixMillis),
    /// The answer to a [`Step::Reconcile`]: the execution before never had its effect. Where it had one, its result is
    /// the answer, as in [`Input::BodyEnded`].
    NeverHappened,
    /// The answer to a [`Step::Reconcile`]: nobody can tell.
    Unknown,
    /// Nothing but the time.
    Tick,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyEnd {
    /// With a result that can be stored.
    Result,
    /// With a result that cannot be stored.
    UnstorableResult,
    /// With an error that is not to be stored.
    Error,
    /// With an error that says that nothing was done: the claim is released, whatever the policy.
    NothingDone,
    /// With an error that is to be stored where errors are remembered.
    StorableError,
    /// With an error that is to be stored and cannot be.
    UnstorableError,
    /// With a panic.
    Panic,
}

impl BodyEnd {
    /// Whether the body ended with an error.
    #[must_use]
    pub fn is_error(self) -> bool {
        matches!(
            self,
            Self::Error | Self::NothingDone | Self::StorableError | Self::UnstorableError
        )
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Send this claim.
    Claim(ClaimRequest),
    /// Do nothing until the record has changed, or until this moment; then [`Input::Tick`].
    Watch(WatchRequest),
    /// Read the record. From this moment on a reply comes too late.
    Look(Option<UnixMillis>),
    /// Poll the body, and come back with a [`Input::Tick`] at this moment if it has not ended by then.
    Run(Option<UnixMillis>),
    /// Have the body ask what became of the execution before, and come back with [`Input::Tick`] at this moment.
    Reconcile(Option<UnixMillis>),
    /// Send this extension, and go on polling the body as in [`Step::Run`].
    Extend(ExtendRequest),
    /// Send this completion.
    Complete(CompleteRequest),
    /// Send this release.
    Release(ReleaseRequest),
    /// Do nothing until this moment, then [`Input::Tick`].
    Wait(UnixMillis),
    /// The call is over.
    Return(Outcome),
}

/// What of a [`Claim`](crate::store::Claim) the engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimRequest {
    /// What the record is compared with.
    pub terms: Terms,
    /// The end of the lease.
    pub lease_until: UnixMillis,
    /// When the backend may delete the record, in Unix seconds.
    pub expires_at: Option<u64>,
}

/// Which change to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WatchRequest {
    /// The generation of the execution that runs.
    pub generation: u64,
    /// When to look whether or not a change was told.
    pub until: UnixMillis,
}

/// What of an [`Extension`](crate::store::Extension) the engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtendRequest {
    /// Who holds the claim.
    pub owner: Owner,
    /// The new end of the lease.
    pub lease_until: UnixMillis,
    /// When the backend may delete the record, in Unix seconds.
    pub expires_at: Option<u64>,
    /// When to come back if neither the reply nor the body's end came.
    pub wake_at: Option<UnixMillis>,
}

/// What of a [`Completion`](crate::store::Completion) the engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CompleteRequest {
    /// Who holds the claim.
    pub owner: Owner,
    /// How the execution ended.
    pub status: Status,
    /// The end of the ttl, in Unix seconds; `None`: never.
    pub expires_at: Option<u64>,
    /// From when on an answer comes too late.
    pub give_up_at: UnixMillis,
}

/// What of a [`Release`](crate::store::Release) the engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseRequest {
    /// Who holds the claim.
    pub owner: Owner,
    /// When the backend may delete what stays, in Unix seconds.
    pub expires_at: u64,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With what the body ended with: its result, its error or its panic.
    Own,
    /// With the result that the record holds which came back last.
    Replay,
    /// With the error that this record remembers.
    ReplayError,
    /// As [`Own`](Self::Own), and it is the answer to a [`Step::Reconcile`].
    Reconciled,
    /// As [`Own`](Self::Own), although the store had not confirmed the claim.
    Unguarded,
    /// With an error of ours.
    Refused(Refusal),
}

/// Why a call ends without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Another execution holds the claim until this moment at the latest. Nothing ran.
    InProgress(UnixMillis),
    /// The key is the same, the fingerprint is not. Nothing ran.
    Mismatch,
    /// A person must look first. Nothing ran.
    Held,
    /// An earlier execution is done, its result is not stored. Nothing ran.
    DoneNoResult,
    /// The record cannot be read. Nothing ran.
    Foreign,
    /// The claim was not confirmed. Nothing ran.
    ClaimUnconfirmed,
    /// There was no time left to start. Nothing ran.
    NotStarted,
    /// The body ran, the claim is gone: its outcome is unknown.
    LeaseLost,
    /// The body is done, and the store did not confirm that this is recorded.
    CompletionUnknown,
    /// The body is done, and the store refused what it wanted committed: nothing of it took effect.
    Canceled,
}
