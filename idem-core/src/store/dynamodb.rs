//! Records in an Amazon DynamoDB table.
#![doc = include_str!("dynamodb/guide.md")]

mod attributes;
mod builder;
mod connection;
mod expression;
mod failure;
mod grant;
mod http;
mod item;
mod items;
mod kept;
mod origin;
mod past;
mod records;
mod roots;
mod setup;
mod transaction;
mod value;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

pub use aws_sdk_dynamodb::types::TransactWriteItem;

pub use self::builder::Builder;
#[doc(hidden)]
pub use self::items::{Items, Write};
pub use self::transaction::Cancellation;

use self::attributes::Attributes;
use self::connection::Connection;
use self::expression::Update;
use self::item::{Found, Item};
use super::{
    Claim, Claimed, Completion, Extension, Failure, Listing, Page, Record, Release, Resolution,
    Store, StoreError, StoreFuture, Written,
};
use crate::decision::{Decision, decide};
use crate::key::RecordId;
use crate::record::{Owner, StoredResult};

/// The largest result: an item may have 400 KB with the names of its attributes and its key.
///
/// Source: [Quotas in Amazon DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html).
const RESULT_LIMIT: usize = 400_000;

/// Records in an Amazon DynamoDB table.
///
/// A first run costs two requests, a replay and a refusal one; a result over the
/// [inline limit](Builder::inline_limit) costs one more each. All are strongly consistent: each is a conditional write,
/// but for the read of a large result, which asks for it.
///
/// A request that gets no answer is sent again after 1.2 seconds. A lease shorter than five seconds may end before that
/// renews it, and the handler is then stopped where one message is lost.
///
/// # The table
///
/// A partition key `id` of type string is all that a table needs; its TTL attribute should be `expiration`. That is the
/// table of Powertools for AWS Lambda, attribute names and units included, so that an existing one serves. A table whose
/// primary key has a sort key, or other names, is described with the [`Builder`].
///
/// The [module](self) says what calls are billed, what regions may share, and what becomes of a table that functions of
/// Powertools use, too.
///
/// # Example: the table named by `IDEM_TABLE`
///
/// ```no_run
/// # use idem_core as idem_lambda;
/// use idem_lambda::{Idempotency, store::DynamoDb};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// Idempotency::new(DynamoDb::from_env()?).install()?;
/// # Ok(()) }
/// ```
///
/// Cloning gives another handle to the same client.
#[derive(Clone, Debug)]
pub struct DynamoDb(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connection: Connection,
    table: String,
    attributes: Attributes,
    /// The name that two attributes have, where there is one: nothing is claimed then.
    name_of_two: Option<String>,
    /// What all claims share.
    claims: Update,
    inline_limit: usize,
}

impl DynamoDb {
    /// The table that the environment variable `IDEM_TABLE` names, reached as the AWS SDK's usual environment says:
    /// region, credentials, and `AWS_ENDPOINT_URL_DYNAMODB` for another endpoint.
    ///
    /// Nothing is connected and no credentials are looked for before the first guarded call.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: `IDEM_TABLE` is not set, or empty.
    pub fn from_env() -> Result<Self, StoreError> {
        match std::env::var("IDEM_TABLE") {
            Ok(table) if !table.is_empty() => Ok(Self::builder(table).build()),
            _ => Err(StoreError::new(
                Failure::Permanent,
                "no table is named; set the environment variable IDEM_TABLE, or use `DynamoDb::builder`",
            )),
        }
    }

    /// A store over `table`, with settings of your own.
    pub fn builder(table: impl Into<String>) -> Builder {
        Builder::new(table.into())
    }

    async fn claim_now(&self, claim: &Claim) -> Result<Claimed, StoreError> {
        if let Some(fault) = self.fault_of_names() {
            return Err(StoreError::new(Failure::Permanent, fault));
        }
        let update = Update::claim(&self.0.claims, claim);
        match self.update(&claim.id, update, ReturnValue::AllOld).await? {
            // Where there was no item, AWS returns nothing, and some emulators the key. A claim is granted over nothing
            // that has no status.
            Reply::Done(old) => {
                let found = old
                    .filter(|old| old.contains_key(&self.0.attributes.status))
                    .map(|old| self.read(&claim.id, old));
                Ok(Claimed::Granted(Arc::new(Found::granted(found, claim))))
            }
            // A record that is there was there for the condition, too: none means that the answer is not from DynamoDB.
            Reply::Refused(None) => Err(StoreError::new(
                Failure::Transient,
                "a claim was refused without the record that it lost to; the endpoint must honour ReturnValuesOnConditionCheckFailure",
            )),
            Reply::Refused(Some(found)) => {
                let record = Arc::new(self.record(&claim.id, found).await?);
                Ok(match decide(Some(&record), &claim.terms) {
                    Decision::Mine => Claimed::Granted(record),
                    _ => Claimed::Lost(record),
                })
            }
        }
    }

    async fn complete_now(&self, completion: &Completion) -> Result<Written, StoreError> {
        let result = completion.result.as_ref();
        let size = result.map_or(0, |result| result.as_bytes().len());
        if size > RESULT_LIMIT {
            return Err(StoreError::new(
                Failure::TooLarge,
                "the result is larger than a DynamoDB item may be",
            ));
        }
        let apart = result.filter(|_| size > self.0.inline_limit);
        if let Some(result) = apart {
            let (id, owner) = (&completion.id, completion.owner);
            Box::pin(self.put_result(id, owner, completion.expires_at, result)).await?;
        }
        let update = Update::completion(&self.0.attributes, completion, apart.is_some());
        if let Some(effects) = &completion.effects {
            return Box::pin(self.transact(completion, update, effects)).await;
        }
        self.write(&completion.id, completion.owner, update).await
    }

    async fn extend_now(&self, extension: &Extension) -> Result<Written, StoreError> {
        let update = Update::extension(&self.0.attributes, extension);
        let written = self.write(&extension.id, extension.owner, update).await?;
        Ok(match written {
            // An extension that came late: the lease is longer already.
            Written::Lost(Some(record)) if record.is_held_by(extension.owner) => Written::Done,
            written => written,
        })
    }

    /// Writes on the condition that the owner holds the record.
    async fn write(
        &self,
        id: &RecordId,
        owner: Owner,
        update: Update,
    ) -> Result<Written, StoreError> {
        Ok(match self.update(id, update, ReturnValue::None).await? {
            Reply::Done(_) => Written::Done,
            Reply::Refused(None) => Written::Lost(None),
            Reply::Refused(Some(found)) => {
                Written::Lost(Some(Arc::new(self.record_after(id, found, owner).await?)))
            }
        })
    }

    /// One conditional write, and what stood there.
    async fn update(
        &self,
        id: &RecordId,
        update: Update,
        returned: ReturnValue,
    ) -> Result<Reply, StoreError> {
        let client = self.0.connection.client().await?;
        let request = self
            .request(client, id, update)
            .return_values(returned)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let reply = request.send().await;
        match reply {
            Ok(output) => Ok(Reply::Done(output.attributes)),
            Err(SdkError::ServiceError(refused))
                if refused.err().is_conditional_check_failed_exception() =>
            {
                Ok(Reply::Refused(match refused.into_err() {
                    UpdateItemError::ConditionalCheckFailedException(refused) => refused.item,
                    _ => None,
                }))
            }
            Err(error) => Err(failure::of(&error, &failure::WRITE)),
        }
    }

    fn request(&self, client: &Client, id: &RecordId, update: Update) -> UpdateItemFluentBuilder {
        client
            .update_item()
            .table_name(&self.0.table)
            .set_key(Some(self.0.attributes.key(id.to_string())))
            .condition_expression(update.condition)
            .update_expression(update.change)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
    }

    fn read(&self, id: &RecordId, attributes: Item) -> Found {
        Found::read(&self.0.attributes, id, attributes)
    }

    /// The record of an item, its result included.
    async fn record(&self, id: &RecordId, attributes: Item) -> Result<Record, StoreError> {
        let mut found = self.read(id, attributes);
        let Some(apart) = found.result_apart.take() else {
            return Ok(found.record);
        };
        let result = Box::pin(self.get_result(id, apart.owner)).await?;
        Ok(found.with_result(&apart, result))
    }

    /// The same, after a write of `owner`: one that finds itself completed must know it, whether or not it may read the
    /// result, which is its own.
    async fn record_after(
        &self,
        id: &RecordId,
        attributes: Item,
        owner: Owner,
    ) -> Result<Record, StoreError> {
        let without = self.read(id, attributes.clone()).record;
        let record = self.record(id, attributes).await;
        record.or_else(|error| match without.completed_by {
            Some(by) if by == owner => Ok(without),
            _ => Err(error),
        })
    }

    /// Writes a large result beside the record, under a key that names the owner: a late execution must not overwrite
    /// what its successor stores. What an earlier send of the same completion has written stays.
    async fn put_result(
        &self,
        id: &RecordId,
        owner: Owner,
        expires_at: Option<u64>,
        result: &StoredResult,
    ) -> Result<(), StoreError> {
        let names = &self.0.attributes;
        let mut item = names.key(result_id(id, owner));
        item.insert(names.data.clone(), value::of_result(result));
        if let Some(expires_at) = expires_at {
            item.insert(names.expiration.clone(), value::number(expires_at));
        }
        let client = self.0.connection.client().await?;
        let put = client
            .put_item()
            .table_name(&self.0.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", names.key_name())
            .send()
            .await;
        match put {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(failure::of(&error, &failure::WRITE_RESULT)),
            },
        }
    }

    async fn get_result(
        &self,
        id: &RecordId,
        owner: Owner,
    ) -> Result<Option<StoredResult>, StoreError> {
        let client = self.0.connection.client().await?;
        let got = client
            .get_item()
            .table_name(&self.0.table)
            .set_key(Some(self.0.attributes.key(result_id(id, owner))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failure::of(&error, &failure::READ_RESULT))?;
        let data = got
            .item
            .and_then(|mut item| item.remove(&self.0.attributes.data));
        Ok(data.and_then(value::into_result))
    }
}

/// What a conditional write came to.
enum Reply {
    /// It took effect; with what stood there before, where that was asked for.
    Done(Option<HashMap<String, AttributeValue>>),
    /// Its condition does not hold, and this stands there.
    Refused(Option<HashMap<String, AttributeValue>>),
}

fn result_id(id: &RecordId, owner: Owner) -> String {
    format!("{id}#{owner}")
}

impl Store for DynamoDb {
    fn owner(&self) -> Result<Owner, StoreError> {
        Owner::random()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        StoreFuture::new(self.claim_now(claim))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        StoreFuture::new(self.complete_now(completion))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        let update = Update::release(&self.0.attributes, release);
        StoreFuture::new(async move { self.write(&release.id, release.owner, update).await })
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        StoreFuture::new(self.extend_now(extension))
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        StoreFuture::new(self.read_now(id))
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        StoreFuture::new(self.resolve_now(resolution))
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        StoreFuture::new(self.list_now(listing))
    }

    fn commits(&self, effect: TypeId) -> bool {
        transaction::is_effect(effect)
    }
}
