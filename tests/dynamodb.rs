//! The DynamoDB store, through the real SDK over HTTP: on an emulator in this process, or on the endpoint that
//! `IDEM_DYNAMODB_ENDPOINT` names.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "dynamodb/conditions.rs"]
mod conditions;
#[path = "dynamodb/contention.rs"]
mod contention;
#[path = "dynamodb/credentials.rs"]
mod credentials;
#[path = "dynamodb/encrypted.rs"]
mod encrypted;
#[path = "dynamodb/faults.rs"]
mod faults;
#[path = "dynamodb/limits.rs"]
mod limits;
#[path = "dynamodb/network.rs"]
mod network;
#[path = "dynamodb/records.rs"]
mod records;
#[path = "dynamodb/requests.rs"]
mod requests;
#[path = "dynamodb/setup.rs"]
mod setup;
#[path = "dynamodb/sizes.rs"]
mod sizes;
#[path = "dynamodb/table.rs"]
mod table;
#[path = "dynamodb/templates.rs"]
mod templates;
#[path = "dynamodb/transactions.rs"]
mod transactions;
#[path = "dynamodb/unreadable.rs"]
mod unreadable;

use std::sync::Arc;
use std::time::Duration;

use idem_lambda::clock::UnixMillis;
use idem_lambda::conformance::{Subject, check};
use idem_lambda::store::DynamoDb;

use table::Table;

const HOUR: Duration = Duration::from_hours(1);
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

async fn keeps_the_contract(store: DynamoDb) {
    check(&Subject::new(Arc::new(store), NOW).result_limit(400_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simple_key_keeps_the_contract() {
    let table = Table::simple().await;
    keeps_the_contract(table.store().build()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_composite_key_keeps_the_contract() {
    let table = Table::composite().await;
    keeps_the_contract(table.store().build()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attribute_names_of_your_own_keep_the_contract() {
    let table = Table::simple().await;
    let store = table
        .store()
        .status_attribute("State")
        .expiration_attribute("Ttl")
        .lease_attribute("Lease")
        .data_attribute("Response.Data")
        .validation_attribute("Payload-Hash");
    keeps_the_contract(store.build()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_in_items_of_their_own_keep_the_contract() {
    let table = Table::composite().await;
    keeps_the_contract(table.store().inline_limit(0).build()).await;
}
