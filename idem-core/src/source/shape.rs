//! The shapes of the events of event sources.

use super::{Source, SourceKind};
use crate::key::{Names, Segment, Value, names, text};

/// The names that tell a shape.
const NAMES: Names<'_> = Names::new(&[
    "Records",
    "eventSource",
    "EventSource",
    "detail-type",
    "detail",
]);

// The paths of a batch. They start with a record's place in it, and so without the first two steps they are the paths
// of a record that is an event by itself.
const RECORDS: Segment<'_> = Segment::Name("Records");
const FIRST: Segment<'_> = Segment::Index(0);
const PLACE: usize = 2;
const SOURCE: [Segment<'_>; 3] = [RECORDS, FIRST, Segment::Name("eventSource")];
const SOURCE_OF_SNS: [Segment<'_>; 3] = [RECORDS, FIRST, Segment::Name("EventSource")];
const SQS_ID: &[Segment<'_>] = &[RECORDS, FIRST, Segment::Name("messageId")];
const SNS_ID: &[Segment<'_>] = &[
    RECORDS,
    FIRST,
    Segment::Name("Sns"),
    Segment::Name("MessageId"),
];
const STREAM_ID: &[Segment<'_>] = &[RECORDS, FIRST, Segment::Name("eventID")];
const S3_ID: &[Segment<'_>] = &[
    RECORDS,
    FIRST,
    Segment::Name("s3"),
    Segment::Name("object"),
    Segment::Name("sequencer"),
];

/// The message that `payload` came from.
///
/// Most events are of no source, so that one walk past the names of their members settles it.
pub(crate) fn of(payload: &dyn Value) -> Option<Source> {
    let [batch, record, record_of_sns, has_type, has_detail] = names(payload, &NAMES);
    if batch {
        of_record(payload, 0)
    } else if record || record_of_sns {
        of_record(payload, PLACE)
    } else if has_type && has_detail {
        text(payload, &[Segment::Name("source")], |_| Some(()))?;
        message(payload, SourceKind::EventBridge, &[Segment::Name("id")])
    } else {
        None
    }
}

/// Whether the event is of several records.
pub(crate) fn has_several(payload: &dyn Value) -> bool {
    let second = |source| text(payload, &[RECORDS, Segment::Index(1), source], |_| Some(()));
    let [_, _, source] = SOURCE;
    let [_, _, source_of_sns] = SOURCE_OF_SNS;
    second(source).or_else(|| second(source_of_sns)).is_some()
}

/// The source of a record that is an event by itself.
#[cfg(feature = "lambda")]
pub(crate) fn kind(record: &dyn Value) -> Option<SourceKind> {
    source(record, PLACE).map(|(kind, _)| kind)
}

/// The message of a record, whose paths start at the step `from` of those of a batch.
fn of_record(payload: &dyn Value, from: usize) -> Option<Source> {
    let (kind, path) = source(payload, from)?;
    message(payload, kind, &path[from..])
}

/// The source of a record, and where it has its message's id.
fn source(payload: &dyn Value, from: usize) -> Option<(SourceKind, &'static [Segment<'static>])> {
    let source = text(payload, &SOURCE[from..], named);
    source.or_else(|| text(payload, &SOURCE_OF_SNS[from..], named_by_sns))
}

/// The source of that name, and where its records have their message's id.
fn named(source: &str) -> Option<(SourceKind, &'static [Segment<'static>])> {
    match source {
        "aws:sqs" => Some((SourceKind::Sqs, SQS_ID)),
        "aws:dynamodb" => Some((SourceKind::DynamoDb, STREAM_ID)),
        "aws:kinesis" => Some((SourceKind::Kinesis, STREAM_ID)),
        "aws:s3" => Some((SourceKind::S3, S3_ID)),
        _ => None,
    }
}

/// The same of SNS, whose records have names of another spelling.
fn named_by_sns(source: &str) -> Option<(SourceKind, &'static [Segment<'static>])> {
    (source == "aws:sns").then_some((SourceKind::Sns, SNS_ID))
}

/// The message whose id is at `path`.
fn message(payload: &dyn Value, kind: SourceKind, path: &[Segment<'_>]) -> Option<Source> {
    text(payload, path, |id| Source::new(kind, id))
}
