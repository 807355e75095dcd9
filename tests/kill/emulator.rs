//! DynamoDB over a file, in the process that is not killed.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::store::DynamoDb;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const RECORDS: &str = "records";
/// What handlers have had committed with their records: a number for each key.
pub(crate) const COMMITTED: &str = "committed";
pub(crate) const NUMBER: &str = "number";

pub(crate) struct Emulator {
    pub(crate) address: SocketAddr,
    client: Client,
    file: PathBuf,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// What stands in the table for a key.
pub(crate) struct Found {
    /// The run and the call whose claim was granted last.
    pub(crate) claimed_by: (u32, usize),
    pub(crate) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    InProgress,
    Completed,
    Other,
}

impl Emulator {
    pub(crate) async fn open(file: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let database = dynoxide::Database::new(file.to_str().unwrap()).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let stopped = async { _ = stopped.await };
            let served = dynoxide::server::serve_with_shutdown(listener, database, stopped);
            served.await.unwrap();
        });
        let client = Client::from_conf(config(&format!("http://{address}")).build());
        for table in [RECORDS, COMMITTED] {
            let store = DynamoDb::builder(table).client(client.clone()).build();
            store.create_table_if_missing().await.unwrap();
        }
        Self {
            address,
            client,
            file: file.to_owned(),
            stop,
            server,
        }
    }

    /// Ends the server and starts another over the same file.
    pub(crate) async fn reopen(self) -> Self {
        let Self {
            client,
            file,
            stop,
            server,
            ..
        } = self;
        // Its idle connections end with it.
        drop(client);
        stop.send(()).unwrap();
        server.await.unwrap();
        Self::open(&file).await
    }

    /// What stands in the table, by the key of the call that claimed it.
    pub(crate) async fn records(&self) -> HashMap<String, Found> {
        let items = self.items(RECORDS).await;
        items.iter().filter_map(found).collect()
    }

    /// What was committed, by key.
    pub(crate) async fn committed(&self) -> HashMap<String, u64> {
        let items = self.items(COMMITTED).await;
        let number = |item: &HashMap<String, AttributeValue>| item[NUMBER].as_n().unwrap().parse();
        let key = |item: &HashMap<String, AttributeValue>| item["id"].as_s().unwrap().clone();
        items
            .iter()
            .map(|item| (key(item), number(item).unwrap()))
            .collect()
    }

    async fn items(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client.scan().table_name(table).consistent_read(true);
        let pages = scan.into_paginator().items().send();
        pages.try_collect().await.unwrap()
    }
}

/// The key and the record of an item, where it is no result that lies apart.
fn found(item: &HashMap<String, AttributeValue>) -> Option<(String, Found)> {
    // Of what brought it, the request id is the first line.
    let origin = item.get("origin")?.as_s().unwrap();
    let (key, run, call) = of_request_id(origin.lines().next().unwrap());
    let state = match item["status"].as_s().unwrap().as_str() {
        "INPROGRESS" if !item.contains_key("ended") => State::InProgress,
        "COMPLETED" | "COMPLETED_OPAQUE" => State::Completed,
        _ => State::Other,
    };
    Some((
        key,
        Found {
            claimed_by: (run, call),
            state,
        },
    ))
}

/// The request id that a call of a run has; it stands in the record that the call claims.
pub(crate) fn request_id(key: &str, run: u32, call: usize) -> String {
    format!("{key}/{run}/{call}")
}

fn of_request_id(request: &str) -> (String, u32, usize) {
    let parts: Vec<_> = request.split('/').collect();
    let [key, run, call] = parts[..] else {
        panic!("no request id of ours: {request}");
    };
    (key.to_owned(), run.parse().unwrap(), call.parse().unwrap())
}

pub(crate) fn config(endpoint: &str) -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}
