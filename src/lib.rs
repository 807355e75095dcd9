//! Declarative idempotency for AWS Lambda: an attribute that makes a handler run once per key. Retries, queue
//! redeliveries and double clicks get the first run's result back instead of a second run.
//!
//! # The shortest whole program
//!
//! ```no_run
//! use idem_lambda::{Idempotency, idempotent, store::Memory};
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(rename_all = "camelCase")]
//! struct Order {
//!     order_id: String,
//!     cents: u64,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Receipt {
//!     charged: u64,
//! }
//!
//! #[idempotent(key = "$.orderId", ttl = "1h")]
//! async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
//!     Ok(Receipt { charged: event.payload.cents })
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     Idempotency::new(Memory::new()).install()?; // one process; a function that scales out needs a store outside
//!     lambda_runtime::run(service_fn(charge)).await
//! }
//! ```
//!
//! The key is a [JSONPath](https://www.rfc-editor.org/rfc/rfc9535) into the payload as it is serialized: `orderId`, not
//! `order_id`. Its hash stands in records, messages and logs: do not make a key of what can be guessed and must not be
//! known, such as a card number. [`events`] has the key and the ttl for each event source.
//!
//! # What is promised, and what is not
//!
//! **Not promised: exactly-once effects outside the store.** A process can die between the effect and its record; the
//! retry then runs again, one lease and a margin of 2 s later. Where that must not happen, give the downstream system an
//! idempotency key ([`Execution::token`]), ask it what became of the attempt ([`Reconciliation`]), hold such records
//! ([`policy::OnAbandoned::Hold`]), or let the store commit the writes ([`Execution::transact`]).
//!
//! Promised, as far as the store reaches ([`store::Memory`] is one process):
//!
//! - two executions of one key never overlap while both hold a valid lease;
//! - a result that a caller has seen is what every later caller sees until the ttl ends, or a typed error, never another
//!   result;
//! - nobody erases or overwrites a record that another execution owns;
//! - after any crash, one lease and the margin later a fresh call gets through, under the default policies;
//! - a call is never blocked by its own claim;
//! - writes that a handler gives to [`Execution::transact`] commit together with its record or not at all: exactly once.
//!
//! # The attribute
//!
//! See [`idempotent`] for its arguments. It goes on free functions and on methods of inherent impls.
//! [`Idempotency::call`] does the same without it. Of a batch, [`batch::run`] calls it for each record.
//!
//! Its policies, and their defaults on the runtime ([`Builder`]), are described in [`policy`]:
//!
//! | what happens | policy |
//! |---|---|
//! | the handler fails | [`OnError`](policy::OnError): release, remember, hold |
//! | an execution disappeared | [`OnAbandoned`](policy::OnAbandoned): retry, hold, reconcile |
//! | another execution of the key runs | [`OnBusy`](policy::OnBusy): fail, wait |
//! | the lease ends while the handler runs | [`OnOverrun`](policy::OnOverrun): stop, run |
//! | the event has no key | [`OnMissingKey`](policy::OnMissingKey): fail, run |
//! | the store does not confirm the claim | [`OnStoreFailure`](policy::OnStoreFailure): fail, run |
//!
//! [`Records`] is for the people who look after what is held or abandoned.
//!
//! # Logs
//!
//! Every guarded call ends in one `tracing` event of target `idem`: record, request id, how it ended and, where its key was
//! claimed before, a [`Verdict`] why it came and which setting to look at. [`logs`] has the fields, a query for CloudWatch
//! Logs Insights for each verdict, and what to do; [`observe`] tells programs the same, and what was measured.
//! [`observe::Emf`] makes CloudWatch metrics of it, and `observe::Metrics` those of the crate `metrics`.
//!
//! To introduce the library into a system that runs, begin with [`Idempotency::shadow`]: every call still runs, and what
//! would have been replayed or refused is reported.
//!
//! # Stores
//!
//! | store | for | needs |
//! |---|---|---|
//! | [`store::Memory`] | tests, development, duplicates within one process | nothing |
//! | `store::DynamoDb` | functions that run | the feature `dynamodb`, a table, and leave to use it |
//!
//! A store of your own implements [`store::Store`]; the feature `testing` brings the checks of its contract.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `lambda` | yes | `LambdaEvent<T>` is an event: payload, deadline, request id, tenant; [`batch`] |
//! | `memory` | yes | [`store::Memory`] |
//! | `dynamodb` | no | `store::DynamoDb` |
//! | `events` | no | the events of `aws_lambda_events` are batches ([`batch`]) |
//! | `http` | no | `http`: a `tower` layer for the header `Idempotency-Key` |
//! | `lambda-http` | no | the same for the requests of `lambda_http`, and `codec = http` for its handlers |
//! | `metrics` | no | `observe::Metrics`: counters and histograms for the recorder of the crate `metrics` |
//! | `testing` | no | `testing`: a handler's crashes, stores that fail or count, `ManualClock`; and `conformance` |
//!
//! # Choosing a ttl and a lease
//!
//! The **ttl** counts from completion. It must outlive the source's redeliveries: asynchronous invocations are retried
//! for up to 6 hours, a queue redelivers until its retention ends (4 days by default).
//!
//! The **lease** says how long a crash blocks its key. Without `lease` it lasts until the invocation's deadline and one
//! second, so that nobody takes over what may still be running; with a timeout of minutes, write a short one
//! (`lease = "30s"`): it is renewed while the handler runs. Work that blocks its thread for longer than the lease cannot
//! be renewed: move it to `spawn_blocking`.

pub use idem_core::{
    Builder, Effect, Error, Event, Execution, Idempotency, Invocation, NewCall, Outcome, Output,
    Pages, PlainCall, Reconciliation, Records, Refuse, Remember, Replay, Source, SourceKind,
    Timeline, Token, Verdict, clock, codec, decision, engine, key, observe, policy, record, store,
    verdict,
};
pub use idem_macros::idempotent;

#[cfg(feature = "lambda")]
pub use idem_core::batch;

#[cfg(feature = "testing")]
pub use idem_core::conformance;

#[cfg(feature = "testing")]
#[doc = include_str!("testing.md")]
pub use idem_core::testing;

#[cfg(feature = "http")]
#[doc = include_str!("http.md")]
pub use idem_core::http;

#[doc = include_str!("events.md")]
pub mod events {}

#[doc = include_str!("logs.md")]
pub mod logs {}

/// What the attribute's expansion names. Not API: it changes without notice.
#[doc(hidden)]
pub use idem_core::__private;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
