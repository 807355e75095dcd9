//! What became of an abandoned attempt: the handler's question to the outside world.

use std::fmt;
use std::future::{Future, pending, poll_fn};

use super::Execution;
use super::run::Answer;
use crate::output::Output;

/// What became of an abandoned attempt, as the outside world says: the answer of the function that a handler names in
/// `on_abandoned = reconcile(..)`.
///
/// The function gets the event and the [`Execution`], whose [`token`](Execution::token) is the one that the abandoned
/// attempt gave to the payment provider, say. It is asked only after the take-over, so that two never ask at once. Where
/// it fails, its error is the call's, nothing runs, and once the lease is over the next delivery asks again.
///
/// # Example: ask the bank
///
/// ```
/// # use idem_core as idem_lambda;
/// use idem_lambda::{Error, Execution, Reconciliation};
/// # struct Order; struct Receipt; enum Payment { Done(Receipt), Refused, Pending }
/// # struct Bank; impl Bank { async fn find(&self, _: &str) -> Result<Payment, Error> { Ok(Payment::Refused) } }
/// # static BANK: Bank = Bank;
///
/// async fn ask_the_bank(_: &Order, execution: &Execution) -> Result<Reconciliation<Receipt>, Error> {
///     Ok(match BANK.find(&execution.token("charge").to_uuid()).await? {
///         Payment::Done(receipt) => Reconciliation::Completed(receipt),
///         Payment::Refused => Reconciliation::NeverHappened,
///         Payment::Pending => Reconciliation::Unknown,
///     })
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reconciliation<T> {
    /// It had its effect, and this is its result: it is stored and returned, and nothing runs.
    Completed(T),
    /// It never had its effect: the handler runs.
    NeverHappened,
    /// Nobody can tell: the record is held until a person has looked.
    Unknown,
}

/// Whom a plain call asks what became of an abandoned attempt: nobody, or a function.
#[doc(hidden)]
pub trait Asks<R> {
    const ASKS: bool;

    fn ask(self, question: &Question) -> impl Future<Output = Option<R>>;
}

/// Nobody.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Unasked;

impl<R> Asks<R> for Unasked {
    const ASKS: bool = false;

    async fn ask(self, _: &Question) -> Option<R> {
        None
    }
}

/// This function.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Asked<A>(pub(crate) A);

impl<A, F, R> Asks<R> for Asked<A>
where
    A: FnOnce(Execution) -> F,
    F: Future<Output = Result<Reconciliation<R::Value>, R::Error>>,
    R: Output,
{
    const ASKS: bool = true;

    async fn ask(self, question: &Question) -> Option<R> {
        ask(question, || (self.0)(question.0.clone())).await
    }
}

impl<A> fmt::Debug for Asked<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked(..)")
    }
}

/// A call that may have to ask before its handler runs.
#[doc(hidden)]
#[derive(Debug)]
pub struct Question(pub(crate) Execution);

impl Question {
    /// What the handler's function gets.
    #[must_use]
    pub fn execution(&self) -> &Execution {
        &self.0
    }
}

/// Asks where an attempt was abandoned. With what this gives the call ends; without, the handler runs.
#[doc(hidden)]
pub async fn ask<F, R>(question: &Question, ask: impl FnOnce() -> F) -> Option<R>
where
    F: Future<Output = Result<Reconciliation<R::Value>, R::Error>>,
    R: Output,
{
    let run = &question.0.run;
    if !run.is_asked() {
        return None;
    }
    match ask().await {
        Ok(Reconciliation::Completed(value)) => Some(R::from(Ok(value))),
        Ok(Reconciliation::NeverHappened) => {
            run.answer(Answer::NeverHappened);
            poll_fn(|context| run.may_run(context)).await;
            None
        }
        Ok(Reconciliation::Unknown) => {
            run.answer(Answer::Unknown);
            pending().await
        }
        Err(error) => Some(R::from(Err(error))),
    }
}
