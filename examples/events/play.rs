//! Plays an event source to a handler, on a clock that only it moves, and shows what became of each delivery.

use std::future::Future;
use std::time::Duration;

use idem_lambda::clock::{Clock, ManualClock, UnixMillis};
use idem_lambda::observe::{EndedCall, Observer};
use idem_lambda::{Idempotency, Verdict, store::Memory};
use lambda_runtime::{Context, Error, LambdaEvent};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::outside;

/// 2026-01-05, 09:00 UTC.
const START: UnixMillis = UnixMillis(1_767_603_600_000);
const TIMEOUT: Duration = Duration::from_secs(30);

/// An event source.
pub(crate) struct Play {
    store: Memory,
    clock: ManualClock,
}

impl Play {
    /// What is outside of the function does not answer the first so many times.
    pub(crate) fn start(failures: usize) -> Self {
        outside::fail(failures);
        Self {
            store: Memory::new(),
            clock: ManualClock::at(START),
        }
    }

    /// Lets time pass.
    pub(crate) fn later(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Delivers an event in an invocation of this request.
    pub(crate) async fn deliver<E, R, F>(
        &self,
        what: &str,
        request_id: &str,
        event: &Value,
        handler: impl FnOnce(LambdaEvent<E>) -> F,
    ) -> Result<(), Error>
    where
        E: DeserializeOwned,
        F: Future<Output = Result<R, Error>>,
    {
        let mut context = Context::default();
        context.request_id = request_id.to_owned();
        context.deadline = self.clock.now().after(TIMEOUT).0;
        let event = LambdaEvent::new(serde_json::from_value(event.clone())?, context);
        // A runtime of its own, whose observer sees this call alone.
        let runtime = Idempotency::builder(self.store.clone())
            .clock(self.clock.clone())
            .observer(Line(what.to_owned()))
            .build();
        // What it ended with, the line says.
        _ = runtime.scope(Box::pin(handler(event))).await;
        Ok(())
    }
}

/// Prints what became of a delivery, with these words about it.
#[derive(Debug)]
struct Line(String);

impl Observer for Line {
    fn call_ended(&self, call: &EndedCall<'_>) {
        let outcome = call.outcome.as_str();
        let verdict = call.verdict.map_or("", Verdict::as_str);
        println!("{outcome:<9} {verdict:<15} {}", self.0);
    }
}
