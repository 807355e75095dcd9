//! One call of the function, and how it ended.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use lambda_runtime::{Context, LambdaEvent};

use super::job::{End, Job};
use crate::witness::Witness;

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
    let mut witness = Witness::default();
    let end = {
        let call = || function(LambdaEvent::new(job.record.clone(), context.clone()));
        // Polled where it is: each `async` round it would hold the function's future once more.
        let mut called = pin!(async { call().await });
        poll_fn(|context| {
            let poll = || witness.watch(|| called.as_mut().poll(context));
            // One record's panic must not take the others along: their effects are done, and would be reported as failed.
            match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(polled) => polled.map(Some),
                Err(_) => Poll::Ready(None),
            }
        })
        .await
    };
    let end = match (end, witness.meeting) {
        (None, _) => End::Panicked,
        (Some(Ok(_)), _) => End::Done,
        (Some(Err(error)), Some(meeting)) => End::Busy(error, meeting),
        (Some(Err(error)), None) => End::Failed(error),
    };
    (job, end)
}
