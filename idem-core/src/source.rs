//! The message of an event source that an event came from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

#[cfg(feature = "lambda")]
pub(crate) use self::shape::kind;
pub(crate) use self::shape::{has_several, of};

mod shape;

/// The message of an event source that an event came from, by its name in the source: what stays the same when the
/// source delivers again, while the Lambda request id is new.
///
/// It prints as `<source>:<id>`, for example `sqs:059f36b4-87a3-44ab-83d2-661975830a7d`. Cloning shares it.
#[derive(Clone, PartialEq, Eq, Hash)]
// A pointer of one word: each record has it.
pub struct Source(Arc<String>);

/// An event source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// A queue of SQS: `messageId`.
    Sqs,
    /// A topic of SNS: `MessageId`.
    Sns,
    /// A bus or rule of `EventBridge`: `id`.
    EventBridge,
    /// A stream of `DynamoDB`: `eventID`.
    DynamoDb,
    /// A stream of Kinesis: `eventID`.
    Kinesis,
    /// A bucket of S3: `sequencer`.
    S3,
}

/// The longest id, in bytes.
const LONGEST: usize = 128;

impl SourceKind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Sqs,
        Self::Sns,
        Self::EventBridge,
        Self::DynamoDb,
        Self::Kinesis,
        Self::S3,
    ];

    /// How long after its first delivery the source may deliver a message once more, as AWS sets it up: a ttl that is
    /// shorter forgets a result while duplicates can still come.
    ///
    /// | source | | |
    /// |---|---|---|
    /// | SQS | 4 days | the queue's retention, unless it is set otherwise; 14 days at most |
    /// | SNS | 23 days and 6 hours | its retries, then those of Lambda's queue |
    /// | `EventBridge` | 30 hours | 24 hours of retries, then those of Lambda's queue |
    /// | `DynamoDB` Streams | 24 hours | the stream's retention |
    /// | Kinesis | 24 hours | the stream's retention, unless it is set otherwise; 365 days at most |
    /// | S3 | 6 hours | the retries of Lambda's queue |
    ///
    /// Where a setting of yours is longer, so must the ttl be: an event does not show it.
    #[must_use]
    pub const fn redelivery(self) -> Duration {
        /// The maximum age of an event that is invoked asynchronously.
        const LAMBDA_HOURS: u64 = 6;
        let hours = match self {
            Self::Sqs => 4 * 24,
            Self::Sns => 23 * 24 + LAMBDA_HOURS,
            Self::EventBridge => 24 + LAMBDA_HOURS,
            Self::DynamoDb | Self::Kinesis => 24,
            Self::S3 => LAMBDA_HOURS,
        };
        Duration::from_hours(hours)
    }

    /// Its name: `sqs`, `sns`, `eventbridge`, `dynamodb`, `kinesis` or `s3`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::EventBridge => "eventbridge",
            Self::DynamoDb => "dynamodb",
            Self::Kinesis => "kinesis",
            Self::S3 => "s3",
        }
    }
}

impl Source {
    /// The message that `event` came from, by its shape; `None` where it has the shape of no event source, as requests
    /// over HTTP and direct invocations have not.
    ///
    /// A record has a message, and an event of several that of its first. The event is not serialized as a whole, and
    /// nothing is taken from it but what AWS gave the message as its name.
    ///
    /// # Example: a message of a queue
    ///
    /// ```
    /// # use idem_core as idem_lambda;
    /// use idem_lambda::Source;
    /// use serde_json::json;
    ///
    /// let message = json!({ "messageId": "059f36b4", "eventSource": "aws:sqs", "body": "{}" });
    /// let source = Source::of(&message).unwrap();
    /// assert_eq!(source.as_str(), "sqs:059f36b4");
    /// assert_eq!(Source::of(&json!({ "Records": [message] })), Some(source));
    ///
    /// assert_eq!(Source::of(&json!({ "orderId": "A-1001" })), None);
    /// ```
    #[must_use]
    pub fn of<E: Serialize + ?Sized>(event: &E) -> Option<Self> {
        of(&event)
    }

    /// The message `id` of a source; `None` where that is no id that AWS gives: one of up to 128 letters, digits and
    /// `-`, `_`, `.`, `:`.
    #[must_use]
    pub fn new(kind: SourceKind, id: &str) -> Option<Self> {
        let is_known =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        let is_id = !id.is_empty() && id.len() <= LONGEST && id.bytes().all(is_known);
        is_id.then(|| Self(Arc::new([kind.as_str(), ":", id].concat())))
    }

    /// Reads what [`as_str`](Self::as_str) gives; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, id) = text.split_once(':')?;
        let kind = SourceKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)?;
        Self::new(kind, id)
    }

    /// As it prints.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which source.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        let name = self.0.split(':').next().unwrap_or_default();
        let kind = SourceKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name);
        kind.unwrap_or(SourceKind::Sqs)
    }

    /// The id within the source.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, id)| id)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({self})")
    }
}
