//! Where the table is: on AWS, or on an emulator in this process.

use std::env;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Builder, Credentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_runtime::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Where clients find the table.
pub(crate) struct Place {
    pub(crate) table: String,
    pub(crate) described: String,
    config: Builder,
    _emulator: Option<JoinHandle<()>>,
}

impl Place {
    pub(crate) async fn find() -> Result<Self, Error> {
        match env::var("IDEM_TABLE") {
            Ok(table) if !table.is_empty() => Ok(Self::on_aws(table).await),
            _ => Self::emulated().await,
        }
    }

    async fn on_aws(table: String) -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .load()
            .await;
        let region = shared.region().map_or("no region", Region::as_ref);
        Self {
            described: format!("the table {table} on AWS, {region}"),
            config: Builder::from(&shared),
            table,
            _emulator: None,
        }
    }

    async fn emulated() -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let database = dynoxide::Database::memory()?;
        let emulator = tokio::spawn(dynoxide::server::serve_on(listener, database));
        Ok(Self {
            table: "idempotency".to_owned(),
            described: format!("an emulator on {address}"),
            config: Builder::new()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("local"))
                .credentials_provider(Credentials::new("local", "local", None, None, "example"))
                .endpoint_url(format!("http://{address}"))
                .http_client(aws_smithy_http_client::Builder::new().build_http()),
            _emulator: Some(emulator),
        })
    }

    /// How a client gets there.
    pub(crate) fn config(&self) -> Builder {
        self.config.clone()
    }

    pub(crate) fn client(&self) -> Client {
        Client::from_conf(self.config().build())
    }
}
