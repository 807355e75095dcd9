//! The events of `aws_lambda_events` that are batches.

use aws_lambda_events::dynamodb::{Event as DynamoDbEvent, EventRecord as DynamoDbRecord};
use aws_lambda_events::kinesis::{KinesisEvent, KinesisEventRecord};
use aws_lambda_events::s3::{S3Event, S3EventRecord};
use aws_lambda_events::sns::{SnsEvent, SnsRecord};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};

use super::Batch;

macro_rules! batches {
    ($($event:ty: $record:ty,)*) => {
        $(impl Batch for $event {
            type Record = $record;

            fn into_records(self) -> Option<Vec<$record>> {
                Some(self.records)
            }
        })*
    };
}

batches! {
    DynamoDbEvent: DynamoDbRecord,
    KinesisEvent: KinesisEventRecord,
    S3Event: S3EventRecord,
    SnsEvent: SnsRecord,
    SqsEvent: SqsMessage,
}
