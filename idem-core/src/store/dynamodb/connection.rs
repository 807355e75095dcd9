//! The client, made when it is first needed.

use std::fmt;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::ProvideCredentials;
use aws_smithy_http_client::tls::TlsContext;
use tokio::sync::OnceCell;

use super::http::Http;
use super::roots::trust_store;
use crate::store::{Failure, StoreError};

/// How often a request is sent at most: twice more, where the first got no answer.
const ATTEMPTS: u32 = 3;
/// Three attempts and the waits between them fit into the five seconds that the guard waits for an answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_200);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const OPERATION_TIMEOUT: Duration = Duration::from_millis(4_500);
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_millis(400);

/// The client, made when it is first needed.
pub(super) struct Connection {
    client: OnceCell<Client>,
    endpoint: Option<String>,
}

impl Connection {
    /// With the client given, or one that the SDK's usual environment describes.
    pub(super) fn new(client: Option<Client>, endpoint: Option<String>) -> Self {
        Self {
            client: OnceCell::new_with(client),
            endpoint,
        }
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: there is no region. The next call looks again.
    pub(super) async fn client(&self) -> Result<&Client, StoreError> {
        // In a box: it is done once, and large, and every request's future would have room for it.
        self.client
            .get_or_try_init(|| Box::pin(self.connect()))
            .await
    }

    async fn connect(&self) -> Result<Client, StoreError> {
        let tls = TlsContext::builder()
            .with_trust_store(trust_store(self.endpoint.as_deref()))
            .build()
            .map_err(|error| {
                StoreError::new(Failure::Permanent, "failed to set up TLS").with_source(error)
            })?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(Http::new(tls))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(FIRST_BACKOFF)
                    .with_max_backoff(LONGEST_BACKOFF),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(OPERATION_TIMEOUT)
                    .build(),
            );
        if let Some(endpoint) = &self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        // The first place that the SDK looks in, and a Lambda function's: without this it makes clients for all others, too.
        let from_environment = EnvironmentVariableCredentialsProvider::new();
        if from_environment.provide_credentials().await.is_ok() {
            loader = loader.credentials_provider(from_environment);
        }
        let config = loader.load().await;
        if config.region().is_none() {
            return Err(StoreError::new(
                Failure::Permanent,
                "no AWS region is known; set the environment variable AWS_REGION",
            ));
        }
        Ok(Client::new(&config))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
