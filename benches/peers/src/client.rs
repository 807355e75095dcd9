//! The client of the Rust subjects.

use std::env;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use idem_lambda::store::DynamoDb;

use crate::Result;

/// The table of all subjects.
pub(crate) const TABLE: &str = "records";
/// The variable that the AWS SDKs of all languages read, too.
pub(crate) const ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";

pub(crate) fn config(endpoint: &str) -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

/// That of a subject's process.
pub(crate) fn config_from_env() -> Result<Builder> {
    Ok(config(&env::var(ENDPOINT)?))
}

pub(crate) fn store(client: Client) -> DynamoDb {
    DynamoDb::builder(TABLE).client(client).build()
}

pub(crate) async fn create_table(endpoint: &str) -> Result<()> {
    let client = Client::from_conf(config(endpoint).build());
    Ok(store(client).create_table_if_missing().await?)
}
