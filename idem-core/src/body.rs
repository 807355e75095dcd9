//! The user's body, polled between the guard's steps. The only part of a call that is compiled per handler.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use crate::call::Prepared;
use crate::clock::{Clock, UnixMillis};
use crate::engine::{BodyEnd, Input};
use crate::error::Kind;
use crate::guard::{Settled, guard};
use crate::output::Output;
use crate::record::StoredResult;
use crate::{reentrance, report};

/// The guard waits for the store or for a timer: the body is not polled.
const CLOSED: u8 = 0;
/// The body may be polled; no timer is set yet, since most bodies need none.
const OPEN: u8 = 1;
/// The body may be polled, and has been: while it waits, a timer watches over its lease.
const WATCHED: u8 = 2;

/// Where the guard and the body meet: the guard opens it, the body leaves its end.
///
/// The two are polled by one future, in turn. That keeps the guard free of the body's type, and the whole future `Send`
/// exactly where the body is.
#[derive(Debug)]
pub(crate) struct Port {
    state: AtomicU8,
    end: OnceLock<(BodyEnd, Option<StoredResult>)>,
}

impl Port {
    fn new() -> Self {
        Self {
            state: AtomicU8::new(CLOSED),
            end: OnceLock::new(),
        }
    }

    /// Lets the body run until it ends or the time comes. The time is looked at before every poll of the body: timers
    /// stand still while the platform freezes the process, the clock does not.
    pub(crate) async fn body(
        &self,
        clock: &dyn Clock,
        wake_at: Option<UnixMillis>,
    ) -> Input<'static> {
        let mut timer = None;
        poll_fn(|context| {
            if let Some(end) = self.end() {
                return Poll::Ready(Input::BodyEnded(end));
            }
            let Some(wake_at) = wake_at else {
                self.open();
                return Poll::Pending;
            };
            if clock.now() >= wake_at {
                return Poll::Ready(Input::Tick);
            }
            if self.open() == WATCHED {
                let timer = timer.get_or_insert_with(|| clock.sleep_until(wake_at));
                return timer.as_mut().poll(context).map(|()| Input::Tick);
            }
            Poll::Pending
        })
        .await
    }

    /// How the body ended, where it has.
    fn end(&self) -> Option<BodyEnd> {
        self.end.get().map(|(end, _)| *end)
    }

    /// What the body left to be stored.
    pub(crate) fn result(&self) -> Option<&StoredResult> {
        self.end.get().and_then(|(_, result)| result.as_ref())
    }

    /// Opens the port where it was closed, and says how it stood.
    fn open(&self) -> u8 {
        let before = self.state.load(Ordering::Relaxed);
        if before == CLOSED {
            self.state.store(OPEN, Ordering::Relaxed);
        }
        before
    }

    fn is_open(&self) -> bool {
        self.state.load(Ordering::Relaxed) != CLOSED && self.end.get().is_none()
    }

    /// Asks for a timer; `true` where there was none yet.
    fn watch(&self) -> bool {
        self.state.swap(WATCHED, Ordering::Relaxed) != WATCHED
    }

    fn leave(&self, end: BodyEnd, result: Option<StoredResult>) {
        let first = self.end.set((end, result));
        debug_assert!(first.is_ok(), "a body ends once");
    }
}

/// Runs `body` under the guard of `prepared`: its own result, a stored one, or an error of ours.
#[doc(hidden)]
pub async fn run<F, R>(prepared: Prepared, body: F) -> R
where
    F: Future<Output = R>,
    R: Output,
{
    let mut body = pin!(body);
    let call = match prepared {
        Prepared::Guarded(call) => call,
        Prepared::Unguarded => return body.await,
        Prepared::Refused(error) => return R::refuse(error),
    };
    if reentrance::is_running(&call) {
        return R::refuse(report::refused(
            call.request_id.as_deref(),
            call.error(Kind::Reentrant),
        ));
    }
    let port = Port::new();
    let mut own = None;
    let settled = {
        let mut guard = pin!(guard(&call, &port));
        poll_fn(|context| {
            loop {
                if let Poll::Ready(settled) = guard.as_mut().poll(context) {
                    return Poll::Ready(settled);
                }
                if !port.is_open() {
                    return Poll::Pending;
                }
                let running = reentrance::enter(&call);
                let polled = catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context)));
                drop(running);
                match polled {
                    Ok(Poll::Ready(output)) => {
                        let (end, result) = ending(&output);
                        port.leave(end, result);
                        own = Some(Ok(output));
                    }
                    Ok(Poll::Pending) if port.watch() => return guard.as_mut().poll(context),
                    Ok(Poll::Pending) => return Poll::Pending,
                    Err(panic) => {
                        port.leave(BodyEnd::Panic, None);
                        own = Some(Err(panic));
                    }
                }
            }
        })
        .await
    };
    let replay = match &settled {
        Settled::Replay(result) => R::replay(result.as_bytes()),
        _ => None,
    };
    let refused = report::conclude(&call, settled, port.end(), replay.is_some());
    match (own, refused, replay) {
        (Some(Err(panic)), ..) => resume_unwind(panic),
        (_, Some(error), _) => R::refuse(error),
        (_, None, Some(output)) | (Some(Ok(output)), None, None) => output,
        (None, None, None) => R::refuse(call.error(Kind::LeaseLost)),
    }
}

/// How the body ended. The effect is done by now: a `Serialize` that panics must not undo the record of it.
fn ending<R: Output>(output: &R) -> (BodyEnd, Option<StoredResult>) {
    catch_unwind(AssertUnwindSafe(|| output.ending())).unwrap_or((BodyEnd::UnstorableResult, None))
}
