//! The deliveries that come with the examples.

use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/events/orders.jsonl")
}

pub(crate) fn deliveries() -> Vec<Value> {
    let lines = std::fs::read_to_string(file()).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The id of the order that an event asks for, be it from the shop or from a queue.
pub(crate) fn order_id(event: &Value) -> Option<String> {
    let payload = &event["payload"];
    let order = match payload["Records"][0]["body"].as_str() {
        Some(body) => serde_json::from_str(body).unwrap(),
        None => payload.clone(),
    };
    let id = order["orderId"].as_str().filter(|id| !id.is_empty())?;
    Some(id.to_owned())
}
