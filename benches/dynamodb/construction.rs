//! From nothing to a client that connects for its first request.

use std::env;
use std::str::FromStr;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use idem_lambda::store::DynamoDb;
use tokio::net::TcpListener;

use crate::stopwatch::Stopwatch;
use crate::{Result, again, median, printed};

const SAMPLES: usize = 51;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    Ours,
    /// The SDK's, which trusts the roots of the operating system.
    Default,
    /// The same without TLS: what the rest takes.
    Plain,
}

impl FromStr for Whose {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "ours" => Ok(Self::Ours),
            "default" => Ok(Self::Default),
            "plain" => Ok(Self::Plain),
            _ => Err("ours, default or plain"),
        }
    }
}

/// Whose client, and whether there are credentials in the environment.
const ROWS: [(&str, bool); 4] = [
    ("ours", true),
    ("ours", false),
    ("default", true),
    ("plain", true),
];

pub(crate) fn report() -> Result<()> {
    let mut samples = ROWS.map(|_| Vec::new());
    for _ in 0..SAMPLES {
        for (samples, (whose, has_credentials)) in samples.iter_mut().zip(ROWS) {
            samples.push(sample(whose, has_credentials)?);
        }
    }
    println!("construction of the client, median and fastest of {SAMPLES} processes");
    for (samples, (whose, has_credentials)) in samples.into_iter().zip(ROWS) {
        let fastest = samples.iter().copied().min().unwrap_or_default();
        println!(
            "  {whose:<8} {:>8.3} ms {:>8.3} ms{}",
            millis(median(samples)),
            millis(fastest),
            if has_credentials {
                ""
            } else {
                ", which looks for credentials in vain"
            },
        );
    }
    Ok(())
}

/// In a Lambda function's environment, where credentials are in variables.
fn sample(whose: &str, has_credentials: bool) -> Result<u64> {
    let mut process = again(&["construct", whose])?;
    process
        .env_clear()
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    if has_credentials {
        process
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_SESSION_TOKEN", "test");
    }
    printed(&mut process)
}

#[allow(clippy::cast_precision_loss, reason = "a figure to read")]
fn millis(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// Prints the nanoseconds until the client connects, or notices the lack of credentials.
pub(crate) fn construct(whose: Whose) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let watch = Stopwatch::wall();
        let request = async {
            match whose {
                Whose::Ours => {
                    let store = DynamoDb::builder("records").endpoint(&endpoint).build();
                    Ok(store.warm_up().await?)
                }
                Whose::Default => {
                    let provider = Provider::Rustls(CryptoMode::Ring);
                    read(&endpoint, builder().tls_provider(provider).build_https()).await
                }
                Whose::Plain => read(&endpoint, builder().build_http()).await,
            }
        };
        let connects = tokio::select! {
            _ = listener.accept() => true,
            _ = request => false,
        };
        let took = watch.elapsed();
        let has_credentials = env::var_os("AWS_ACCESS_KEY_ID").is_some();
        assert_eq!(connects, has_credentials, "with credentials, it connects");
        println!("{}", took.as_nanos());
        Ok(())
    })
}

fn builder() -> aws_smithy_http_client::Builder {
    aws_smithy_http_client::Builder::new()
}

async fn read(endpoint: &str, http: SharedHttpClient) -> Result<()> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .http_client(http)
        .load()
        .await;
    let get = Client::new(&config).get_item().table_name("records");
    let get = get.key("id", AttributeValue::S("warm-up".to_owned()));
    get.consistent_read(true).send().await?;
    Ok(())
}
