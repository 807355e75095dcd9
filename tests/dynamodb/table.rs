//! A table of a test's own.

use std::collections::HashMap;
use std::future::ready;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    AsyncSleep, BehaviorVersion, Credentials, Region, SharedAsyncSleep, Sleep,
};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use idem_lambda::store::DynamoDb;
use idem_lambda::store::dynamodb::Builder;
use tokio::net::TcpListener;

use crate::network::Network;

/// How long a new table may take.
const READY: Duration = Duration::from_mins(2);

pub(crate) struct Table {
    #[allow(dead_code, reason = "not every test has another client")]
    pub(crate) endpoint: String,
    pub(crate) client: Client,
    /// What the store's requests go through.
    pub(crate) network: Network,
    name: String,
    sort: Option<&'static str>,
}

impl Table {
    /// A table with the partition key `id`.
    pub(crate) async fn simple() -> Self {
        Self::of_key(&[("id", ScalarAttributeType::S)]).await
    }

    /// A table with a partition key and a sort key.
    pub(crate) async fn composite() -> Self {
        Self::of_key(&[
            ("pk", ScalarAttributeType::S),
            ("sk", ScalarAttributeType::S),
        ])
        .await
    }

    /// A table with these attributes as its primary key.
    pub(crate) async fn of_key(key: &[(&'static str, ScalarAttributeType)]) -> Self {
        let sort = key.get(1).map(|(name, _)| *name);
        let table = Self::absent(sort).await;
        let mut create = table
            .client
            .create_table()
            .table_name(&table.name)
            .billing_mode(BillingMode::PayPerRequest);
        for ((name, of_type), key_type) in key.iter().zip([KeyType::Hash, KeyType::Range]) {
            let attribute = AttributeDefinition::builder()
                .attribute_name(*name)
                .attribute_type(of_type.clone());
            let key = KeySchemaElement::builder()
                .attribute_name(*name)
                .key_type(key_type);
            create = create
                .attribute_definitions(attribute.build().unwrap())
                .key_schema(key.build().unwrap());
        }
        create.send().await.unwrap();
        // On AWS a table takes some seconds.
        let ready = table.client.wait_until_table_exists();
        let ready = ready.table_name(&table.name).wait(READY).await;
        ready.unwrap();
        table.network.requests();
        table
    }

    /// The name of a table that is not there; with a sort key, where one is named.
    pub(crate) async fn absent(sort: Option<&'static str>) -> Self {
        let endpoint = endpoint().await;
        let network = Network::to(&endpoint);
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        Self {
            client: client(&endpoint, network.clone()),
            endpoint,
            network,
            name: format!("idem-test-{:016x}", u64::from_be_bytes(random)),
            sort,
        }
    }

    /// The store over this table.
    pub(crate) fn store(&self) -> Builder {
        let store = DynamoDb::builder(&self.name).client(self.client.clone());
        match self.sort {
            Some(sort) => store.composite_key("pk", "idempotency", sort),
            None => store,
        }
    }

    /// A store over another table, which is not there yet.
    pub(crate) fn another(&self, suffix: &str) -> Builder {
        DynamoDb::builder(format!("{}{suffix}", self.name)).client(self.client.clone())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Every item.
    pub(crate) async fn items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client.scan().table_name(&self.name);
        let pages = scan.consistent_read(true).into_paginator().items().send();
        pages.try_collect().await.unwrap()
    }

    /// Deletes every item.
    pub(crate) async fn delete_all(&self) {
        for mut item in self.items().await {
            let delete = self.client.delete_item().table_name(&self.name);
            let delete = delete.key("id", item.remove("id").unwrap());
            delete.send().await.unwrap();
        }
    }

    pub(crate) async fn put(&self, item: HashMap<String, AttributeValue>) {
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item)).send().await.unwrap();
    }
}

/// The endpoint that the environment names, or an emulator that lives as long as this test's runtime.
async fn endpoint() -> String {
    if let Ok(endpoint) = std::env::var("IDEM_DYNAMODB_ENDPOINT") {
        return endpoint;
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    format!("http://{address}")
}

/// A client with the environment's credentials, which an emulator does not look at.
fn client(endpoint: &str, network: Network) -> Client {
    let variable = |name| std::env::var(name).ok();
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "test".to_owned()),
        variable("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "test".to_owned()),
        variable("AWS_SESSION_TOKEN"),
        None,
        "test",
    );
    let region = variable("AWS_REGION").unwrap_or_else(|| "eu-central-1".to_owned());
    let unlimited = RetryPartition::custom("unlimited")
        .token_bucket(TokenBucket::unlimited())
        .build();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .endpoint_url(endpoint)
        .http_client(network)
        .retry_config(RetryConfig::standard())
        // Else what one test loses would count against the re-sends of the others.
        .retry_partition(unlimited)
        .timeout_config(TimeoutConfig::disabled())
        .sleep_impl(SharedAsyncSleep::new(NoSleep))
        .build();
    Client::from_conf(config)
}

/// The SDK re-sends at once. It has nothing else to wait for: its time limits are off.
#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(ready(()))
    }
}
