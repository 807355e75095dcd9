//! The events that keys are taken from.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// 120 bytes as JSON without items, each of which adds about 100.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the key is `$.orderId`")]
pub(crate) struct Order {
    pub(crate) order_id: String,
    customer: String,
    amount_cents: u64,
    currency: String,
    pub(crate) items: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) id: String,
    name: &'static str,
    amount_cents: u64,
    quantity: u32,
    is_gift: bool,
}

impl Order {
    pub(crate) fn of_items(count: usize) -> Self {
        Self {
            order_id: String::from("0190b5c2-7b1e-7c3a-9f55-000000000001"),
            customer: String::from("customer-4711"),
            amount_cents: 4_200,
            currency: String::from("EUR"),
            items: (0..count).map(Item::numbered).collect(),
        }
    }

    /// An order of about `bytes` bytes as JSON.
    pub(crate) fn of_bytes(bytes: usize) -> Self {
        Self::of_items(bytes / 100 - 1)
    }
}

impl Item {
    fn numbered(number: usize) -> Self {
        Self {
            id: format!("item-{number:06}"),
            name: "A pair of socks, blue",
            amount_cents: 1_250,
            quantity: 2,
            is_gift: false,
        }
    }
}

pub(crate) fn http_request() -> ApiGatewayV2httpRequest {
    read(include_str!("../../tests/data/api-gateway-http.json"))
}

/// Ten records, the most that SQS sends at once unless it is told otherwise.
pub(crate) fn sqs_records() -> SqsEvent {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "Records")]
        records: [SqsMessage; 1],
    }

    let Event { records: [record] } = read(include_str!("../../tests/data/sqs.json"));
    let mut event = SqsEvent::default();
    event.records = vec![record; 10];
    event
}

fn read<T: DeserializeOwned>(json: &str) -> T {
    match serde_json::from_str(json) {
        Ok(event) => event,
        Err(error) => panic!("the sample is such an event: {error}"),
    }
}
