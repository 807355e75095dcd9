//! A client, and the gateway between it and the function in its process.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::platform::{Answer, Invocation, Platform};

/// Far away: nothing here is timed.
const DEADLINE_MS: u64 = 4_102_444_800_000;

/// A client of one function, whose process ends when this is dropped.
pub(crate) struct Client {
    platform: Platform,
    function: Child,
    requests: u32,
}

/// Of a response, what the client sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    /// By name, in lower case.
    pub(crate) headers: BTreeMap<String, Vec<String>>,
    pub(crate) body: Vec<u8>,
}

/// What the function tells its gateway.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    cookies: Vec<String>,
    body: Option<String>,
    is_base64_encoded: bool,
}

impl Client {
    /// Starts this program as a function behind a gateway; `guard` is `attribute` or `layer`.
    pub(crate) async fn start(program: &Path, guard: &str) -> io::Result<Self> {
        let platform = Platform::start().await?;
        let function = Command::new(program)
            .envs(platform.environment("orders", 1))
            .env("GUARD", guard)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            platform,
            function,
            requests: 0,
        })
    }

    /// Sends a request, which is this event, and gives the response.
    pub(crate) async fn send(&mut self, event: &Value) -> io::Result<Seen> {
        self.requests += 1;
        let invocation = Invocation {
            request_id: format!("r-{}", self.requests),
            deadline_ms: DEADLINE_MS,
            tenant_id: None,
            payload: event.to_string(),
        };
        let answer = tokio::select! {
            answer = self.platform.invoke(invocation) => answer,
            ended = self.function.wait() => {
                return Err(io::Error::other(format!("the function ended: {}", ended?)));
            }
        };
        match answer {
            Answer::Response(told) => Told::seen(serde_json::from_str(&told)?),
            // As gateways do.
            Answer::Error(_) => Ok(Seen {
                status: 502,
                headers: BTreeMap::new(),
                body: Vec::new(),
            }),
        }
    }
}

impl Told {
    fn seen(self) -> io::Result<Seen> {
        let mut headers = self.multi_value_headers;
        for (name, value) in self.headers {
            headers.entry(name).or_insert_with(|| vec![value]);
        }
        if !self.cookies.is_empty() {
            headers.insert("set-cookie".to_owned(), self.cookies);
        }
        let body = self.body.unwrap_or_default();
        Ok(Seen {
            status: self.status_code,
            headers,
            body: if self.is_base64_encoded {
                STANDARD.decode(body).map_err(io::Error::other)?
            } else {
                body.into_bytes()
            },
        })
    }
}

impl Seen {
    /// A header's first value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.first()?)
    }

    pub(crate) fn is_replay(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }
}
