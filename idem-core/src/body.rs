//! The user's body, polled between the guard's steps. The only part of a call that is compiled per handler.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use crate::call::{Call, Prepared};
use crate::engine::BodyEnd;
use crate::error::Kind;
use crate::guard::{Settled, guard};
use crate::output::Output;
use crate::port::Port;
use crate::{reentrance, report};

/// Runs `body` under the guard of `prepared`: its own result, a stored one, or an error of ours.
///
/// The body stays where the caller has pinned it: it may be large, and moving it costs more than guarding it.
#[doc(hidden)]
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` would hold the call twice, as an argument and as a local"
)]
pub fn run<F, R>(prepared: Prepared, mut body: Pin<&mut F>) -> impl Future<Output = R>
where
    F: Future<Output = R>,
    R: Output,
{
    async move {
        let call = match prepared {
            Prepared::Guarded(ref call) => call,
            Prepared::Unguarded => return body.await,
            Prepared::Refused(error, request_id) => {
                return R::refuse(report::refused(request_id.as_deref(), error));
            }
        };
        if reentrance::is_running(call) {
            return R::refuse(report::refused(
                call.request_id.as_deref(),
                call.error(Kind::Reentrant),
            ));
        }
        let port = Port::new();
        let mut own = None;
        let mut settled = {
            let mut guard = pin!(guard(call, &port));
            poll_fn(|context| {
                loop {
                    if let Poll::Ready(settled) = guard.as_mut().poll(context) {
                        return Poll::Ready(settled);
                    }
                    if !port.is_open() {
                        return Poll::Pending;
                    }
                    let running = reentrance::enter(call);
                    let polled = catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context)));
                    drop(running);
                    match polled {
                        Ok(Poll::Ready(output)) => {
                            let (end, json) = ending(&output);
                            port.leave(call.left(end, json));
                            own = Some(Ok(output));
                        }
                        Ok(Poll::Pending) if port.watch() => return guard.as_mut().poll(context),
                        Ok(Poll::Pending) => return Poll::Pending,
                        Err(panic) => {
                            port.leave(call.left(BodyEnd::Panic, None));
                            own = Some(Err(panic));
                        }
                    }
                }
            })
            .await
        };
        let replay = replay(call, &mut settled, port.end().is_some());
        let refused = report::conclude(call, settled, port.end());
        match (own, refused, replay) {
            (Some(Err(panic)), ..) => resume_unwind(panic),
            (_, Some(error), _) => R::refuse(error),
            (_, None, Some(output)) | (Some(Ok(output)), None, None) => output,
            (None, None, None) => R::refuse(call.error(Kind::LeaseLost)),
        }
    }
}

/// How the body ended. The effect is done by now: a `Serialize` that panics must not undo the record of it.
fn ending<R: Output>(output: &R) -> (BodyEnd, Option<Vec<u8>>) {
    catch_unwind(AssertUnwindSafe(|| output.ending())).unwrap_or((BodyEnd::UnstorableResult, None))
}

/// A stored result; where it no longer decodes, also by a `Deserialize` that panics, the call is refused.
fn replay<R: Output>(call: &Call, settled: &mut Settled, ran: bool) -> Option<R> {
    let Settled::Replay(result) = settled else {
        return None;
    };
    let (output, cause) = match call.decoded(result) {
        Ok(json) => (catch_unwind(|| R::replay(&json)).unwrap_or_default(), None),
        Err(cause) => (None, Some(cause)),
    };
    if output.is_none() {
        *settled = Settled::Refused(call.unreadable(ran, cause));
    }
    output
}
