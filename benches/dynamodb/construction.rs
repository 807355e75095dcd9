//! From nothing to a client that is about to send its first request.

use std::str::FromStr;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use idem_lambda::store::DynamoDb;

use crate::stopwatch::Stopwatch;
use crate::{Result, again, median, printed};

const SAMPLES: usize = 51;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    Ours,
    /// The SDK's, which trusts the roots of the operating system.
    Default,
    /// The same without TLS: what the rest takes, looking for credentials included.
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

pub(crate) fn report() -> Result<()> {
    let mut samples = [Vec::new(), Vec::new(), Vec::new()];
    let whose = ["ours", "default", "plain"];
    for _ in 0..SAMPLES {
        for (samples, whose) in samples.iter_mut().zip(whose) {
            samples.push(sample(whose)?);
        }
    }
    println!("construction of the client, median of {SAMPLES} processes");
    for (samples, whose) in samples.into_iter().zip(whose) {
        println!("  {whose:<8} {:>8.3} ms", millis(median(samples)));
    }
    Ok(())
}

/// In a Lambda function's environment, and without credentials: so nothing is sent.
fn sample(whose: &str) -> Result<u64> {
    let mut process = again(&["construct", whose])?;
    process
        .env_clear()
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    printed(&mut process)
}

#[allow(clippy::cast_precision_loss, reason = "a figure to read")]
fn millis(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// Prints the nanoseconds until the lack of credentials is noticed.
pub(crate) fn construct(whose: Whose) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let watch = Stopwatch::wall();
    let refused = runtime.block_on(async {
        match whose {
            Whose::Ours => DynamoDb::builder("records")
                .build()
                .warm_up()
                .await
                .is_err(),
            Whose::Default => {
                let provider = Provider::Rustls(CryptoMode::Ring);
                read(builder().tls_provider(provider).build_https())
                    .await
                    .is_err()
            }
            Whose::Plain => read(builder().build_http()).await.is_err(),
        }
    });
    let took = watch.elapsed();
    assert!(refused, "there are no credentials");
    println!("{}", took.as_nanos());
    Ok(())
}

fn builder() -> aws_smithy_http_client::Builder {
    aws_smithy_http_client::Builder::new()
}

async fn read(http: SharedHttpClient) -> Result<()> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .load()
        .await;
    let get = Client::new(&config).get_item().table_name("records");
    let get = get.key("id", AttributeValue::S("warm-up".to_owned()));
    get.consistent_read(true).send().await?;
    Ok(())
}
