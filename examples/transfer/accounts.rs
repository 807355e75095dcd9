//! The accounts, in a table of their own.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, TransactWriteItem, Update,
};
use lambda_runtime::Error;

const TABLE: &str = "accounts";
/// Where receipts are counted.
const RECEIPTS: &str = "receipts sent";

/// A client of the emulator.
pub(crate) fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "example"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// The accounts, as a client sees them.
#[derive(Clone)]
pub(crate) struct Accounts(pub(crate) Client);

impl Accounts {
    pub(crate) async fn create(&self) -> Result<(), Error> {
        let attribute = AttributeDefinition::builder()
            .attribute_name("id")
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder()
            .attribute_name("id")
            .key_type(KeyType::Hash);
        let create = self.0.create_table().table_name(TABLE);
        create
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute.build()?)
            .key_schema(key.build()?)
            .send()
            .await?;
        Ok(())
    }

    /// An effect outside of the transaction: nothing ties it to the record.
    pub(crate) async fn send_receipt(&self) -> Result<(), Error> {
        self.add(RECEIPTS, 1).await
    }

    pub(crate) async fn add(&self, id: &str, amount: i64) -> Result<(), Error> {
        let update = self.0.update_item().table_name(TABLE);
        update
            .key("id", AttributeValue::S(id.to_owned()))
            .update_expression("ADD amount :amount")
            .expression_attribute_values(":amount", AttributeValue::N(amount.to_string()))
            .send()
            .await?;
        Ok(())
    }

    /// Every account's amount.
    pub(crate) async fn amounts(&self) -> Result<BTreeMap<String, i64>, Error> {
        let scan = self.0.scan().table_name(TABLE).consistent_read(true);
        let items = scan.send().await?.items.unwrap_or_default();
        let amounts = items.iter().filter_map(|item| {
            let id = item.get("id")?.as_s().ok()?;
            Some((id.clone(), item.get("amount")?.as_n().ok()?.parse().ok()?))
        });
        Ok(amounts.collect())
    }
}

/// Takes from an account what it has.
pub(crate) fn debit(account: &str, amount: i64) -> Result<TransactWriteItem, Error> {
    let update = Update::builder()
        .table_name(TABLE)
        .key("id", AttributeValue::S(account.to_owned()))
        .update_expression("ADD amount :change")
        .condition_expression("amount >= :amount")
        .expression_attribute_values(":change", AttributeValue::N((-amount).to_string()))
        .expression_attribute_values(":amount", AttributeValue::N(amount.to_string()));
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

pub(crate) fn credit(account: &str, amount: i64) -> Result<TransactWriteItem, Error> {
    let update = Update::builder()
        .table_name(TABLE)
        .key("id", AttributeValue::S(account.to_owned()))
        .update_expression("ADD amount :amount")
        .expression_attribute_values(":amount", AttributeValue::N(amount.to_string()));
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

pub(crate) fn receipts(amounts: &BTreeMap<String, i64>) -> i64 {
    amounts.get(RECEIPTS).copied().unwrap_or_default()
}
