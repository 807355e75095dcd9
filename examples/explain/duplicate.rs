//! A duplicate: why it came.

use idem_lambda::key::RecordId;
use idem_lambda::observe::Outcome;
use idem_lambda::record::Origin;
use idem_lambda::{Source, SourceKind, Verdict};
use serde::{Serialize, Serializer};

use crate::charge::Payload;
use crate::delivery::Delivery;

/// A delivery whose key was claimed before.
#[derive(Serialize)]
pub(crate) struct Duplicate {
    /// Its line among the deliveries.
    pub(crate) delivery: usize,
    pub(crate) note: String,
    pub(crate) request_id: String,
    #[serde(serialize_with = "text")]
    pub(crate) record: RecordId,
    #[serde(serialize_with = "text")]
    pub(crate) outcome: Outcome,
    #[serde(serialize_with = "text")]
    pub(crate) verdict: Verdict,
    pub(crate) shares: Shared,
    pub(crate) first_request_id: Option<String>,
    pub(crate) advice: &'static str,
}

/// What it has in common with the first attempt of its key or with the one before it, which is what its verdict is from.
#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shared {
    /// The Lambda request id.
    RequestId,
    /// The message of the queue.
    Message,
    /// Nothing else.
    Key,
}

impl Shared {
    /// The most that it has in common with one of them.
    pub(crate) fn with(before: &[&Origin], request_id: &str, source: Option<&Source>) -> Self {
        let shared = |before: &&Origin| match (&before.source, source) {
            // Two messages of one batch come under one request id.
            (Some(before), Some(source)) if before != source => Self::Key,
            _ if before.request_id.as_deref() == Some(request_id) => Self::RequestId,
            (Some(_), Some(_)) => Self::Message,
            _ => Self::Key,
        };
        let with: Vec<_> = before.iter().map(shared).collect();
        let mut closest = [Self::RequestId, Self::Message].into_iter();
        let found = closest.find(|shared| with.contains(shared));
        found.unwrap_or(Self::Key)
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::RequestId => "the request id",
            Self::Message => "the message of the queue",
            Self::Key => "nothing but the key",
        }
    }
}

/// The message that brought it, where it came from a queue.
pub(crate) fn source(delivery: &Delivery) -> Option<Source> {
    match serde_json::from_str(delivery.payload.get()).ok()? {
        Payload::Queue(event) => {
            let id = event.records.first()?.message_id.as_deref()?;
            Source::new(SourceKind::Sqs, id)
        }
        Payload::Shop(_) => None,
    }
}

fn text<S: Serializer>(value: &impl ToString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}
