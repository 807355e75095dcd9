//! What calls are billed: write and read request units, by the size of the result, beside the usual layout, which keeps
//! every result in its record.
//!
//! DynamoDB does not say what a refused write is billed, and so neither does an emulator: it is the size of the item that
//! stands there, in whole kilobytes.
//!
//! Source: [Read and write operations](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html).

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::ops::Add;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::update_item::{
    UpdateItemError, UpdateItemInput, UpdateItemOutput,
};
use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
};
use idem_lambda::{Error, Idempotency, store::DynamoDb};

use crate::Result;
use crate::calls::{TABLE, config};
use crate::emulator::Emulator;

const SIZES: [usize; 7] = [100, 400, 2_000, 4_000, 8_000, 64_000, 300_000];

pub(crate) fn report() -> Result<()> {
    println!("request units, write and read, by the size of the result");
    println!("  bytes   first run     replay       busy   usual first run     replay");
    let emulator = Emulator::start()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let meter = Meter::default();
        let client = config(&emulator.endpoint).interceptor(meter.clone());
        let client = Client::from_conf(client.build());
        let store = DynamoDb::builder(TABLE).client(client.clone()).build();
        store.create_table_if_missing().await?;
        let runtime = Idempotency::new(store);
        for size in SIZES {
            let [first, replay, busy] = ours(&runtime, &meter, size).await?;
            let [usual, usual_replay] = usual(&client, &meter, size).await?;
            println!(
                "  {size:>6} {first:>10} {replay:>10} {busy:>10} {usual:>17} {usual_replay:>10}"
            );
        }
        Ok(())
    })
}

/// A first run, a replay, and a call that comes while the first runs.
async fn ours(runtime: &Idempotency, meter: &Meter, size: usize) -> Result<[Units; 3]> {
    let (claim, busy) = (Cell::default(), Cell::default());
    let call = || runtime.call("charge", &size).ttl(Duration::from_hours(1));
    let body = async || {
        claim.set(meter.take());
        let other = runtime.clone();
        // Another task: in this one it would be a call inside itself.
        let other = tokio::spawn(async move {
            let call = other.call("charge", &size).ttl(Duration::from_hours(1));
            call.run(async || Ok::<_, Error>(())).await
        });
        assert!(matches!(other.await, Ok(Err(error)) if error.is_in_progress()));
        busy.set(meter.take());
        Ok::<_, Error>("x".repeat(size))
    };
    call().run(body).await?;
    let first = claim.get() + meter.take();
    call().run(async || Ok::<_, Error>(String::new())).await?;
    Ok([first, meter.take(), busy.get()])
}

/// The requests of a layout whose claim is a put, and whose result is in the record, whatever its size.
async fn usual(client: &Client, meter: &Meter, size: usize) -> Result<[Units; 2]> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let id = text(&format!("charge.handler.charge#{size:032x}"));
    let put = || {
        let put = client.put_item().table_name(TABLE);
        put.item("id", id.clone())
            .item("status", text("INPROGRESS"))
            .item("expiration", AttributeValue::N("1800000000".to_owned()))
            .item(
                "in_progress_expiration",
                AttributeValue::N("1800000000000".to_owned()),
            )
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    put().await?;
    let update = client.update_item().table_name(TABLE);
    update
        .key("id", id.clone())
        .update_expression("SET #data = :data, expiration = :expiration, #status = :status")
        .expression_attribute_names("#data", "data")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":data", text(&"x".repeat(size)))
        .expression_attribute_values(":expiration", AttributeValue::N("1800000000".to_owned()))
        .expression_attribute_values(":status", text("COMPLETED"))
        .send()
        .await?;
    let first = meter.take();
    assert!(put().await.is_err(), "it is there");
    Ok([first, meter.take()])
}

#[derive(Clone, Copy, Debug, Default)]
struct Units {
    write: f64,
    read: f64,
}

impl Add for Units {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            write: self.write + other.write,
            read: self.read + other.read,
        }
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} + {}", self.write, self.read))
    }
}

/// Adds up what a client's requests are billed.
#[derive(Clone, Debug, Default)]
struct Meter(Arc<Mutex<Units>>);

impl Meter {
    /// What was billed since this was asked last.
    fn take(&self) -> Units {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, units: Units) {
        let mut sum = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *sum = *sum + units;
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let total = Some(ReturnConsumedCapacity::Total);
        let input = context.input_mut();
        if let Some(update) = input.downcast_mut::<UpdateItemInput>() {
            update.return_consumed_capacity = total;
        } else if let Some(put) = input.downcast_mut::<PutItemInput>() {
            put.return_consumed_capacity = total;
        } else if let Some(get) = input.downcast_mut::<GetItemInput>() {
            get.return_consumed_capacity = total;
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let (mut write, mut read) = (0.0, 0.0);
        let units = |consumed: Option<&ConsumedCapacity>| {
            consumed
                .and_then(ConsumedCapacity::capacity_units)
                .unwrap_or_default()
        };
        match context.output_or_error() {
            Ok(output) => {
                if let Some(update) = output.downcast_ref::<UpdateItemOutput>() {
                    write = units(update.consumed_capacity());
                } else if let Some(put) = output.downcast_ref::<PutItemOutput>() {
                    write = units(put.consumed_capacity());
                } else if let Some(get) = output.downcast_ref::<GetItemOutput>() {
                    read = units(get.consumed_capacity());
                }
            }
            Err(error) => {
                let refused = error.as_operation_error().and_then(|error| {
                    let update = error.downcast_ref().and_then(|error| match error {
                        UpdateItemError::ConditionalCheckFailedException(error) => Some(error),
                        _ => None,
                    });
                    update.or_else(|| match error.downcast_ref()? {
                        PutItemError::ConditionalCheckFailedException(error) => Some(error),
                        _ => None,
                    })
                });
                if let Some(item) = refused.and_then(|refused| refused.item()) {
                    write = kilobytes(item);
                }
            }
        }
        self.add(Units { write, read });
        Ok(())
    }
}

/// The size of an item, in whole kilobytes: names and values as UTF-8, numbers two digits a byte and one byte more.
///
/// Source: [DynamoDB item sizes and formats](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
#[allow(clippy::cast_precision_loss, reason = "an item has 400 KB at most")]
fn kilobytes(item: &HashMap<String, AttributeValue>) -> f64 {
    let sizes = item.iter().map(|(name, value)| {
        name.len()
            + match value {
                AttributeValue::S(text) => text.len(),
                AttributeValue::B(bytes) => bytes.as_ref().len(),
                AttributeValue::N(number) => number.len().div_ceil(2) + 1,
                _ => 0,
            }
    });
    sizes.sum::<usize>().div_ceil(1024) as f64
}
