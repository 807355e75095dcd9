//! The table, in an emulator of DynamoDB in this process.

use std::thread;

use dynoxide::Database;
use serde_json::json;
use tokio::net::TcpListener;

use crate::Result;

pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const TABLE: &str = "records";

/// Serves on a free port of loopback as long as this process lives; its address.
pub(crate) fn serve() -> Result<String> {
    let database = Database::memory()?;
    database.create_table(serde_json::from_value(json!({
        "TableName": TABLE,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }))?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
    let address = listener.local_addr()?;
    thread::spawn(move || runtime.block_on(dynoxide::server::serve_on(listener, database)));
    Ok(format!("http://{address}"))
}
