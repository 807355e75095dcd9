//! Plays requests through each gateway.

use lambda_http::Error;
use serde_json::Value;

use crate::client::{Client, Seen};
use crate::event::GATEWAYS;

const ORDER: &str = r#"{"item":"tea"}"#;

/// What a client does, with which keys and which body.
type Play<'p> = (&'p str, &'p [&'p str], &'p [u8]);

pub(crate) async fn run() -> Result<(), Error> {
    let long = "k".repeat(10_000);
    let large = |kilobytes: usize| format!(r#"{{"item":"tea","terms":{kilobytes}}}"#);
    let (fits, too_large) = (large(6_000), large(6_300));
    let scan = b"%PDF-1.7 \xff\xfe";
    let plays: [Play; 13] = [
        ("an order", &["\"8e03\""], ORDER.as_bytes()),
        ("the same again", &["\"8e03\""], ORDER.as_bytes()),
        ("the same, key without quotes", &["8e03"], ORDER.as_bytes()),
        (
            "another order under its key",
            &["8e03"],
            br#"{"item":"rum"}"#,
        ),
        ("an order without a key", &[], ORDER.as_bytes()),
        ("with two", &["40d5", "43e8"], ORDER.as_bytes()),
        ("with one of 10,000 characters", &[&long], ORDER.as_bytes()),
        ("an order that is no text", &["bc93"], scan),
        ("the same again", &["bc93"], scan),
        ("one with a receipt of 6.0 MB", &["6894"], fits.as_bytes()),
        ("the same again", &["6894"], fits.as_bytes()),
        (
            "one with a receipt of 6.3 MB",
            &["a57f"],
            too_large.as_bytes(),
        ),
        ("the same again", &["a57f"], too_large.as_bytes()),
    ];
    for guard in ["attribute", "layer"] {
        for gateway in &GATEWAYS {
            println!("{}, guarded by the {guard}", gateway.name);
            let mut client = Client::start(&std::env::current_exe()?, guard).await?;
            for (what, keys, body) in plays {
                let seen = client.send(&gateway.event(keys, body)?).await?;
                println!("  {what}: {}", told(&seen));
            }
        }
    }
    Ok(())
}

/// A response in a line.
fn told(seen: &Seen) -> String {
    let mark = if seen.is_replay() { ", replayed" } else { "" };
    let length = seen.body.len();
    let shown = match serde_json::from_slice::<Value>(&seen.body) {
        Ok(problem) => problem["title"].as_str().unwrap_or_default().to_owned(),
        Err(_) => String::from_utf8_lossy(&seen.body)
            .chars()
            .take(40)
            .collect(),
    };
    format!("{}{mark}, {length} bytes: {shown}", seen.status)
}
