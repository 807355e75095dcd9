//! What is not of executions: to read a record, to list records, and to write what a person decided.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::attributes::Key;
use super::expression::Update;
use super::{DynamoDb, Item, RESULT_LIMIT, Reply, failure, result_id};
use crate::key::RecordId;
use crate::record::Record;
use crate::store::{Cursor, Failure, Listing, Page, Resolution, Resolved, StoreError, Written};

impl DynamoDb {
    pub(super) async fn read_now(&self, id: &RecordId) -> Result<Option<Arc<Record>>, StoreError> {
        let client = self.0.connection.client().await?;
        let got = client
            .get_item()
            .table_name(&self.0.table)
            .set_key(Some(self.0.attributes.key(id.to_string())))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failure::of(&error, &failure::READ))?;
        match got.item {
            Some(item) => Ok(Some(Arc::new(self.record(id, item).await?))),
            None => Ok(None),
        }
    }

    pub(super) async fn resolve_now(&self, resolution: &Resolution) -> Result<Written, StoreError> {
        let id = &resolution.seen.id;
        let mut apart = false;
        if let Resolved::Completed {
            result,
            by,
            expires_at,
        } = &resolution.resolved
        {
            let size = result.as_bytes().len();
            if size > RESULT_LIMIT {
                let message = "the result is larger than a DynamoDB item may be";
                return Err(StoreError::new(Failure::TooLarge, message));
            }
            apart = size > self.0.inline_limit;
            if apart {
                self.put_result(id, *by, Some(*expires_at), result).await?;
            }
        }
        let update = Update::resolution(&self.0.attributes, resolution, apart);
        let reply = match resolution.resolved {
            Resolved::Forgotten => self.delete(id, update).await?,
            _ => self.update(id, update, ReturnValue::None).await?,
        };
        Ok(match reply {
            Reply::Done(_) => Written::Done,
            Reply::Refused(None) => Written::Lost(None),
            Reply::Refused(Some(found)) => {
                Written::Lost(Some(Arc::new(self.record(id, found).await?)))
            }
        })
    }

    /// Deletes the record, and then its result where that lies apart: what is left of it otherwise expires.
    async fn delete(&self, id: &RecordId, update: Update) -> Result<Reply, StoreError> {
        let client = self.0.connection.client().await?;
        let key = self.0.attributes.key(id.to_string());
        let deleted = client
            .delete_item()
            .table_name(&self.0.table)
            .set_key(Some(key))
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let old = match deleted {
            Ok(deleted) => deleted.attributes,
            Err(SdkError::ServiceError(refused))
                if refused.err().is_conditional_check_failed_exception() =>
            {
                use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
                return Ok(Reply::Refused(match refused.into_err() {
                    DeleteItemError::ConditionalCheckFailedException(refused) => refused.item,
                    _ => None,
                }));
            }
            Err(error) => return Err(failure::of(&error, &failure::DELETE)),
        };
        let apart = old.and_then(|old| self.read(id, old).result_apart);
        if let Some(apart) = apart {
            let key = self.0.attributes.key(result_id(id, apart.owner));
            let delete = client.delete_item().table_name(&self.0.table);
            let deleted = delete.set_key(Some(key)).send().await;
            deleted.map_err(|error| failure::of(&error, &failure::DELETE))?;
        }
        Ok(Reply::Done(None))
    }

    /// One page of a scan or, where all records lie under one partition key, of a query. Its filter does not make it
    /// cheaper: the whole table is read.
    pub(super) async fn list_now(&self, listing: &Listing) -> Result<Page, StoreError> {
        let client = self.0.connection.client().await?;
        let names = &self.0.attributes;
        let mut filter = Update::listing(names, listing.which);
        let after = listing
            .after
            .as_ref()
            .and_then(Cursor::get::<Item>)
            .cloned();
        let (items, last) = match &names.key {
            Key::Simple { .. } => {
                let scan = client
                    .scan()
                    .table_name(&self.0.table)
                    .consistent_read(true)
                    .filter_expression(filter.condition)
                    .set_expression_attribute_names(Some(filter.names))
                    .set_expression_attribute_values(Some(filter.values))
                    .set_exclusive_start_key(after);
                let page = scan.send().await;
                let page = page.map_err(|error| failure::of(&error, &failure::LIST))?;
                (page.items, page.last_evaluated_key)
            }
            Key::Composite {
                partition, value, ..
            } => {
                filter
                    .names
                    .insert("#partition".to_owned(), partition.clone());
                let value = AttributeValue::S(value.clone());
                filter.values.insert(":partition".to_owned(), value);
                let query = client
                    .query()
                    .table_name(&self.0.table)
                    .consistent_read(true)
                    .key_condition_expression("#partition = :partition")
                    .filter_expression(filter.condition)
                    .set_expression_attribute_names(Some(filter.names))
                    .set_expression_attribute_values(Some(filter.values))
                    .set_exclusive_start_key(after);
                let page = query.send().await;
                let page = page.map_err(|error| failure::of(&error, &failure::LIST))?;
                (page.items, page.last_evaluated_key)
            }
        };
        let records = items
            .into_iter()
            .flatten()
            .filter_map(|item| self.listed(item));
        Ok(Page {
            records: records
                .filter(|record| listing.which.includes(record))
                .collect(),
            next: last.filter(|last| !last.is_empty()).map(Cursor::new),
        })
    }

    fn listed(&self, item: HashMap<String, AttributeValue>) -> Option<Record> {
        let id = item.get(self.0.attributes.id_name())?.as_s().ok()?;
        let id = RecordId::from_str(id).ok()?;
        Some(self.read(&id, item).record)
    }
}
