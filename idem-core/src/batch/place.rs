//! Where a record stands in its source: the identifier that reports it, and the group that keeps its order. Told by its
//! shape, as its [message](crate::Source) is. A `Serialize` that panics must not take the other records along.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::key::{Segment, Value, text};
use crate::source::{SourceKind, kind};

/// What the names of FIFO queues end with, and no others.
const FIFO: &str = ".fifo";

const SHARD_AND_NUMBER: &[Segment<'_>] = &[Segment::Name("eventID")];
const QUEUE: &[Segment<'_>] = &[Segment::Name("eventSourceARN")];
const MESSAGE_GROUP: &[Segment<'_>] =
    &[Segment::Name("attributes"), Segment::Name("MessageGroupId")];
const MESSAGE: &[Segment<'_>] = &[Segment::Name("messageId")];
const NUMBER_IN_SHARD: &[Segment<'_>] =
    &[Segment::Name("kinesis"), Segment::Name("sequenceNumber")];
const NUMBER_IN_STREAM: &[Segment<'_>] =
    &[Segment::Name("dynamodb"), Segment::Name("SequenceNumber")];

const RECEIPT: &[Segment<'_>] = &[Segment::Name("receiptHandle")];

/// The `Serialize` of a record panicked.
pub(super) struct Panicked;

/// The group whose order the record must keep; `None` where it keeps none.
pub(super) fn group(record: &dyn Value) -> Result<Option<Box<str>>, Panicked> {
    look(|| group_of(record))
}

/// What is not known is kept in order.
fn group_of(record: &dyn Value) -> Option<Box<str>> {
    let group = match kind(record) {
        // Messages of other queues have groups as well, which say who shares the queue fairly.
        Some(SourceKind::Sqs) => match is_fifo(record) {
            Some(false) => return None,
            Some(true) | None => text(record, MESSAGE_GROUP, |group| Some(group.into())),
        },
        Some(SourceKind::Kinesis) => text(record, SHARD_AND_NUMBER, |id| {
            id.split_once(':').map(|(shard, _)| shard.into())
        }),
        // A batch comes from one shard, which its records do not name.
        Some(SourceKind::DynamoDb) | None => None,
        Some(SourceKind::Sns | SourceKind::EventBridge | SourceKind::S3) => return None,
    };
    Some(group.unwrap_or_default())
}

/// Whether a message's queue is a FIFO queue, where the message names it.
fn is_fifo(record: &dyn Value) -> Option<bool> {
    text(record, QUEUE, |arn| {
        (!arn.is_empty()).then(|| arn.ends_with(FIFO))
    })
}

/// What a response calls the record; `None` where its source takes no such response, or it does not say.
pub(super) fn identifier(record: &dyn Value) -> Option<Box<str>> {
    look(|| identifier_of(record)).unwrap_or_default()
}

fn identifier_of(record: &dyn Value) -> Option<Box<str>> {
    let path = match kind(record)? {
        SourceKind::Sqs => MESSAGE,
        SourceKind::Kinesis => NUMBER_IN_SHARD,
        SourceKind::DynamoDb => NUMBER_IN_STREAM,
        SourceKind::Sns | SourceKind::EventBridge | SourceKind::S3 => return None,
    };
    // Lambda takes an empty one for a failure of the whole batch, without a word.
    text(record, path, |id| (!id.is_empty()).then(|| id.into()))
}

/// What `ChangeMessageVisibility` calls the message of a queue.
pub(super) fn receipt_handle(record: &dyn Value) -> Option<Box<str>> {
    let handle = || {
        let is_message = kind(record) == Some(SourceKind::Sqs);
        is_message.then(|| text(record, RECEIPT, |handle| Some(handle.into())))?
    };
    look(handle).unwrap_or_default()
}

fn look<T>(look: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(look)).map_err(|_| Panicked)
}
