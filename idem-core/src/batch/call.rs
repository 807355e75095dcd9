//! One call of the function, and how it ended.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use lambda_runtime::{Context, LambdaEvent};

use super::schedule::Job;
use super::witness::{self, Meeting};

/// How a call ended.
pub(super) enum End<E> {
    Done,
    Failed(E),
    /// Another execution of the key was at work, wherever.
    Busy(E, Meeting),
    Panicked,
}

/// Calls `function` for the record of `job`.
pub(super) async fn call<R, F, C, T, E>(
    job: Job<R, E>,
    context: &Context,
    function: &F,
) -> (Job<R, E>, End<E>)
where
    R: Clone,
    F: Fn(LambdaEvent<R>) -> C,
    C: Future<Output = Result<T, E>>,
{
    let called = async { function(LambdaEvent::new(job.record.clone(), context.clone())).await };
    // One record's panic must not take the others along: their effects are done, and would be reported as failed.
    let watched = witness::watch(AssertUnwindSafe(called).catch_unwind()).await;
    let end = match watched {
        (Ok(Ok(_)), _) => End::Done,
        (Ok(Err(error)), Some(meeting)) => End::Busy(error, meeting),
        (Ok(Err(error)), None) => End::Failed(error),
        (Err(_), _) => End::Panicked,
    };
    (job, end)
}
