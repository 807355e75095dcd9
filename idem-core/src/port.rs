//! Where the guard and the body meet: the guard opens it, the body leaves its end.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tracing::{Span, span};

use crate::clock::{Clock, UnixMillis};
use crate::engine::{BodyEnd, Input};
use crate::execution::Run;
use crate::record::StoredResult;
use crate::store::Effects;

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
    left: OnceLock<Left>,
    /// What the handler can ask of the guard, where it has an execution to ask.
    run: Option<Arc<Run>>,
    /// The call, for those who trace it.
    span: Span,
}

/// What a body leaves at its end.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) end: BodyEnd,
    /// What is to be stored.
    pub(crate) result: Option<StoredResult>,
    /// What is to be committed with it.
    pub(crate) effects: Option<Effects>,
}

impl Port {
    pub(crate) fn new(run: Option<Arc<Run>>, span: Span) -> Self {
        Self {
            state: AtomicU8::new(CLOSED),
            left: OnceLock::new(),
            run,
            span,
        }
    }

    /// Polls the guard, inside the call's span.
    pub(crate) fn poll<F: Future>(
        &self,
        guard: Pin<&mut F>,
        context: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let _span = self.span.enter();
        guard.poll(context)
    }

    /// The call's span, entered until this is dropped.
    pub(crate) fn enter(&self) -> span::Entered<'_> {
        self.span.enter()
    }

    /// Lets the body run until it ends, has something to tell, or the time comes. The time is looked at before every poll of the body: timers
    /// stand still while the platform freezes the process, the clock does not. `now` has just been read.
    pub(crate) async fn body(
        &self,
        clock: &dyn Clock,
        now: UnixMillis,
        wake_at: Option<UnixMillis>,
    ) -> Input<'static> {
        let mut just_read = Some(now);
        let mut timer = None;
        poll_fn(|context| {
            if let Some(end) = self.end() {
                return Poll::Ready(Input::BodyEnded(end));
            }
            if let Some(news) = self.run.as_ref().and_then(|run| run.news(context)) {
                return Poll::Ready(news);
            }
            let Some(wake_at) = wake_at else {
                self.open();
                return Poll::Pending;
            };
            if just_read.take().unwrap_or_else(|| clock.now()) >= wake_at {
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
    pub(crate) fn end(&self) -> Option<BodyEnd> {
        self.left.get().map(|left| left.end)
    }

    /// What the body left to be stored.
    pub(crate) fn result(&self) -> Option<&StoredResult> {
        self.left.get().and_then(|left| left.result.as_ref())
    }

    /// What the body left to be committed.
    pub(crate) fn effects(&self) -> Option<&Effects> {
        self.left.get().and_then(|left| left.effects.as_ref())
    }

    /// Opens the port where it was closed, and says how it stood.
    fn open(&self) -> u8 {
        let before = self.state.load(Ordering::Relaxed);
        if before == CLOSED {
            self.state.store(OPEN, Ordering::Relaxed);
        }
        before
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state.load(Ordering::Relaxed) != CLOSED && self.left.get().is_none()
    }

    /// Has the body wait: from here on the guard waits for the store.
    pub(crate) fn close(&self) {
        self.state.store(CLOSED, Ordering::Relaxed);
    }

    /// Whether the guard has something to do although the body has not ended.
    pub(crate) fn has_news(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.has_news())
    }

    /// Asks for a timer; `true` where there was none yet.
    pub(crate) fn watch(&self) -> bool {
        self.state.swap(WATCHED, Ordering::Relaxed) != WATCHED
    }

    pub(crate) fn leave(&self, left: Left) {
        let first = self.left.set(left);
        debug_assert!(first.is_ok(), "a body ends once");
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Some(run) = &self.run {
            run.end();
        }
    }
}
