//! One instance of the function: a client of its own, as each sandbox of Lambda has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use idem_lambda::Idempotency;
use idem_lambda::clock::{Clock, SystemClock};
use idem_lambda::store::DynamoDb;
use lambda_runtime::{Context, Error, LambdaEvent};

use crate::charge;
use crate::delivery::Delivery;
use crate::order::Receipt;
use crate::place::Place;

const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Instance {
    runtime: Idempotency,
    requests: Requests,
}

impl Instance {
    pub(crate) fn start(place: &Place) -> Self {
        let requests = Requests::default();
        let config = place.config().interceptor(requests.clone()).build();
        let store = DynamoDb::builder(&place.table)
            .client(Client::from_conf(config))
            .build();
        Self {
            runtime: Idempotency::new(store),
            requests,
        }
    }

    /// Delivers an event, and says how many requests that took.
    pub(crate) async fn invoke(self, delivery: Delivery) -> (Result<Receipt, Error>, usize) {
        let answer = match serde_json::from_str(delivery.payload.get()) {
            Ok(order) => {
                let mut context = Context::default();
                context.request_id = delivery.request_id;
                context.deadline = SystemClock.now().after(TIMEOUT).0;
                let event = LambdaEvent::new(order, context);
                self.runtime.scope(charge(event)).await
            }
            Err(error) => Err(error.into()),
        };
        (answer, self.requests.0.swap(0, Ordering::Relaxed))
    }
}

/// Counts the requests that a client sends.
#[derive(Clone, Debug, Default)]
struct Requests(Arc<AtomicUsize>);

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "Requests"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
