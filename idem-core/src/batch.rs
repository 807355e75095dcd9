//! The records of a batch, each guarded by itself, and the answer that says which of them are to come again.
//!
//! [`run`] takes the event and the function of one record. What it promises:
//!
//! - Records are handled at once up to a limit, inside the caller's future. Nothing is spawned.
//! - Duplicates *inside* a batch run once, and all get the result: a record that meets another execution of its key is
//!   called once more as soon as a neighbour of that key has ended, and replays. Where no neighbour has that key, it is
//!   called once more when nothing else runs; if the other execution, elsewhere, still goes on, the record is reported
//!   with the time to wait ([`Failure::retry_after`]).
//! - The records of one message group of a FIFO queue, or of one shard of a stream, are handled one after another. The
//!   first that fails is reported with all behind it of its group or shard, which do not start.
//! - Elsewhere a record that fails, has no key or makes its function panic fails alone.
//! - Nothing starts with less than [`min_remaining`](Settings::min_remaining) until the deadline; what did not start is
//!   reported.
//! - A record that hangs takes no other along: the batch is answered [`reserve`](Settings::reserve) before the deadline, and
//!   what still runs is dropped and reported ([`Reason::Unfinished`]).
//! - Memory beside the event and the response is that of the records that are being handled, and of duplicates that are
//!   kept for their second call; not that of the batch.
//!
//! SNS and S3 take no answer for single records: if one fails, [`run`] fails, and Lambda tries the whole event again, of
//! which what is done replays. For SQS, Kinesis and DynamoDB Streams, switch `ReportBatchItemFailures` on in the event
//! source mapping: **without it Lambda ignores the response, and records that failed are lost.**
//!
//! # Example: a queue
//!
//! ```
//! # #[cfg(feature = "memory")] {
//! # use idem_core as idem_lambda;
//! use idem_lambda::{Error, Idempotency, batch, store::Memory};
//! use lambda_runtime::{Context, LambdaEvent};
//! use serde_json::{Value, json};
//! use std::time::Duration;
//!
//! /// With the attribute: `#[idempotent(key = "$.body", ttl = "5d")]`.
//! async fn charge(message: LambdaEvent<Value>) -> Result<String, Error> {
//!     let idempotency = Idempotency::current()?;
//!     let order = message.payload["body"].as_str().unwrap_or_default();
//!     let call = idempotency.call("charge", order).ttl(Duration::from_hours(120));
//!     call.run(async || Ok(format!("charged {order}"))).await
//! }
//!
//! async fn handler(event: LambdaEvent<Value>) -> Result<batch::Response<Error>, batch::Error<Error>> {
//!     batch::run(event, charge).await
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let queue = "arn:aws:sqs:eu-central-1:123456789012:orders";
//! let message = |id, body| {
//!     json!({ "messageId": id, "body": body, "eventSource": "aws:sqs", "eventSourceARN": queue })
//! };
//! let event = json!({ "Records": [message("1", "A-1"), message("2", ""), message("3", "A-1")] });
//! let event = LambdaEvent::new(event, Context::default());
//! let response = Idempotency::new(Memory::new()).scope(handler(event)).await?;
//! assert_eq!(
//!     serde_json::to_value(&response).unwrap(),
//!     json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] }),
//! );
//! # Ok::<(), batch::Error<Error>>(()) }).unwrap();
//! # }
//! ```

mod call;
mod deadline;
mod error;
#[cfg(feature = "events")]
mod events;
mod failure;
mod job;
mod place;
mod report;
mod response;
mod schedule;
mod waiting;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{self, Poll};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use lambda_runtime::LambdaEvent;
use serde::Serialize;
use serde_json::Value;

use self::call::call;
use self::deadline::Deadline;
use self::error::Kind;
use self::schedule::Schedule;
use crate::clock::SystemClock;
use crate::event::Invocation;
use crate::idempotency::Idempotency;

pub use self::error::Error;
pub use self::failure::{Failure, Reason};
pub use self::response::Response;

/// The event of several records.
///
/// `serde_json::Value` is one, if it has a list `Records`. With the feature `events`, so are `SqsEvent`, `KinesisEvent`,
/// `SnsEvent`, `S3Event` and `dynamodb::Event` of `aws_lambda_events`.
///
/// A type of your own is one as well. What must be known of a record is told by how it serializes: keep `eventSource` and
/// `eventSourceARN`, and `messageId` and `attributes` of SQS, `eventID` and `kinesis.sequenceNumber` of Kinesis, or
/// `dynamodb.SequenceNumber` of DynamoDB Streams.
///
/// **What is not known is handled in order**, one record after another: all of a batch where `eventSource` is missing, and the
/// messages of one `MessageGroupId`, or of none, where `eventSourceARN` is missing. Only a queue whose name is there and does
/// not end in `.fifo` has no order, and neither have SNS and S3.
///
/// # Example: messages of a type of your own
///
/// ```
/// # use idem_core as idem_lambda;
/// use idem_lambda::batch::Batch;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize)]
/// struct Orders {
///     #[serde(rename = "Records")]
///     messages: Vec<Message>,
/// }
///
/// #[derive(Clone, Serialize, Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Message {
///     message_id: String,
///     body: String,
///     event_source: String,
///     #[serde(rename = "eventSourceARN")]
///     event_source_arn: String,
/// }
///
/// impl Batch for Orders {
///     type Record = Message;
///
///     fn into_records(self) -> Option<Vec<Message>> {
///         Some(self.messages)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known as a batch",
    note = "the types of `aws_lambda_events` are batches with the feature `events` of `idem-lambda`; write `impl Batch` for a type of your own"
)]
pub trait Batch {
    /// What the function gets. It is cloned for each call, so that it can be called once more.
    type Record: Clone + Serialize;

    /// The records in their order; `None` where the event is no batch.
    fn into_records(self) -> Option<Vec<Self::Record>>;
}

impl Batch for Value {
    type Record = Self;

    fn into_records(mut self) -> Option<Vec<Self>> {
        match self.get_mut("Records").map(Self::take) {
            Some(Self::Array(records)) => Some(records),
            _ => None,
        }
    }
}

/// Calls `function` for each record of the batch, with the [defaults](Settings).
///
/// # Errors
///
/// As [`Settings::run`].
pub fn run<B, F, C, T, E>(
    event: LambdaEvent<B>,
    function: F,
) -> impl Future<Output = Result<Response<E>, Error<E>>>
where
    B: Batch,
    F: Fn(LambdaEvent<B::Record>) -> C,
    C: Future<Output = Result<T, E>>,
{
    Settings::default().run(event, function)
}

/// How a batch is run.
///
/// # Example: an API that takes four requests at once, and up to five seconds for each
///
/// ```
/// # use idem_core as idem_lambda;
/// # use lambda_runtime::{Error, LambdaEvent};
/// # use serde_json::Value;
/// # async fn charge(message: LambdaEvent<Value>) -> Result<(), Error> { Ok(()) }
/// use std::time::Duration;
///
/// use idem_lambda::batch;
///
/// async fn handler(event: LambdaEvent<Value>) -> Result<batch::Response, batch::Error> {
///     let settings = batch::Settings::new().concurrency(4).min_remaining(Duration::from_secs(5));
///     settings.run(event, charge).await
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "settings do nothing until `.run(..)`"]
pub struct Settings {
    concurrency: usize,
    min_remaining: Duration,
    reserve: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 10,
            min_remaining: Duration::from_secs(1),
            reserve: Duration::from_millis(500),
        }
    }
}

impl Settings {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many records are handled at once, at least 1; 10 by default. More: more memory, and more load on what the
    /// function calls. A shard of a stream is handled in order, whatever this says.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// How much time must be left until the invocation's deadline for another record to start; 1 s by default, and more than
    /// the [`reserve`](Self::reserve) in any case. Write how long the function takes at most: what starts later may be
    /// unfinished when the batch is answered.
    pub fn min_remaining(mut self, min_remaining: Duration) -> Self {
        self.min_remaining = min_remaining;
        self
    }

    /// How long before the invocation's deadline the batch is answered, 500 ms by default: an invocation that is killed reports
    /// none of its records as done. What still runs then is dropped, and reported as [`Reason::Unfinished`]. Its claim is left
    /// to its lease, so that its key is busy until a little after the deadline; its effect may have happened.
    ///
    /// A function that does not come to an `.await` for longer than this is killed all the same.
    pub fn reserve(mut self, reserve: Duration) -> Self {
        self.reserve = reserve;
        self
    }

    /// Calls `function` for each record of the batch, and gives the response that reports those that are to come again.
    ///
    /// Whether a record met another execution of its key is told by the guard itself, not by the error of `function`; but
    /// not from inside a task that `function` spawns. The last of its guarded calls counts, and inside one that ends with its
    /// body's error the last of those. **So a function that goes on after a call that was busy, makes no other, and then fails,
    /// is called once more**: it may have had the error from that call. What it does beside its guarded calls then happens
    /// twice. The time is that of [`Idempotency::current`], and of a
    /// [`SystemClock`] where there is none, which needs Tokio's timer where a record waits.
    ///
    /// # Errors
    ///
    /// - [`is_no_batch`](Error::is_no_batch): the event is a `Value` without a list `Records`, or a type of your own that says
    ///   so. Nothing ran. The types of `aws_lambda_events` fail before the handler, where the Lambda runtime reads them.
    /// - [`is_whole`](Error::is_whole): a record failed that cannot be reported by itself.
    pub async fn run<B, F, C, T, E>(
        self,
        event: LambdaEvent<B>,
        function: F,
    ) -> Result<Response<E>, Error<E>>
    where
        B: Batch,
        F: Fn(LambdaEvent<B::Record>) -> C,
        C: Future<Output = Result<T, E>>,
    {
        let LambdaEvent { payload, context } = event;
        let runtime = Idempotency::current().ok();
        let invocation = Invocation::from(&context);
        let Some(records) = payload.into_records() else {
            let error = Error::new(Kind::NoBatch, 0, Vec::new());
            report::ended(invocation.request_id, 0, &[], Some(&error));
            return Err(error);
        };
        let deadline = match &runtime {
            Some(runtime) => runtime.believable(invocation.deadline),
            None => invocation.deadline,
        };
        let clock = runtime
            .as_ref()
            .map_or(&SystemClock as _, Idempotency::clock);
        let mut deadline = Deadline::new(clock, deadline, self);

        let count = records.len();
        let mut schedule = Schedule::new(records, self.concurrency);
        let is_over = AtomicBool::new(false);
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.concurrency
                && let Some(job) = schedule.next()
            {
                if deadline.leaves_time() {
                    running.push(call(job, &context, &function, &is_over));
                } else {
                    schedule.out_of_time(job);
                }
            }
            let next = poll_fn(|context| match running.poll_next_unpin(context) {
                Poll::Pending => deadline.poll(context).map(|()| None),
                ended @ Poll::Ready(_) => ended,
            });
            let Some((job, end, witness)) = next.await else {
                break;
            };
            schedule.ended(job, end, witness.into_ends());
        }
        // Nothing is left, unless the batch must be answered now.
        is_over.store(true, Ordering::Relaxed);
        for (job, end, witness) in poll_fn(|context| poll_each(&mut running, context)).await {
            schedule.ended(job, end, witness.into_ends());
        }
        while let Some(job) = schedule.next() {
            schedule.out_of_time(job);
        }
        let ended = Response::of(schedule.into_failures(), count);
        let (failures, error) = match &ended {
            Ok(response) => (response.failures(), None),
            Err(error) => (error.failures(), Some(error)),
        };
        report::ended(invocation.request_id, count, failures, error);
        ended
    }
}

/// What of these is ready when each has been polled once.
fn poll_each<F: Future>(
    futures: &mut FuturesUnordered<F>,
    context: &mut task::Context<'_>,
) -> Poll<Vec<F::Output>> {
    let polled = Pin::new(futures)
        .iter_pin_mut()
        .map(|future| future.poll(context));
    let ready = polled.filter_map(|polled| match polled {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    });
    Poll::Ready(ready.collect())
}
