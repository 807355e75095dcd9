//! A completion that commits a handler's own writes.

use std::any::TypeId;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update as Write,
};

use super::expression::Update;
use super::{DynamoDb, Item, failure};
use crate::execution::Effect;
use crate::store::{Completion, Effects, Failure, StoreError, Written};

/// How many writes of its own a handler may have committed: a transaction has at most 100, and one completes the record.
///
/// Source: [TransactWriteItems](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
const LIMIT: usize = 99;

const CONDITION: &str = "ConditionalCheckFailed";
/// What is a write's own fault.
const FAULTS: [&str; 3] = [
    CONDITION,
    "ItemCollectionSizeLimitExceeded",
    "ValidationError",
];

/// A write that is committed together with the record, in one `TransactWriteItems`: it costs twice the write units that
/// it would cost alone, and so does the completion.
impl Effect for TransactWriteItem {}

pub(super) fn is_effect(effect: TypeId) -> bool {
    effect == TypeId::of::<TransactWriteItem>()
}

/// Why DynamoDB refused the writes of a handler.
///
/// It is the source of an error that [`is_canceled`](crate::Error::is_canceled).
pub struct Cancellation(Vec<CancellationReason>);

impl Cancellation {
    /// The cancellation that an error comes from, where it comes from one.
    #[must_use]
    pub fn of<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Self> {
        let mut error = Some(error);
        while let Some(cause) = error {
            if let Some(cancellation) = cause.downcast_ref() {
                return Some(cancellation);
            }
            error = cause.source();
        }
        None
    }

    /// One for each write, in the order in which they were given: its code is `None` (the word) for a write that was
    /// not at fault, `ConditionalCheckFailed` for one whose condition did not hold. It has the item that stood there,
    /// where the write asked for it.
    #[must_use]
    pub fn reasons(&self) -> &[CancellationReason] {
        &self.0
    }

    fn has(&self, codes: &[&str]) -> bool {
        let mut reasons = self.0.iter();
        reasons.any(|reason| reason.code().is_some_and(|code| codes.contains(&code)))
    }
}

impl fmt::Display for Cancellation {
    // Messages and items may hold data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transaction was cancelled:")?;
        for (place, reason) in self.0.iter().enumerate() {
            if let Some(code) = reason.code().filter(|code| *code != "None") {
                write!(f, " write {place}: {code};")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes = self.0.iter().map(CancellationReason::code);
        f.debug_list().entries(codes).finish()
    }
}

impl StdError for Cancellation {}

impl DynamoDb {
    /// Completes the record and commits the effects, or does neither.
    pub(super) async fn transact(
        &self,
        completion: &Completion,
        update: Update,
        effects: &Effects,
    ) -> Result<Written, StoreError> {
        let Some(effects) = effects.get::<TransactWriteItem>() else {
            let message = "the effects are not DynamoDB's; see `Store::commits`";
            return Err(StoreError::new(Failure::Canceled, message));
        };
        if effects.len() > LIMIT {
            let message = "a transaction has at most 99 writes beside the record";
            return Err(StoreError::new(Failure::Canceled, message));
        }
        let record = Write::builder()
            .table_name(&self.0.table)
            .set_key(Some(self.0.attributes.key(completion.id.to_string())))
            .condition_expression(update.condition)
            .update_expression(update.change)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| {
                StoreError::new(Failure::Canceled, "failed to build the completion")
                    .with_source(error)
            })?;
        let client = self.0.connection.client().await?;
        // The record first, so that its reason is the first.
        let record = TransactWriteItem::builder().update(record).build();
        let items = std::iter::once(record).chain(effects.iter().cloned());
        let reply = client
            .transact_write_items()
            .set_transact_items(Some(items.collect()))
            // A completion that is sent again is the same transaction, for ten minutes: the effects' conditions, which
            // its first send may have made untrue, are not looked at again.
            // One without the result that was refused is another.
            .client_request_token(token(completion))
            .send()
            .await;
        match reply {
            Ok(_) => Ok(Written::Done),
            Err(error) => match refused(&error)? {
                Some(found) => {
                    let record = self
                        .record_after(&completion.id, found, completion.owner)
                        .await?;
                    Ok(Written::Lost(Some(Arc::new(record))))
                }
                None => Ok(Written::Lost(None)),
            },
        }
    }
}

/// Of 34 characters; 36 are allowed.
fn token(completion: &Completion) -> String {
    let owner = completion.owner;
    match completion.result {
        Some(_) => format!("{owner}-1"),
        None => format!("{owner}-0"),
    }
}

/// The item that stands in the record's place, where that is why the transaction was refused.
fn refused<R: fmt::Debug + 'static>(
    error: &SdkError<TransactWriteItemsError, R>,
) -> Result<Option<Item>, StoreError> {
    let canceled = error.as_service_error().and_then(|error| match error {
        TransactWriteItemsError::TransactionCanceledException(canceled) => Some(canceled),
        _ => None,
    });
    let Some(canceled) = canceled else {
        return Err(failure::of_transaction(error));
    };
    let mut reasons = canceled.cancellation_reasons().to_vec();
    if reasons.is_empty() {
        return Err(failure::of_transaction(error));
    }
    let record = reasons.remove(0);
    if record.code() == Some(CONDITION) {
        return Ok(record.item);
    }
    let cancellation = Cancellation(reasons);
    // What is not a write's own fault may pass the next time.
    let failure = if cancellation.has(&FAULTS) || record.code() == Some("ValidationError") {
        Failure::Canceled
    } else {
        Failure::Transient
    };
    Err(StoreError::new(failure, "DynamoDB cancelled the transaction").with_source(cancellation))
}
