//! The runtime of [`idem-lambda`](https://docs.rs/idem-lambda): keys, records, protocol, guard and stores.
//!
//! Users depend on `idem-lambda`. This crate is for the authors of stores, with `default-features = false`: start at
//! [`store::Store`].

#[doc(hidden)]
pub mod ablation;
#[cfg(feature = "lambda")]
pub mod batch;
mod body;
mod call;
pub mod clock;
pub mod codec;
#[cfg(feature = "testing")]
pub mod conformance;
pub mod decision;
#[cfg(feature = "grammar")]
pub mod duration;
mod ended;
pub mod engine;
mod error;
mod event;
mod execution;
mod faithful;
mod guard;
mod handle;
#[cfg(feature = "http")]
pub mod http;
mod idempotency;
pub mod key;
pub mod observe;
mod outcome;
mod output;
mod plain;
pub mod policy;
mod port;
pub mod record;
mod records;
mod reentrance;
mod report;
#[cfg(not(feature = "lambda-http"))]
mod responses;
mod shadow;
mod short_ttl;
#[cfg(feature = "grammar")]
mod site;
mod source;
mod stopwatch;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod timeline;
pub mod verdict;
#[cfg(feature = "lambda")]
mod witness;

pub use error::Error;
pub use event::{Event, Invocation};
pub use execution::{Effect, Execution, Reconciliation, Token};
pub use idempotency::{Builder, Idempotency};
pub use outcome::Outcome;
pub use output::{Output, Refuse, Remember, Replay};
pub use plain::{NewCall, PlainCall};
pub use records::{Pages, Records};
pub use source::{Source, SourceKind};
pub use timeline::Timeline;
pub use verdict::Verdict;

/// What the attribute's expansion names. Not API: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::body::{guarded, run, run_remembering};
    pub use crate::call::{Call, Prepared, execution, question};
    pub use crate::codec::Json;
    pub use crate::execution::{
        Answers, Asked, Asking, Asks, Question, Unasked, ask, ask_function,
    };
    #[cfg(feature = "lambda-http")]
    pub use crate::http::handler::{request, run_http};
    pub use crate::key::{Expression, Path, Segment, Value};
    pub use crate::output::{Encoded, Errors, Forgotten, Remembered};
    pub use crate::policy::{
        OnAbandoned, OnBusy, OnError, OnMissingKey, OnOverrun, OnStoreFailure,
    };
    #[cfg(not(feature = "lambda-http"))]
    pub use crate::responses::{request, run_http};
    #[cfg(feature = "grammar")]
    pub use crate::site::{Name, Site, call, call_on};
}
