//! What a running handler can ask of its guard.

mod question;
mod run;
mod token;

use std::any::TypeId;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use self::question::{
    Answers, Asked, Asking, Asks, Question, Reconciliation, Unasked, ask, ask_function,
};
pub use self::token::Token;

pub(crate) use self::run::Run;

use crate::error::{Error, Kind};
use crate::record::{Attempt, Status};
use crate::store::Effects;
use crate::verdict::Verdict;

/// A write that a store can commit together with a record, both or neither.
///
/// Each store has types of its own: `DynamoDb` takes `TransactWriteItem`. See [`Store::commits`].
///
/// [`Store::commits`]: crate::store::Store::commits
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be committed together with a record",
    note = "write the type that the store takes, as in `Execution<TransactWriteItem>` for DynamoDB"
)]
pub trait Effect: Send + Sync + 'static {}

/// One run of a handler, as the handler sees it: a parameter marked `#[execution]`.
///
/// `T` is what the handler may have committed together with its record; `()` is nothing. It goes wherever the handler
/// goes: across `.await`, into helper functions, and, cloned, into other tasks.
pub struct Execution<T = ()> {
    run: Arc<Run>,
    effects: Arc<Staging<T>>,
}

impl<T: Send + Sync + 'static> Execution<T> {
    pub(crate) fn of(run: Arc<Run>) -> Self {
        Self {
            run,
            effects: Arc::new(Staging(Mutex::new(Stage::Open(Vec::new())))),
        }
    }

    /// Where its body leaves what is to be committed.
    pub(crate) fn staged(&self) -> Arc<dyn Staged> {
        Arc::clone(&self.effects) as _
    }
}

impl<T> Execution<T> {
    /// An idempotency key for a downstream system: the same on every attempt of this key and `step`, so that a payment
    /// provider takes a repeated charge for the same one. A handler with several effects names a step for each.
    ///
    /// It is the same, too, when the key runs again after its ttl; put [`generation`](Self::generation) into the step
    /// where that must be a new effect. Where nothing guards the call (a disabled runtime, or no key), it is new for
    /// every execution.
    ///
    /// # Example
    ///
    /// ```
    /// # use idem_core as idem_lambda;
    /// use idem_lambda::Execution;
    ///
    /// async fn charge(bank: &Bank, execution: &Execution) -> Result<(), Declined> {
    ///     bank.charge(4_999).idempotency_key(execution.token("charge").to_uuid()).await
    /// }
    /// # struct Bank; struct Charge; struct Declined;
    /// # impl Bank { fn charge(&self, _: u32) -> Charge { Charge } }
    /// # impl Charge { async fn idempotency_key(self, _: String) -> Result<(), Declined> { Ok(()) } }
    /// ```
    #[must_use]
    pub fn token(&self, step: &str) -> Token {
        Token::new(&self.run.seed, step)
    }

    /// The fencing number of this execution: greater than that of every execution of this key before. Where the record was
    /// deleted meanwhile it starts anew from the time in milliseconds, which is greater as far as clocks go forward and
    /// keys are not claimed more than once a millisecond. A downstream system that keeps the greatest one it has seen can refuse those that
    /// are late. 0 where nothing guards the call.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.run.generation()
    }

    /// Which attempt of this key it is, counted from 1, since its record is there.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.run.attempt()
    }

    /// The attempt before, where there was one. Its status says how it ended: [`Status::InProgress`] is a crash, a
    /// timeout or a lost lease; [`Status::Released`] an error or a panic.
    #[must_use]
    pub fn previous(&self) -> Option<Attempt> {
        self.run.previous()
    }

    /// Whether the key was completed before and its ttl is over: the event comes later than the results are kept.
    #[must_use]
    pub fn is_late(&self) -> bool {
        let ends = [Status::Completed, Status::Failed, Status::DoneNoResult];
        let previous = self.run.previous();
        previous.is_some_and(|previous| ends.contains(&previous.status))
    }

    /// Why the event came, where its key was claimed before: [`Verdict::LambdaRetry`] and the like on an attempt after one
    /// that failed or disappeared, [`Verdict::LateArrival`] after the ttl, [`Verdict::Concurrent`] after waiting for another.
    /// `None` on a first attempt, and where nothing guards the call.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.run.verdict()
    }

    /// How long the handler may still run: until the invocation's deadline or, where that is unknown, until the end of
    /// its lease as it stands, which is renewed while the handler waits. [`Duration::MAX`] where nothing ends it.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        let end = self.run.deadline.or_else(|| self.run.lease_until());
        let now = self.run.now();
        end.map_or(Duration::MAX, |end| end.since(now))
    }

    /// Has the lease last for `by` from now at least, or until the deadline where that is sooner. It never gets shorter.
    ///
    /// The lease is renewed by itself while the handler waits; this is for a handler that is about to compute for longer
    /// than the lease without waiting.
    ///
    /// # Errors
    ///
    /// [`is_not_extended`](Error::is_not_extended): the store did not confirm it, or the claim is lost, or the handler
    /// has returned.
    pub async fn extend(&self, by: Duration) -> Result<(), Error> {
        let until = self.run.now().after(by);
        let failed = self.run.want(until);
        if poll_fn(|context| self.run.extended(until, failed, context)).await {
            Ok(())
        } else {
            Err(Error::new(Kind::NotExtended))
        }
    }

    /// Has these writes committed together with the record of this execution: both or neither, so that they happen
    /// exactly once per key, whatever crashes.
    ///
    /// They wait until the handler has returned `Ok`; where it returns an error, panics, or has lost its claim, they are
    /// dropped. Where a condition of theirs does not hold, the call ends with an error that
    /// [`is_canceled`](Error::is_canceled), nothing is written, and the policy `on_error` says what becomes of the key.
    ///
    /// # Errors
    ///
    /// [`is_not_configured`](Error::is_not_configured): the handler has returned already, so that nothing more can be
    /// committed.
    pub fn transact(&self, effects: impl IntoIterator<Item = T>) -> Result<(), Error>
    where
        T: Effect,
    {
        let effects: Vec<T> = effects.into_iter().collect();
        match &mut *self.effects.lock() {
            Stage::Open(staged) => staged.extend(effects),
            Stage::Closed => {
                return Err(Error::new(Kind::NotConfigured(
                    "the handler has returned, so that nothing more can be committed; call `transact` before it does",
                )));
            }
        }
        Ok(())
    }
}

impl<T> Clone for Execution<T> {
    fn clone(&self) -> Self {
        Self {
            run: Arc::clone(&self.run),
            effects: Arc::clone(&self.effects),
        }
    }
}

impl<T> fmt::Debug for Execution<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").finish_non_exhaustive()
    }
}

/// Where the body leaves what is to be committed, until the guard takes it.
struct Staging<T>(Mutex<Stage<T>>);

enum Stage<T> {
    Open(Vec<T>),
    Closed,
}

impl<T> Staging<T> {
    fn lock(&self) -> impl std::ops::DerefMut<Target = Stage<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a body has left to be committed, of whatever type.
pub(crate) trait Staged: Send + Sync {
    /// Which type it is.
    fn kind(&self) -> TypeId;

    /// Takes it; none where there is none. From here on nothing more can be left.
    fn take(&self) -> Option<Effects>;
}

impl<T: Send + Sync + 'static> Staged for Staging<T> {
    fn kind(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn take(&self) -> Option<Effects> {
        match mem::replace(&mut *self.lock(), Stage::Closed) {
            Stage::Open(effects) if !effects.is_empty() => Some(Effects::new(effects)),
            _ => None,
        }
    }
}

impl fmt::Debug for dyn Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Staged(..)")
    }
}
