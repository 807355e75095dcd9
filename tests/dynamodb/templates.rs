//! The templates in `deploy/`, against what the store sends. That both templates say the same, and nothing wider, is
//! `scripts/deploy-check`'s to see.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use idem_lambda::{Error, Execution, Idempotency};
use serde_json::Value;

use crate::table::Table;

const SAM: &str = include_str!("../../deploy/sam/template.yaml");
const HOUR: Duration = Duration::from_hours(1);

/// The template's lines, less comments.
fn lines() -> impl Iterator<Item = &'static str> {
    let lines = SAM.lines().map(str::trim);
    lines.filter(|line| !line.starts_with('#'))
}

/// What a permission allows, as an operation and a partition key; a key that ends in `*` is a beginning.
fn permissions() -> BTreeSet<(&'static str, String)> {
    let mut action = "";
    let mut found = BTreeSet::new();
    for line in lines() {
        if let Some(allowed) = line.strip_prefix("Action: ") {
            action = allowed;
        } else if let Some(keys) = line.strip_prefix("dynamodb:LeadingKeys: [") {
            let key = keys.trim_start_matches("!Sub ").trim_end_matches(']');
            let key = key.trim_matches('"').replace("${FunctionName}", "shop");
            let key = key.replace("${HandlerName}", "charge");
            found.insert((action.strip_prefix("dynamodb:").unwrap(), key));
        }
    }
    found
}

/// The value of a line `name: value` or `- name: value`, the first after the line that is `section`.
fn value_in(section: &str, name: &str) -> &'static str {
    let after = lines().skip_while(|line| *line != section);
    let value = |line: &'static str| line.trim_start_matches("- ").strip_prefix(name);
    after.map(value).find_map(|value| value).unwrap()
}

/// The actions that a request to the table `records` is, with their partition keys.
fn actions(operation: &str, body: &Value, records: &str) -> Vec<(String, String)> {
    let key = |item: &Value| item["id"]["S"].as_str().unwrap().to_owned();
    match operation {
        "UpdateItem" | "GetItem" => vec![(operation.to_owned(), key(&body["Key"]))],
        "PutItem" => vec![(operation.to_owned(), key(&body["Item"]))],
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().unwrap().iter();
            let updates = items.filter_map(|item| item.get("Update"));
            let records = updates.filter(|update| update["TableName"] == records);
            let records = records.map(|update| ("UpdateItem".to_owned(), key(&update["Key"])));
            records.collect()
        }
        _ => panic!("{operation} is none of a guarded call's"),
    }
}

#[tokio::test]
async fn what_guarded_calls_send_is_what_the_templates_permit() {
    let table = Table::simple().await;
    let accounts = table.another("-accounts").build();
    accounts.create_table_if_missing().await.unwrap();
    let store = table.store().build();
    let runtime = Idempotency::builder(store.clone()).function("shop").build();
    table.network.requests();

    store.warm_up().await.unwrap();
    for size in [10, 5_000] {
        for _ in 0..2 {
            let call = runtime.call("charge", &size).ttl(HOUR);
            let result = call.run(async || Ok::<_, Error>("x".repeat(size))).await;
            assert_eq!(result.unwrap().len(), size);
        }
    }
    let call = runtime.call("charge", "failing").ttl(HOUR);
    let failed: Result<(), Box<dyn std::error::Error>> = call.run(async || Err("no".into())).await;
    assert!(failed.is_err());
    let call = runtime.call("charge", "transfer").ttl(HOUR);
    let committed = call.run_with(async |execution: Execution<TransactWriteItem>| {
        let put = Put::builder()
            .table_name(format!("{}-accounts", table.name()))
            .item("id", AttributeValue::S("alice".to_owned()));
        let put = put.build().unwrap();
        execution.transact([TransactWriteItem::builder().put(put).build()])?;
        Ok::<_, Error>(())
    });
    committed.await.unwrap();

    let permissions = permissions();
    let mut used = BTreeSet::new();
    for (operation, body) in table.network.sent() {
        let body = serde_json::from_slice(&body).unwrap();
        for (action, key) in actions(&operation, &body, table.name()) {
            let permission = permissions.iter().find(|(allowed, keys)| {
                let matches = match keys.strip_suffix('*') {
                    Some(beginning) => key.starts_with(beginning),
                    None => key == *keys,
                };
                *allowed == action && matches
            });
            used.insert(permission.unwrap_or_else(|| panic!("{action} of {key} is denied")));
        }
    }
    // And nothing is permitted that is not needed.
    assert_eq!(used, permissions.iter().collect());
}

#[tokio::test]
async fn the_templates_table_is_the_one_that_the_store_creates() {
    let table = Table::simple().await;
    let store = table.another("-created").build();
    table.network.requests();
    store.create_table_if_missing().await.unwrap();
    let mut found = Vec::new();
    for (operation, body) in table.network.sent() {
        let body: Value = serde_json::from_slice(&body).unwrap();
        let same = |value: &Value, section, name| {
            assert_eq!(
                *value,
                value_in(section, name),
                "{operation}: {section} {name}"
            );
        };
        match operation.as_str() {
            "CreateTable" => {
                let (key, definition) = (&body["KeySchema"], &body["AttributeDefinitions"]);
                assert_eq!(key.as_array().unwrap().len(), 1);
                same(&key[0]["AttributeName"], "KeySchema:", "AttributeName: ");
                same(&key[0]["KeyType"], "KeySchema:", "KeyType: ");
                same(
                    &definition[0]["AttributeType"],
                    "AttributeDefinitions:",
                    "AttributeType: ",
                );
                same(&body["BillingMode"], "KeySchema:", "BillingMode: ");
            }
            "UpdateTimeToLive" => {
                let ttl = &body["TimeToLiveSpecification"];
                same(
                    &ttl["AttributeName"],
                    "TimeToLiveSpecification:",
                    "AttributeName: ",
                );
            }
            _ => continue,
        }
        found.push(operation);
    }
    assert_eq!(found, ["CreateTable", "UpdateTimeToLive"]);
    assert_eq!(value_in("Variables:", "IDEM_TABLE: "), "!Ref Table");
}
