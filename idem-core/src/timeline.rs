//! One record's history, to be read.

mod text;

use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::clock::UnixMillis;
use crate::key::RecordId;
use crate::record::{History, Origin, Record, Status};

/// One record's history, to be read: from [`Record::timeline`].
///
/// It prints as a few lines of text, and serializes as below. It holds neither the key nor the fingerprint nor the
/// result, of which only size and codec are told. Each time is by the clock of whoever sent the claim; when an attempt
/// ended is not kept. A time is a text as [`UnixMillis`] prints.
///
/// | field | meaning |
/// |---|---|
/// | `record` | namespace and hash of the key |
/// | `status` | `in_progress`, `released`, `held`, `completed`, `failed`, `done_no_result`, or `foreign` for what cannot be read |
/// | `attempts` | how many claims were granted; 0: another program wrote the record |
/// | `generation` | the fencing number; absent where `attempts` is 0 |
/// | `known` | the attempts of which more than the number is known, the earliest first |
/// | `known[].attempt` | which one, from 1 on; 0: one by another program |
/// | `known[].started_at` | when it was claimed |
/// | `known[].ended` | as `status`, or `disappeared`; absent where that is not kept any more |
/// | `known[].lease_until` | until when it was leased: of the last two |
/// | `known[].request_id`, `known[].source`, `known[].version` | what brought it, where that is known: of the first and the last two |
/// | `expires_at` | the end of the ttl; before there is a result, when the store may delete the record; absent: never, or unknown where `status` is `foreign` |
/// | `result_bytes`, `codec` | of the result or the remembered error, where there is one |
///
/// # Example: what became of a record that a log names, or of a key
///
/// ```
/// # use idem_core as idem_lambda;
/// use idem_lambda::Idempotency;
///
/// async fn by_id(runtime: &Idempotency, record: &str) -> Result<(), Box<dyn std::error::Error>> {
///     if let Some(record) = runtime.records().get(&record.parse()?).await? {
///         println!("{}", record.timeline());
///     }
///     Ok(())
/// }
///
/// // Outside the Lambda function, the runtime is built with the function's name: `.function("orders")`.
/// async fn by_key(runtime: &Idempotency, order_id: &str) -> Result<(), Box<dyn std::error::Error>> {
///     if let Some(record) = runtime.records().find("charge", order_id).await? {
///         println!("{}", serde_json::to_string(&record.timeline())?);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Timeline {
    #[serde(serialize_with = "as_text")]
    record: RecordId,
    status: End,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    known: Vec<Known>,
    #[serde(serialize_with = "if_there", skip_serializing_if = "Option::is_none")]
    expires_at: Option<UnixMillis>,
    #[serde(flatten)]
    result: Option<Stored>,
}

/// What is known of one attempt.
#[derive(Clone, Debug, Serialize)]
struct Known {
    attempt: u32,
    #[serde(serialize_with = "if_there", skip_serializing_if = "Option::is_none")]
    started_at: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<End>,
    #[serde(serialize_with = "if_there", skip_serializing_if = "Option::is_none")]
    lease_until: Option<UnixMillis>,
    #[serde(flatten)]
    origin: Brought,
}

/// What brought an attempt.
#[derive(Clone, Debug, Default, Serialize)]
struct Brought {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Stored {
    #[serde(rename = "result_bytes")]
    bytes: usize,
    codec: String,
}

/// How an attempt ended, or the record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum End {
    InProgress,
    Disappeared,
    Released,
    Held,
    Completed,
    Failed,
    DoneNoResult,
    Foreign,
}

impl Record {
    /// Its history, to be read.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        let status = End::of(self.status);
        let is_readable = status != End::Foreign;
        let attempts = self.provenance.attempts;
        let expires_at = self.expires_at.filter(|_| is_readable);
        Timeline {
            record: self.id.clone(),
            status,
            attempts,
            generation: Some(self.generation).filter(|_| attempts > 0),
            known: if is_readable { known(self) } else { Vec::new() },
            expires_at: expires_at.map(|seconds| UnixMillis(seconds.saturating_mul(1000))),
            result: self.result.as_ref().map(|result| Stored {
                bytes: result.as_bytes().len(),
                codec: result.codec().to_owned(),
            }),
        }
    }
}

/// The attempts of a record, the earliest first. Their numbers are counted back from the latest.
fn known(record: &Record) -> Vec<Known> {
    let provenance = &record.provenance;
    let latest = Known {
        ended: Some(End::of(record.status)),
        lease_until: Some(record.lease_until),
        origin: Brought::by(&provenance.origin),
        ..Known::new(provenance.attempts, provenance.started_at)
    };
    let mut known = vec![latest];
    if let Some(history) = provenance.history.as_deref() {
        // A claim that took over what another program wrote is the first that was counted.
        let numbers = (0..provenance.attempts).rev();
        known.extend(
            numbers
                .zip(before(history))
                .map(|(attempt, before)| Known { attempt, ..before }),
        );
        add_first(history, &mut known);
    }
    known.reverse();
    known
}

/// The attempts before the latest, without their numbers, the last of them first.
fn before(history: &History) -> impl Iterator<Item = Known> {
    let previous = &history.previous;
    let previous = Known {
        ended: Some(End::of_past(previous.status)),
        lease_until: Some(previous.lease_until),
        origin: Brought::by(&previous.origin),
        ..Known::new(0, previous.started_at)
    };
    let pasts = history.pasts.iter().map_while(Option::as_ref);
    let pasts = pasts.map(|past| Known {
        ended: Some(End::of_past(past.status)),
        ..Known::new(0, past.started_at)
    });
    std::iter::once(previous).chain(pasts)
}

/// What brought the first attempt is kept for ever; how it ended, as long as it is among the last few.
fn add_first(history: &History, known: &mut Vec<Known>) {
    let first = Known {
        origin: Brought::by(&history.first),
        ..Known::new(1, history.first_started_at)
    };
    match known.last_mut() {
        Some(earliest) if earliest.attempt == 1 => earliest.origin = first.origin,
        // Without a time the first was another program's, and nothing is kept of it.
        Some(earliest) if earliest.attempt > 1 && first.started_at.is_some() => known.push(first),
        _ => {}
    }
}

impl Known {
    fn new(attempt: u32, started_at: UnixMillis) -> Self {
        Self {
            attempt,
            // What is not known is written as zero.
            started_at: Some(started_at).filter(|at| at.0 > 0),
            ended: None,
            lease_until: None,
            origin: Brought::default(),
        }
    }
}

impl Brought {
    fn by(origin: &Origin) -> Self {
        Self {
            request_id: origin.request_id.as_deref().map(str::to_owned),
            source: origin.source.as_ref().map(ToString::to_string),
            version: origin.version.as_deref().cloned(),
        }
    }
}

impl End {
    fn of(status: Status) -> Self {
        match status {
            Status::InProgress => Self::InProgress,
            Status::Released => Self::Released,
            Status::Held => Self::Held,
            Status::Completed => Self::Completed,
            Status::Failed => Self::Failed,
            Status::DoneNoResult => Self::DoneNoResult,
            Status::Foreign => Self::Foreign,
        }
    }

    /// Of an attempt that another came after.
    fn of_past(status: Status) -> Self {
        match status {
            Status::InProgress => Self::Disappeared,
            status => Self::of(status),
        }
    }
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn if_there<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}
