//! Settings of the store.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use super::attributes::{Attributes, Key};
use super::connection::Connection;
use super::expression::Update;
use super::{DynamoDb, Inner};

/// Settings of a [`DynamoDb`] store.
#[derive(Debug)]
#[must_use = "call `build`"]
pub struct Builder {
    table: String,
    client: Option<Client>,
    endpoint: Option<String>,
    attributes: Attributes,
    inline_limit: usize,
}

impl Builder {
    pub(super) fn new(table: String) -> Self {
        Self {
            table,
            client: None,
            endpoint: None,
            attributes: Attributes::new(),
            inline_limit: 4 * 1024,
        }
    }

    /// A client of your own, used as it is. Its timeouts should let all its attempts end within five seconds: by then
    /// the guard takes a request for lost.
    ///
    /// Without, one is made at the first guarded call from the AWS SDK's usual environment.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Another endpoint, such as an emulator's `http://127.0.0.1:8000`, for a client that is made here.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The name of the partition key, where the table has no sort key; `id` by default.
    pub fn partition_key(mut self, name: impl Into<String>) -> Self {
        self.attributes.key = Key::Simple {
            partition: name.into(),
        };
        self
    }

    /// The names of partition key and sort key, where the table has both: every record is an item of the partition
    /// `value`, and the sort key holds its id. One partition bears 1,000 writes a second.
    pub fn composite_key(
        mut self,
        partition: impl Into<String>,
        value: impl Into<String>,
        sort: impl Into<String>,
    ) -> Self {
        self.attributes.key = Key::Composite {
            partition: partition.into(),
            value: value.into(),
            sort: sort.into(),
        };
        self
    }

    /// The name of the status attribute; `status` by default.
    pub fn status_attribute(mut self, name: impl Into<String>) -> Self {
        self.attributes.status = name.into();
        self
    }

    /// The name of the attribute with the end of the ttl in Unix seconds, which is the table's TTL attribute;
    /// `expiration` by default.
    pub fn expiration_attribute(mut self, name: impl Into<String>) -> Self {
        self.attributes.expiration = name.into();
        self
    }

    /// The name of the attribute with the end of the lease in Unix milliseconds; `in_progress_expiration` by default.
    pub fn lease_attribute(mut self, name: impl Into<String>) -> Self {
        self.attributes.lease = name.into();
        self
    }

    /// The name of the attribute with the result; `data` by default.
    pub fn data_attribute(mut self, name: impl Into<String>) -> Self {
        self.attributes.data = name.into();
        self
    }

    /// The name of the attribute with the fingerprint; `validation` by default.
    pub fn validation_attribute(mut self, name: impl Into<String>) -> Self {
        self.attributes.validation = name.into();
        self
    }

    /// How many bytes a result may have to be stored in the record itself; 4 KB by default. A duplicate is billed by
    /// the size of the record, so a larger result goes into an item of its own, which costs one request more.
    pub fn inline_limit(mut self, bytes: usize) -> Self {
        self.inline_limit = bytes;
        self
    }

    /// The store. Nothing is connected yet.
    #[must_use]
    pub fn build(self) -> DynamoDb {
        DynamoDb(Arc::new(Inner {
            connection: Connection::new(self.client, self.endpoint),
            table: self.table,
            name_of_two: self.attributes.name_of_two().map(str::to_owned),
            claims: Update::of_claims(&self.attributes),
            attributes: self.attributes,
            // More cannot be written into one item together with the record.
            inline_limit: self.inline_limit.min(350_000),
        }))
    }
}
