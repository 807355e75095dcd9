//! The requests that a guarded call sends, sent by the SDK alone.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemInput};
use aws_sdk_dynamodb::types::AttributeValue;
use idem_lambda::Idempotency;
use lambda_runtime::{Error, LambdaEvent};

use super::Subject;
use super::handler::{Receipt, charge};
use super::ours::guarded;
use crate::Result;
use crate::client;
use crate::events::Order;

pub(super) struct Sdk {
    client: Client,
    claim: UpdateItemInput,
    completion: UpdateItemInput,
    id_length: usize,
}

impl Sdk {
    /// Sees once what a guarded call sends.
    pub(super) async fn new(event: LambdaEvent<Order>) -> Result<Self> {
        let sent = Sent::default();
        let watched = client::config_from_env()?.interceptor(sent.clone()).build();
        let watched = Idempotency::new(client::store(Client::from_conf(watched)));
        watched.scope(guarded(event)).await?;
        let [claim, completion] = sent.requests()?;
        let id = claim.key().and_then(|key| key.get("id"));
        let id = id.ok_or("a request without a key")?.as_s();
        let id_length = id.map_err(|_| "a key that is no string")?.len();
        Ok(Self {
            client: Client::from_conf(client::config_from_env()?.build()),
            claim,
            completion,
            id_length,
        })
    }

    /// Sends a request for another record; whether its condition held.
    async fn send(&self, request: &UpdateItemInput, id: &str) -> Result<bool> {
        let update = self.client.update_item();
        let sent = update
            .set_table_name(request.table_name.clone())
            .key("id", AttributeValue::S(id.to_owned()))
            .set_update_expression(request.update_expression.clone())
            .set_condition_expression(request.condition_expression.clone())
            .set_expression_attribute_names(request.expression_attribute_names.clone())
            .set_expression_attribute_values(request.expression_attribute_values.clone())
            .set_return_values(request.return_values.clone())
            .set_return_values_on_condition_check_failure(
                request.return_values_on_condition_check_failure.clone(),
            )
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(error.into()),
            },
        }
    }
}

impl Subject for Sdk {
    async fn call(&self, event: LambdaEvent<Order>) -> std::result::Result<Receipt, Error> {
        let id = format!("{:0>1$}", event.payload.order_id, self.id_length);
        if !self.send(&self.claim, &id).await? {
            // What is stored comes back with the refusal; it is not decoded.
            return Ok(Receipt::default());
        }
        let receipt = charge(event).await?;
        self.send(&self.completion, &id).await?;
        Ok(receipt)
    }
}

/// The updates that a client sends.
#[derive(Clone, Debug, Default)]
struct Sent(Arc<Mutex<Vec<UpdateItemInput>>>);

impl Sent {
    /// Those of one first run.
    fn requests(&self) -> Result<[UpdateItemInput; 2]> {
        let requests = std::mem::take(&mut *self.0.lock().map_err(|_| "a panic")?);
        Ok(requests
            .try_into()
            .map_err(|_| "a first run is two requests")?)
    }
}

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "Sent"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        if let Some(request) = context.input().downcast_ref::<UpdateItemInput>() {
            let mut requests = self.0.lock().map_err(|_| "a panic")?;
            requests.push(request.clone());
        }
        Ok(())
    }
}
