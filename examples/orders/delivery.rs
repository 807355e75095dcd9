//! What is delivered: one JSON document a line.

use serde::Deserialize;
use serde_json::value::RawValue;

/// One delivery of an event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Delivery {
    /// What happens here, for the reader of the table.
    pub(crate) note: String,
    /// The Lambda request id; the asynchronous retries of one event share it.
    pub(crate) request_id: String,
    /// Delivered while the delivery before it is still being worked on.
    #[serde(default)]
    pub(crate) together: bool,
    /// The event.
    pub(crate) payload: Box<RawValue>,
}

/// The deliveries of `text`, and what is wrong with the lines that are none.
pub(crate) fn parse(text: &str) -> (Vec<Delivery>, Vec<String>) {
    let mut deliveries = Vec::new();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(delivery) => deliveries.push(delivery),
            Err(error) => faults.push(format!(
                "line {number}: not a delivery at column {}; write {}",
                error.column(),
                r#"{"note": "..", "requestId": "..", "payload": {..}}"#,
            )),
        }
    }
    (deliveries, faults)
}
