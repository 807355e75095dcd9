//! The user's body, polled between the guard's steps. Only [`guarded`] is compiled for every handler, and the rest for every
//! type of result.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tracing::Span;

use crate::call::{Call, Prepared};
use crate::ended::{Ended, Settled};
use crate::engine::BodyEnd;
use crate::error::{Error, Kind};
use crate::guard::guard;
use crate::output::{Errors, Forgotten, Output, Remember, Remembered};
use crate::port::Port;
#[cfg(feature = "lambda")]
use crate::witness;
use crate::{reentrance, report};

/// Runs `body` under the guard of `prepared`: its own result, a stored one, or an error of ours.
///
/// The body stays where the caller has pinned it: it may be large, and moving it costs more than guarding it.
#[doc(hidden)]
pub fn run<F, R>(prepared: Prepared, body: Pin<&mut F>) -> impl Future<Output = R>
where
    F: Future<Output = R>,
    R: Output,
{
    guarded::<F, R, Forgotten>(prepared, body, |_| ())
}

/// The same, for a handler whose errors are remembered.
#[doc(hidden)]
pub fn run_remembering<F, R>(prepared: Prepared, body: Pin<&mut F>) -> impl Future<Output = R>
where
    F: Future<Output = R>,
    R: Output,
    R::Error: Remember,
{
    guarded::<F, R, Remembered>(prepared, body, |_| ())
}

/// The same, where `E` says whether errors are remembered, and `on_replay` sees a replayed value before the caller does.
#[doc(hidden)]
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` would hold the call twice, as an argument and as a local"
)]
pub fn guarded<F, R, E>(
    mut prepared: Prepared,
    mut body: Pin<&mut F>,
    on_replay: impl FnOnce(&mut R::Value),
) -> impl Future<Output = R>
where
    F: Future<Output = R>,
    R: Output,
    E: Errors<R>,
{
    async move {
        let port = begin(&prepared);
        let mut own = None;
        let ended = {
            let mut guard = pin!(guard(&prepared, &port, E::REMEMBERS));
            poll_fn(|context| {
                let (guard, body) = (guard.as_mut(), body.as_mut());
                poll::<_, R, E>(&prepared, &port, guard, body, &mut own, context)
            })
            .await
        };
        let mut on_replay = Some(on_replay);
        conclude::<R, E>(&mut prepared, &port, ended, own, &mut |value| {
            if let Some(on_replay) = on_replay.take() {
                on_replay(value);
            }
        })
    }
}

/// Where the call's guard and its body are going to meet.
fn begin(prepared: &Prepared) -> Port {
    #[cfg(feature = "lambda")]
    witness::begun();
    match prepared {
        Prepared::Guarded(call) => Port::new(call.run.clone(), report::span(call)),
        Prepared::Unguarded(call) => {
            report::unguarded(call);
            Port::new(None, Span::none())
        }
        Prepared::Refused(error, about) => {
            report::refused(error, about);
            Port::new(None, Span::none())
        }
    }
}

/// What the body ended with.
type Own<R> = Result<R, Box<dyn Any + Send>>;

/// Polls guard and body in turn. The body's type is gone by now: else this would be compiled anew for every handler.
fn poll<G, R, E>(
    prepared: &Prepared,
    port: &Port,
    mut guard: Pin<&mut G>,
    mut body: Pin<&mut dyn Future<Output = R>>,
    own: &mut Option<Own<R>>,
    context: &mut Context<'_>,
) -> Poll<Option<Ended>>
where
    G: Future<Output = Option<Ended>>,
    R: Output,
    E: Errors<R>,
{
    if let Prepared::Unguarded(_) = prepared {
        return body.poll(context).map(|output| {
            *own = Some(Ok(output));
            None
        });
    }
    loop {
        if let Poll::Ready(ended) = port.poll(guard.as_mut(), context) {
            return Poll::Ready(ended);
        }
        let call = match prepared {
            Prepared::Guarded(call) if port.is_open() => call,
            _ => return Poll::Pending,
        };
        let running = (reentrance::enter(call), port.enter());
        let polled = catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context)));
        drop(running);
        match polled {
            Ok(Poll::Ready(output)) => {
                let (end, json) = ending::<R, E>(&output);
                port.leave(call.left(end, json));
                *own = Some(Ok(output));
            }
            Ok(Poll::Pending) if port.has_news() => {}
            Ok(Poll::Pending) if port.watch() => return port.poll(guard.as_mut(), context),
            Ok(Poll::Pending) => return Poll::Pending,
            Err(panic) => {
                port.leave(call.left(BodyEnd::Panic, None));
                *own = Some(Err(panic));
            }
        }
    }
}

/// Reports how the call ended, and gives what the caller gets.
fn conclude<R: Output, E: Errors<R>>(
    prepared: &mut Prepared,
    port: &Port,
    ended: Option<Ended>,
    own: Option<Own<R>>,
    on_replay: &mut dyn FnMut(&mut R::Value),
) -> R {
    let (refused, replay) = match (prepared, ended) {
        // Moved out of its place: a call that was not refused is not to be moved at all.
        (Prepared::Refused(error, _), _) => (Some(mem::replace(error, lost())), None),
        (Prepared::Guarded(call), Some(mut ended)) => {
            let mut replay = replay::<R, E>(call, &mut ended, port.end().is_some());
            let refused = report::conclude(call, ended, port.end());
            if let Some(value) = replay.as_mut().and_then(Output::value_mut) {
                on_replay(value);
            }
            (refused, replay)
        }
        _ => {
            #[cfg(feature = "lambda")]
            if let Some(Ok(output)) = &own {
                witness::unguarded(output.error().is_some());
            }
            (None, None)
        }
    };
    match (own, refused, replay) {
        (Some(Err(panic)), ..) => resume_unwind(panic),
        (_, Some(error), _) => R::refuse(error),
        (_, None, Some(output)) | (Some(Ok(output)), None, None) => output,
        (None, None, None) => R::refuse(lost()),
    }
}

fn lost() -> Error {
    Error::new(Kind::LeaseLost)
}

/// How the body ended. The effect is done by now: a `Serialize` that panics must not undo the record of it.
fn ending<R: Output, E: Errors<R>>(output: &R) -> (BodyEnd, Option<Vec<u8>>) {
    let ending = || match output.error() {
        Some(_) => E::ending(output),
        None => output.ending(),
    };
    let is_error = output.error().is_some() && E::REMEMBERS;
    catch_unwind(AssertUnwindSafe(ending)).unwrap_or(if is_error {
        (BodyEnd::UnstorableError, None)
    } else {
        (BodyEnd::UnstorableResult, None)
    })
}

/// What is stored; where it no longer decodes, also by a `Deserialize` that panics, the call is refused.
fn replay<R: Output, E: Errors<R>>(call: &Call, ended: &mut Ended, ran: bool) -> Option<R> {
    let (stored, is_error) = match &ended.settled {
        Settled::Replay(result) => (result, false),
        Settled::ReplayError(error) => (error, true),
        _ => return None,
    };
    let decode = |json: &[u8]| {
        if is_error {
            E::replay(json)
        } else {
            R::replay(json)
        }
    };
    let (output, cause) = match call.decoded(stored) {
        Ok(json) => (catch_unwind(|| decode(&json)).unwrap_or_default(), None),
        Err(cause) => (None, Some(cause)),
    };
    if output.is_none() {
        ended.settled = Settled::Refused(call.unreadable(ran, cause));
    }
    output
}
