//! One call of the function, and how it ended.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use lambda_runtime::{Context, LambdaEvent};

use super::job::{End, Job};
use crate::witness::Witness;

/// Calls `function` for the record of `job`, and says what its guarded calls came to. What waits when it `is_over` is
/// unfinished.
pub(super) async fn call<R, F, C, T, E>(
    job: Job<R, E>,
    context: &Context,
    function: &F,
    is_over: &AtomicBool,
) -> (Job<R, E>, End<E>, Witness)
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
            let poll = || called.as_mut().poll(context);
            // One record's panic must not take the others along: their effects are done, and would be reported as failed.
            Poll::Ready(
                match witness.watch(|| catch_unwind(AssertUnwindSafe(poll))) {
                    Ok(Poll::Ready(Ok(_))) => End::Done,
                    Ok(Poll::Ready(Err(error))) => match witness.meeting.take() {
                        Some(meeting) => End::Busy(error, meeting),
                        None => End::Failed(error),
                    },
                    Ok(Poll::Pending) if is_over.load(Ordering::Relaxed) => End::Unfinished,
                    Ok(Poll::Pending) => return Poll::Pending,
                    Err(_) => End::Panicked,
                },
            )
        })
        .await
    };
    (job, end, witness)
}
