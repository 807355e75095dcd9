//! What is delivered: one JSON document a line.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The deliveries that come with the examples.
pub(crate) const EVENTS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/examples/events/orders.jsonl");

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

/// The deliveries in a file, or on standard input where that is `-`, and what is wrong with the lines that are none.
pub(crate) fn read(file: &str) -> Result<(Vec<Delivery>, Vec<String>), String> {
    let mut bytes = Vec::new();
    let read = match file {
        "-" => std::io::stdin().read_to_end(&mut bytes),
        file => File::open(file).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    match read {
        Ok(_) => Ok(parse(&bytes)),
        Err(error) => Err(format!("failed to read {file}: {error}")),
    }
}

fn parse(bytes: &[u8]) -> (Vec<Delivery>, Vec<String>) {
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
