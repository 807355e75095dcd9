//! A runtime that a witness watches, and calls that are polled by hand.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use idem_lambda::clock::{ManualClock, UnixMillis};
use idem_lambda::observe::{Emf, Metrics};
use idem_lambda::store::{Memory, Store};
use idem_lambda::{Builder, Error, Idempotency};
use lambda_runtime::Diagnostic;

use crate::handlers::{Desk, End, Failure, Receipt};
use crate::witness::Witness;

/// After this an attempt counts as abandoned.
pub(crate) const ABANDONED: Duration = Duration::from_secs(62);
pub(crate) const TTL: Duration = Duration::from_hours(1);

pub(crate) type Ending<'a> = Pin<Box<dyn Future<Output = Result<Receipt, Failure>> + 'a>>;

/// A runtime that a witness watches.
pub(crate) struct Shop {
    witness: Witness,
    pub(crate) clock: ManualClock,
    pub(crate) runtime: Idempotency,
    pub(crate) desk: Desk,
}

impl Shop {
    pub(crate) fn new(witness: &Witness) -> Self {
        Self::with(witness, Memory::new(), |builder| builder)
    }

    pub(crate) fn with(
        witness: &Witness,
        store: impl Store,
        settings: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let clock = ManualClock::at(UnixMillis(1_800_000_000_000));
        let builder = Idempotency::builder(store).clock(clock.clone());
        let runtime = settings(watched(builder, witness)).build();
        Self {
            witness: witness.clone(),
            clock,
            runtime,
            desk: Desk {
                witness: witness.clone(),
                end: Cell::new(End::Return),
                is_open: Cell::new(true),
            },
        }
    }

    /// Polls a call once, whose body waits from then on.
    pub(crate) fn begin<'a>(
        &'a self,
        call: impl Future<Output = Result<Receipt, Failure>> + 'a,
    ) -> Ending<'a> {
        self.desk.is_open.set(false);
        let mut call: Ending<'_> = Box::pin(self.runtime.scope(call));
        assert!(poll(&mut call).is_pending());
        self.desk.is_open.set(true);
        call
    }

    /// Polls a call that is over at once, and keeps what can be seen of it.
    pub(crate) fn end<T>(&self, call: impl Future<Output = Result<T, Failure>>) {
        let mut call = Box::pin(self.runtime.scope(call));
        match catch_unwind(AssertUnwindSafe(|| poll(&mut call))) {
            Ok(Poll::Pending) => panic!("the call should be over"),
            Ok(Poll::Ready(Err(Failure::Guard(error)))) => self.note_error(error),
            // The handler's own.
            Ok(Poll::Ready(Ok(_) | Err(Failure::Declined(_)))) | Err(_) => {}
        }
        self.look();
    }

    pub(crate) fn note_error(&self, error: Error) {
        self.witness.note_error(&error);
        self.witness
            .note("answer", format!("{:?}", Diagnostic::from(error)));
    }

    /// Keeps what can be seen of the runtime, and of the records that it was told of.
    pub(crate) fn look(&self) {
        self.witness.note("runtime", format!("{:?}", self.runtime));
        let records = self.runtime.records();
        for id in self.witness.records() {
            let Ok(Some(record)) = now(records.get(&id)) else {
                continue;
            };
            self.witness.note("record", format!("{record:?}"));
            let timeline = record.timeline();
            self.witness
                .note("timeline", format!("{timeline} {timeline:?}"));
            let json = serde_json::to_string(&timeline).unwrap();
            self.witness.note("timeline", json);
        }
    }
}

/// With everything that is told of calls that have ended.
fn watched(builder: Builder, witness: &Witness) -> Builder {
    builder
        .observer(witness.clone())
        .observer(Emf::new().to(witness.clone()))
        .observer(Metrics::new())
}

fn poll<T>(future: &mut Pin<Box<impl Future<Output = T> + ?Sized>>) -> Poll<T> {
    let mut context = Context::from_waker(Waker::noop());
    future.as_mut().poll(&mut context)
}

/// Polls a future that is ready.
#[track_caller]
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match poll(&mut Box::pin(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future should be ready"),
    }
}
