//! Before the first guarded call: the table created, looked at, and connected to.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, MultiRegionConsistency,
    ScalarAttributeType, TableDescription, TableStatus, TimeToLiveDescription,
    TimeToLiveSpecification, TimeToLiveStatus,
};

use super::{DynamoDb, failure};
use crate::store::{Failure, StoreError};

/// How long a new table may take until it can be used; AWS needs some ten seconds.
const CREATION: Duration = Duration::from_mins(2);

impl DynamoDb {
    /// Opens the connection and loads the credentials, so that the first guarded call need not: for the init phase of a
    /// function, which has more CPU than its invocations may have.
    ///
    /// It reads an item that is not there, for half a read unit. Permission: `dynamodb:GetItem`, which large results
    /// need, too.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the table cannot be reached or read, and the message says what to do.
    pub async fn warm_up(&self) -> Result<(), StoreError> {
        let client = self.0.connection.client().await?;
        let nothing = self.0.attributes.key("warm-up".to_owned());
        let get = client.get_item().table_name(&self.0.table);
        match get.set_key(Some(nothing)).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(failure::of(&error, &failure::WARM_UP)),
        }
    }

    /// Creates the table where there is none, with its TTL on and billed on demand, and waits until it can be used; then
    /// [checks](Self::check) it. For development: a table that matters is created by a template, such as those in
    /// `deploy/`.
    ///
    /// Permissions: `dynamodb:CreateTable`, `dynamodb:UpdateTimeToLive`, and those of [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the table could not be created, or the one that is there does not fit.
    pub async fn create_table_if_missing(&self) -> Result<(), StoreError> {
        let client = self.0.connection.client().await?;
        let is_new = if let Some(table) = self.describe(client).await? {
            table.table_status() == Some(&TableStatus::Creating)
        } else {
            self.create(client).await?;
            true
        };
        // Also where somebody else is about to create it: theirs is not ready either, nor is its TTL on.
        if is_new {
            let exists = client
                .wait_until_table_exists()
                .table_name(&self.0.table)
                .wait(CREATION)
                .await;
            exists.map_err(|_| {
                let message = "the new table is not ready after two minutes; try again later";
                StoreError::new(Failure::Transient, message)
            })?;
            self.turn_ttl_on(client).await?;
        }
        self.check().await
    }

    /// Whether the table is what the store needs: that it is there, its primary key, its TTL, that no other region writes
    /// to it behind this one's back, and that no two attributes have one name. For the start of a program, or the
    /// pipeline that deploys it.
    ///
    /// Permissions: `dynamodb:DescribeTable` and `dynamodb:DescribeTimeToLive`. Guarded calls need neither.
    ///
    /// # Errors
    ///
    /// [`StoreError`], whose message names all that is wrong and what to do.
    pub async fn check(&self) -> Result<(), StoreError> {
        let client = self.0.connection.client().await?;
        let Some(table) = self.describe(client).await? else {
            return Err(failure::no_table());
        };
        let ttl = client
            .describe_time_to_live()
            .table_name(&self.0.table)
            .send()
            .await
            .map_err(|error| failure::of(&error, &failure::CHECK))?;
        let ttl = ttl.time_to_live_description;
        let faults = [
            self.fault_of_key(&table),
            // A table that is strongly consistent across regions cannot have any.
            self.fault_of_ttl(ttl.as_ref())
                .filter(|_| !is_strong(&table)),
            fault_of_replicas(&table),
            self.fault_of_names(),
        ];
        let faults: Vec<_> = faults.into_iter().flatten().collect();
        if faults.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the table {} does not fit: {}",
            self.0.table,
            faults.join("; ")
        );
        Err(StoreError::new(Failure::Permanent, message))
    }

    async fn describe(&self, client: &Client) -> Result<Option<TableDescription>, StoreError> {
        let described = client.describe_table().table_name(&self.0.table).send();
        match described.await {
            Ok(described) => Ok(described.table),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(failure::of(&error, &failure::CHECK)),
        }
    }

    async fn create(&self, client: &Client) -> Result<(), StoreError> {
        let mut create = client
            .create_table()
            .table_name(&self.0.table)
            .billing_mode(BillingMode::PayPerRequest);
        let key_types = [KeyType::Hash, KeyType::Range];
        for (name, key_type) in self.0.attributes.key_names().zip(key_types) {
            let key = KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(key_type);
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S);
            create = create
                .key_schema(key.build().map_err(incomplete)?)
                .attribute_definitions(attribute.build().map_err(incomplete)?);
        }
        match create.send().await {
            Ok(_) => Ok(()),
            // Somebody else was first.
            Err(error) if error.code() == Some("ResourceInUseException") => Ok(()),
            Err(error) => Err(failure::of(&error, &failure::CREATE)),
        }
    }

    async fn turn_ttl_on(&self, client: &Client) -> Result<(), StoreError> {
        let ttl = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(&self.0.attributes.expiration)
            .build()
            .map_err(incomplete)?;
        let update = client
            .update_time_to_live()
            .table_name(&self.0.table)
            .time_to_live_specification(ttl);
        match update.send().await {
            Ok(_) => Ok(()),
            // Another creator was first; the check that follows says whether it is on the right attribute.
            Err(error) if error.code() == Some("ValidationException") => Ok(()),
            Err(error) => Err(failure::of(&error, &failure::CREATE)),
        }
    }

    fn fault_of_key(&self, table: &TableDescription) -> Option<String> {
        let wanted: Vec<_> = self
            .0
            .attributes
            .key_names()
            .map(|name| format!("{name} (S)"))
            .collect();
        let definitions = table.attribute_definitions();
        let found: Vec<_> = table
            .key_schema()
            .iter()
            .map(|key| {
                let name = key.attribute_name();
                let definition = definitions
                    .iter()
                    .find(|definition| definition.attribute_name() == name);
                let of_type = definition.map_or("?", |found| found.attribute_type().as_str());
                format!("{name} ({of_type})")
            })
            .collect();
        let (wanted, found) = (wanted.join(" and "), found.join(" and "));
        (wanted != found).then(|| {
            format!(
                "its primary key is {found}, and the store is set to {wanted}; set `partition_key` or `composite_key`, or use a table of its own"
            )
        })
    }

    pub(super) fn fault_of_names(&self) -> Option<String> {
        self.0.name_of_two.as_ref().map(|name| {
            format!(
                "the store is set to write two attributes called {name}; give each a name that no other attribute of a record has"
            )
        })
    }

    fn fault_of_ttl(&self, ttl: Option<&TimeToLiveDescription>) -> Option<String> {
        let wanted = &self.0.attributes.expiration;
        let is_on = |ttl: &&TimeToLiveDescription| {
            use TimeToLiveStatus::{Enabled, Enabling};
            matches!(ttl.time_to_live_status(), Some(Enabled | Enabling))
        };
        match ttl.filter(is_on).and_then(|ttl| ttl.attribute_name()) {
            None => Some(format!(
                "its TTL is off, so that records stay for ever; turn it on, on the attribute {wanted}"
            )),
            Some(name) if name != wanted => Some(format!(
                "its TTL is on the attribute {name}, and the store writes {wanted}; set `expiration_attribute`, or move the TTL"
            )),
            Some(_) => None,
        }
    }
}

/// Replicas that take writes without asking one another would each grant a claim.
///
/// Source: [How DynamoDB global tables work](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html).
fn fault_of_replicas(table: &TableDescription) -> Option<String> {
    (!table.replicas().is_empty() && !is_strong(table)).then(|| {
        "it is a global table in which the last writer wins, so that two regions can each grant a claim; use a table for each region, or multi-Region strong consistency".to_owned()
    })
}

fn is_strong(table: &TableDescription) -> bool {
    table.multi_region_consistency() == Some(&MultiRegionConsistency::Strong)
}

fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::new(Failure::Permanent, "failed to describe the table to create").with_source(error)
}
