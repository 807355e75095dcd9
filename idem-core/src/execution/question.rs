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

impl<T> Reconciliation<T> {
    fn map<U>(self, make: impl FnOnce(T) -> U) -> Reconciliation<U> {
        match self {
            Self::Completed(value) => Reconciliation::Completed(make(value)),
            Self::NeverHappened => Reconciliation::NeverHappened,
            Self::Unknown => Reconciliation::Unknown,
        }
    }
}

/// What the function of `reconcile` returns: a future.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`reconcile` needs an `async fn`; this returns `{Self}`, which cannot be awaited",
    label = "returns no future",
    note = "write `async fn(event: &Event, execution: &Execution) -> Result<Reconciliation<T>, E>`, or a closure as `async |event, execution| ..`"
)]
pub trait Asking {
    type Answer;

    fn future(self) -> impl Future<Output = Self::Answer>;
}

#[diagnostic::do_not_recommend]
impl<F: Future> Asking for F {
    type Answer = F::Output;

    fn future(self) -> impl Future<Output = F::Output> {
        self
    }
}

/// What that future gives for a handler that returns `R`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the function of `reconcile` gives `{Self}`, for a handler that returns `{R}`",
    label = "gives `{Self}`",
    note = "where the handler returns `Result<T, E>`, its function gives `Result<Reconciliation<T>, E>`"
)]
pub trait Answers<R> {
    /// What the call ends with, where it does not run.
    fn answer(self) -> Reconciliation<R>;
}

impl<T, E> Answers<Result<T, E>> for Result<Reconciliation<T>, E> {
    fn answer(self) -> Reconciliation<Result<T, E>> {
        match self {
            Ok(answer) => answer.map(Ok),
            Err(error) => Reconciliation::Completed(Err(error)),
        }
    }
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

/// Asks a closure where an attempt was abandoned. With what this gives the call ends; without, the handler runs.
///
/// What the closure has to give is said to the compiler, which then infers it.
#[doc(hidden)]
pub async fn ask<F, R>(question: &Question, ask: impl FnOnce() -> F) -> Option<R>
where
    F: Future<Output = Result<Reconciliation<R::Value>, R::Error>>,
    R: Output,
{
    let answer = async {
        match ask().await {
            Ok(answer) => answer.map(|value| R::from(Ok(value))),
            Err(error) => Reconciliation::Completed(R::from(Err(error))),
        }
    };
    settle(question, answer).await
}

/// The same of a function, whose types are known: where they do not fit, the messages are ours.
#[doc(hidden)]
pub async fn ask_function<F, R>(question: &Question, ask: impl FnOnce() -> F) -> Option<R>
where
    F: Asking,
    F::Answer: Answers<R>,
{
    settle(question, async { ask().future().await.answer() }).await
}

async fn settle<R>(
    question: &Question,
    answer: impl Future<Output = Reconciliation<R>>,
) -> Option<R> {
    let run = &question.0.run;
    if !run.is_asked() {
        return None;
    }
    match answer.await {
        Reconciliation::Completed(output) => Some(output),
        Reconciliation::NeverHappened => {
            run.answer(Answer::NeverHappened);
            poll_fn(|context| run.may_run(context)).await;
            None
        }
        Reconciliation::Unknown => {
            run.answer(Answer::Unknown);
            pending().await
        }
    }
}
