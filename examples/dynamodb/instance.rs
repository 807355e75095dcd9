//! One instance of the function: a client of its own, as each sandbox of Lambda has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use idem_lambda::Idempotency;
use idem_lambda::clock::{Clock, ManualClock};
use idem_lambda::store::DynamoDb;
use lambda_runtime::{Context, Error, LambdaEvent};

use crate::delivery::Delivery;
use crate::order::Receipt;
use crate::place::Place;
use crate::{charge, sandbox};

const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Instance {
    clock: ManualClock,
    runtime: Idempotency,
    requests: Requests,
}

impl Instance {
    pub(crate) fn start(place: &Place, clock: &ManualClock) -> Self {
        let requests = Requests::default();
        let config = place.config().interceptor(requests.clone()).build();
        let store = DynamoDb::builder(&place.table)
            .client(Client::from_conf(config))
            .build();
        let runtime = Idempotency::builder(store).clock(clock.clone());
        Self {
            clock: clock.clone(),
            runtime: runtime.build(),
            requests,
        }
    }

    /// Delivers an event, and says how many requests that took.
    pub(crate) async fn invoke(self, delivery: Delivery) -> (Result<Receipt, Error>, usize) {
        let answer = match serde_json::from_str(delivery.payload.get()) {
            Ok(payload) => {
                let mut context = Context::default();
                context.request_id = delivery.request_id;
                context.deadline = self.clock.now().after(TIMEOUT).0;
                let event = LambdaEvent::new(payload, context);
                let handled = self.runtime.scope(charge::handle(event));
                sandbox::run(Box::pin(handled)).await
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
