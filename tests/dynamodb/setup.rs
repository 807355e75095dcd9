//! The table created, checked and warmed up; and nothing of it before it is asked for.

use aws_sdk_dynamodb::types::{
    BillingMode, ScalarAttributeType, TimeToLiveSpecification, TimeToLiveStatus,
};
use idem_lambda::Idempotency;
use idem_lambda::store::{DynamoDb, StoreError};

use crate::HOUR;
use crate::network::Fate;
use crate::table::Table;

async fn turn_ttl_on(table: &Table, attribute: &str) {
    let ttl = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(attribute);
    let update = table.client.update_time_to_live().table_name(table.name());
    let update = update.time_to_live_specification(ttl.build().unwrap());
    update.send().await.unwrap();
}

/// What the check says of the table as it is.
async fn fault(store: &DynamoDb) -> String {
    let error: StoreError = store.check().await.unwrap_err();
    error.to_string()
}

#[tokio::test]
async fn a_missing_table_is_created_on_demand_with_its_ttl_on_and_can_be_used() {
    for table in [Table::absent(None).await, Table::absent(Some("sk")).await] {
        let store = table.store().build();
        store.create_table_if_missing().await.unwrap();
        let described = table.client.describe_table().table_name(table.name());
        let described = described.send().await.unwrap().table.unwrap();
        let billing = described.billing_mode_summary().unwrap().billing_mode();
        assert_eq!(billing, Some(&BillingMode::PayPerRequest));
        let ttl = table
            .client
            .describe_time_to_live()
            .table_name(table.name());
        let ttl = ttl.send().await.unwrap().time_to_live_description.unwrap();
        assert_eq!(ttl.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
        assert_eq!(ttl.attribute_name(), Some("expiration"));

        let runtime = Idempotency::new(store);
        let call = runtime.call("charge", "A-1001").ttl(HOUR);
        call.run(async || Ok::<_, idem_lambda::Error>(()))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_table_that_is_there_is_left_as_it_is() {
    let table = Table::simple().await;
    turn_ttl_on(&table, "expiration").await;
    table.network.requests();
    table
        .store()
        .build()
        .create_table_if_missing()
        .await
        .unwrap();
    let sent = table.network.requests();
    assert_eq!(
        sent,
        ["DescribeTable", "DescribeTable", "DescribeTimeToLive"]
    );
}

/// As two programs that start together find it.
#[tokio::test]
async fn a_table_that_another_is_creating_is_waited_for_and_has_its_ttl_on() {
    let table = Table::simple().await;
    let creating = r#"{"Table":{"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"TableStatus":"CREATING"}}"#;
    table.network.plan([Fate::Answer(200, creating); 2]);
    let store = table.store().build();
    store.create_table_if_missing().await.unwrap();
    store.check().await.unwrap();
}

#[tokio::test]
async fn the_check_says_what_to_do_where_there_is_no_table() {
    let table = Table::absent(None).await;
    let said = fault(&table.store().build()).await;
    assert!(said.contains("does not exist"), "{said}");
    assert!(said.contains("create it, or set IDEM_TABLE"), "{said}");
}

#[tokio::test]
async fn the_check_names_a_primary_key_that_the_store_does_not_expect() {
    let composite = Table::composite().await;
    turn_ttl_on(&composite, "expiration").await;
    let store = DynamoDb::builder(composite.name()).client(composite.client.clone());
    let said = fault(&store.build()).await;
    assert!(
        said.contains("its primary key is pk (S) and sk (S)"),
        "{said}"
    );
    assert!(said.contains("the store is set to id (S)"), "{said}");

    let number = Table::of_key(&[("id", ScalarAttributeType::N)]).await;
    turn_ttl_on(&number, "expiration").await;
    let said = fault(&number.store().build()).await;
    assert!(said.contains("its primary key is id (N)"), "{said}");
}

#[tokio::test]
async fn the_check_names_a_ttl_that_is_off_or_on_another_attribute() {
    let table = Table::simple().await;
    let said = fault(&table.store().build()).await;
    assert!(said.contains("its TTL is off"), "{said}");
    assert!(
        said.contains("turn it on, on the attribute expiration"),
        "{said}"
    );

    turn_ttl_on(&table, "expires").await;
    let said = fault(&table.store().build()).await;
    assert!(
        said.contains("its TTL is on the attribute expires"),
        "{said}"
    );
    let store = table.store().expiration_attribute("expires").build();
    store.check().await.unwrap();
}

#[tokio::test]
async fn the_check_names_a_name_that_two_attributes_have() {
    let table = Table::simple().await;
    turn_ttl_on(&table, "expiration").await;
    for (store, name) in [
        (table.store().status_attribute("layout"), "layout"),
        (table.store().data_attribute("started_at"), "started_at"),
        (table.store().lease_attribute("status"), "status"),
        (table.store().validation_attribute("id"), "id"),
    ] {
        let store = store.build();
        let said = fault(&store).await;
        let expected = format!("two attributes called {name};");
        assert!(said.contains(&expected), "{said}");

        let runtime = Idempotency::new(store);
        let call = runtime.call("charge", "A-1001").ttl(HOUR);
        let called = call.run(async || -> Result<(), idem_lambda::Error> { panic!("it ran") });
        let error = called.await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(&expected), "{source}");
    }
}

#[tokio::test]
async fn the_check_names_everything_that_is_wrong_at_once() {
    let table = Table::composite().await;
    let store = DynamoDb::builder(table.name()).client(table.client.clone());
    let said = fault(&store.build()).await;
    assert!(
        said.contains("primary key") && said.contains("TTL"),
        "{said}"
    );
}

/// One that is strongly consistent has no TTL: AWS does not let it have one.
#[tokio::test]
async fn the_check_refuses_a_global_table_in_which_the_last_writer_wins() {
    for (consistency, has_ttl, is_refused) in [("EVENTUAL", true, true), ("STRONG", false, false)] {
        let table = Table::simple().await;
        if has_ttl {
            turn_ttl_on(&table, "expiration").await;
        }
        let described = format!(
            r#"{{"Table":{{"AttributeDefinitions":[{{"AttributeName":"id","AttributeType":"S"}}],
            "KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}],"TableStatus":"ACTIVE",
            "MultiRegionConsistency":"{consistency}","Replicas":[{{"RegionName":"eu-west-1"}}]}}}}"#
        );
        table.network.plan([Fate::Answer(200, described.leak())]);
        let checked = table.store().build().check().await;
        assert_eq!(checked.is_err(), is_refused, "{consistency}");
        if let Err(error) = checked {
            let said = error.to_string();
            assert!(said.contains("last writer wins"), "{said}");
            assert!(said.contains("a table for each region"), "{said}");
        }
    }
}

#[tokio::test]
async fn what_may_not_be_done_is_said_with_the_permission_that_it_needs() {
    let table = Table::simple().await;
    let store = table.store().build();
    table
        .network
        .all(Fate::Refuse(400, "AccessDeniedException"));
    let said = fault(&store).await;
    assert!(said.contains("allow `dynamodb:DescribeTable`"), "{said}");
    let said = store.warm_up().await.unwrap_err().to_string();
    assert!(said.contains("allow `dynamodb:GetItem`"), "{said}");

    table.network.plan([
        Fate::Refuse(400, "ResourceNotFoundException"),
        Fate::Refuse(400, "AccessDeniedException"),
    ]);
    let said = store
        .create_table_if_missing()
        .await
        .unwrap_err()
        .to_string();
    assert!(said.contains("allow `dynamodb:CreateTable`"), "{said}");
}

#[tokio::test]
async fn warming_up_is_one_request_and_nothing_is_sent_before() {
    let table = Table::simple().await;
    table.network.requests();
    let store = table.store().build();
    let runtime = Idempotency::new(store.clone());
    assert_eq!(table.network.requests(), [""; 0]);
    store.warm_up().await.unwrap();
    assert_eq!(table.network.requests(), ["GetItem"]);
    assert_eq!(table.items().await, []);
    drop(runtime);
}
