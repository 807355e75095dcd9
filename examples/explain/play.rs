//! Plays the deliveries, in this process and on a clock that only they move.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use idem_lambda::clock::{Clock, ManualClock, UnixMillis};
use idem_lambda::key::RecordId;
use idem_lambda::observe::{EndedCall, Observer, Outcome};
use idem_lambda::{Idempotency, Source, Timeline, Verdict, store::Memory};
use lambda_runtime::{Context, Error, LambdaEvent};

use crate::delivery::Delivery;
use crate::duplicate::{self, Duplicate, Shared};
use crate::{charge, sandbox};

/// 2026-01-05, 09:00 UTC.
const START: UnixMillis = UnixMillis(1_767_603_600_000);
const PAUSE: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(30);

/// What is to be explained.
pub(crate) struct Played {
    pub(crate) duplicates: Vec<Duplicate>,
    /// Of the records that were tried more than once, in the order of their first duplicates.
    pub(crate) timelines: Vec<Timeline>,
}

pub(crate) async fn play(deliveries: &[Delivery]) -> Result<Played, Error> {
    let (store, clock) = (Memory::new(), ManualClock::at(START));
    let runtime = Idempotency::new(store.clone());
    let mut duplicates = Vec::new();
    let mut number = 0;
    for group in deliveries.chunk_by(|_, next| next.together) {
        clock.advance(PAUSE);
        let mut tasks = Vec::new();
        for delivery in group {
            clock.advance(delivery.later);
            tasks.push(tokio::spawn(deliver(&store, &clock, delivery)));
        }
        for (delivery, task) in group.iter().zip(tasks) {
            number += 1;
            if let Some(seen) = task.await? {
                duplicates.extend(explain(&runtime, number, delivery, seen).await?);
            }
        }
    }
    let timelines = timelines(&runtime, &duplicates).await?;
    Ok(Played {
        duplicates,
        timelines,
    })
}

/// Delivers an event, and says what the library told of it: nothing where it timed out.
fn deliver(
    store: &Memory,
    clock: &ManualClock,
    delivery: &Delivery,
) -> impl Future<Output = Option<Seen>> + use<> {
    let witness = Arc::new(Witness::default());
    // A runtime of its own, whose observer sees this call alone.
    let runtime = Idempotency::builder(store.clone())
        .clock(clock.clone())
        .function("orders")
        .function_version("1")
        .observer(Arc::clone(&witness))
        .build();
    let mut context = Context::default();
    context.request_id.clone_from(&delivery.request_id);
    context.deadline = clock.now().after(TIMEOUT).0;
    let payload = serde_json::from_str(delivery.payload.get());
    async move {
        let event = LambdaEvent::new(payload.ok()?, context);
        // What it ended with, the witness knows.
        _ = sandbox::run(Box::pin(runtime.scope(charge::handle(event)))).await;
        witness.seen()
    }
}

async fn explain(
    runtime: &Idempotency,
    number: usize,
    delivery: &Delivery,
    seen: Seen,
) -> Result<Option<Duplicate>, Error> {
    let (Some(id), Some(verdict)) = (seen.record, seen.verdict) else {
        return Ok(None);
    };
    let Some(record) = runtime.records().get(&id).await? else {
        return Ok(None);
    };
    let provenance = &record.provenance;
    let first = provenance.first();
    let before = match seen.outcome {
        // Nothing ran: the latest attempt is another's.
        Outcome::Replayed | Outcome::Busy | Outcome::Refused => &provenance.origin,
        _ => provenance
            .previous()
            .map_or(first, |attempt| &attempt.origin),
    };
    let source = duplicate::source(delivery);
    Ok(Some(Duplicate {
        delivery: number,
        // Nothing in a file may steer the terminal.
        note: delivery.note.replace(char::is_control, " "),
        request_id: delivery.request_id.clone(),
        record: id,
        outcome: seen.outcome,
        verdict,
        shares: Shared::with(&[first, before], &delivery.request_id, source.as_ref()),
        first_request_id: first.request_id.as_deref().map(str::to_owned),
        advice: verdict.advice(source.as_ref().map(Source::kind)),
    }))
}

async fn timelines(
    runtime: &Idempotency,
    duplicates: &[Duplicate],
) -> Result<Vec<Timeline>, Error> {
    let mut ids: Vec<&RecordId> = Vec::new();
    for Duplicate { record, .. } in duplicates {
        if !ids.contains(&record) {
            ids.push(record);
        }
    }
    let mut timelines = Vec::new();
    for id in ids {
        let record = runtime.records().get(id).await?;
        let tried_again = record.filter(|record| record.provenance.attempts > 1);
        timelines.extend(tried_again.map(|record| record.timeline()));
    }
    Ok(timelines)
}

/// What the library told of a call.
#[derive(Debug)]
struct Seen {
    record: Option<RecordId>,
    outcome: Outcome,
    verdict: Option<Verdict>,
}

/// Keeps what the library tells of one call.
#[derive(Debug, Default)]
struct Witness(Mutex<Option<Seen>>);

impl Witness {
    fn seen(&self) -> Option<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Observer for Witness {
    fn call_ended(&self, call: &EndedCall<'_>) {
        let seen = Seen {
            record: call.record.cloned(),
            outcome: call.outcome,
            verdict: call.verdict,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }
}
