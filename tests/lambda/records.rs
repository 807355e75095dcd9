//! The functions of batches: one on the types of `aws_lambda_events`, and one on plain JSON.

use std::sync::Arc;

use aws_lambda_events::dynamodb::Event as DynamoDbEvent;
use aws_lambda_events::kinesis::KinesisEvent;
use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sns::SnsEvent;
use aws_lambda_events::sqs::SqsEvent;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use idem_lambda::batch::{self, Batch};
use idem_lambda::store::Memory;
use idem_lambda::{Execution, idempotent};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::event::{Order, Receipt};
use crate::function::{Failure, Reply, Shop, open, run};

pub(crate) const TYPED: &str = "records::typed";
pub(crate) const PLAIN: &str = "records::plain";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that other tests start"]
async fn typed() {
    serve::<SqsEvent, KinesisEvent, DynamoDbEvent, SnsEvent, S3Event>().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that other tests start"]
async fn plain() {
    serve::<Value, Value, Value, Value, Value>().await;
}

/// A batch that can be read from JSON, on any thread.
trait Sent: Batch<Record: Send + Sync> + DeserializeOwned + Send + 'static {}

impl<B: Batch<Record: Send + Sync> + DeserializeOwned + Send + 'static> Sent for B {}

async fn serve<Q, K, T, N, B>()
where
    Q: Sent,
    K: Sent,
    T: Sent,
    N: Sent,
    B: Sent,
{
    let Some(shop) = open(Some(Memory::new())) else {
        return;
    };
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let shop = Arc::clone(&shop);
        async move {
            match source(&event.payload) {
                Some("aws:sqs") => of_queue::<Q>(event, &shop).await,
                Some("aws:kinesis") => of_kinesis::<K>(event, &shop).await,
                Some("aws:dynamodb") => of_table::<T>(event, &shop).await,
                Some("aws:sns") => of_topic::<N>(event, &shop).await,
                Some("aws:s3") => of_bucket::<B>(event, &shop).await,
                _ => obey(event, &shop).await,
            }
        }
    });
    lambda_runtime::run_concurrent(handler).await.unwrap();
}

/// The source of the first record.
fn source(payload: &Value) -> Option<&str> {
    let record = payload.pointer("/Records/0")?;
    ["eventSource", "EventSource"]
        .iter()
        .find_map(|name| record[name].as_str())
}

async fn obey(event: LambdaEvent<Value>, shop: &Shop) -> Result<Reply, Failure> {
    match serde_json::from_value(event.payload.clone()) {
        Ok(control) => Ok(shop.obey(control).await),
        // A batch without records, or nothing that is known.
        Err(_) => of_queue::<Value>(event, shop).await,
    }
}

/// For each source the function of a batch, which calls that of a record: its key, and where it has its order.
macro_rules! sources {
    ($($batch:ident: $name:literal, key = { $($key:tt)* }, order = $order:expr;)*) => {
        $(async fn $batch<B>(event: LambdaEvent<Value>, shop: &Shop) -> Result<Reply, Failure>
        where
            B: Batch + DeserializeOwned,
        {
            #[idempotent(key = $($key)*, ttl = "1h", name = $name)]
            async fn charge<T: Serialize>(
                record: LambdaEvent<T>,
                shop: &Shop,
                #[execution] execution: Execution,
            ) -> Result<Receipt, Failure> {
                let read: fn(&Value) -> Option<Order> = $order;
                let order = read(&serde_json::to_value(&record.payload).unwrap()).unwrap();
                let request_id = record.context.request_id;
                run(order, request_id, execution.verdict(), shop).await
            }

            let event = LambdaEvent::new(serde_json::from_value::<B>(event.payload).unwrap(), event.context);
            let response = batch::run(event, |record| charge(record, shop)).await?;
            Ok(Reply::Batch(response))
        })*
    };
}

sources! {
    of_queue: "fulfil", key = { json("$.body", "$.orderId") },
        order = |record| serde_json::from_str(record["body"].as_str()?).ok();
    of_kinesis: "follow", key = { json(base64("$.kinesis.data"), "$.orderId") },
        order = |record| {
            let data = BASE64_STANDARD.decode(record["kinesis"]["data"].as_str()?);
            serde_json::from_slice(&data.ok()?).ok()
        };
    of_table: "index", key = { "$.eventID" },
        order = |record| serde_json::from_str(record.pointer("/dynamodb/NewImage/order/S")?.as_str()?).ok();
    of_topic: "notice", key = { json("$.Sns.Message", "$.orderId") },
        order = |record| serde_json::from_str(record["Sns"]["Message"].as_str()?).ok();
    of_bucket: "import", key = { ("$.s3.bucket.name", "$.s3.object.key", "$.s3.object.sequencer") },
        order = |record| serde_json::from_str(record.pointer("/s3/object/key")?.as_str()?).ok();
}
