//! What is delivered: one JSON document a line.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// One delivery of an event.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Delivery {
    /// What happens here, for the reader of the table.
    pub(crate) note: String,
    /// The Lambda request id; the asynchronous retries of one event share it.
    pub(crate) request_id: String,
    /// Delivered while the delivery before it is still being worked on.
    #[serde(default)]
    pub(crate) together: bool,
    /// How much time passes before it is delivered, as in `1h`.
    #[serde(default, deserialize_with = "duration")]
    pub(crate) later: Duration,
    /// The event.
    pub(crate) payload: Box<RawValue>,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(D::Error::custom)
}

/// The deliveries in `bytes`, and what is wrong with the lines that are none.
pub(crate) fn parse(bytes: &[u8]) -> (Vec<Delivery>, Vec<String>) {
    let mut deliveries = Vec::new();
    let mut faults = Vec::new();
    let lines = bytes.split(|byte| *byte == b'\n');
    for (number, line) in (1..)
        .zip(lines)
        .filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        match serde_json::from_slice::<Delivery>(line) {
            // It travels in a header, and Lambda makes a UUID.
            Ok(delivery)
                if !delivery
                    .request_id
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic()) =>
            {
                faults.push(format!(
                    "line {number}: a `requestId` has only visible ASCII characters"
                ));
            }
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
