//! An example as Lambda runs it: a function in a process of its own, with the real runtime in it.

use std::process::Stdio;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};

use crate::example::example;
use crate::platform::{Answer, Invocation, Platform};

/// 2100-01-01: later than the machine's clock, by which the function goes.
const DEADLINE_MS: u64 = 4_102_444_800_000;

/// A running function; dropping it kills the process.
pub(crate) struct Function {
    platform: Platform,
    child: Child,
    stdout: ChildStdout,
}

/// What the guard logs when a call has ended.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Ended {
    pub(crate) handler: String,
    pub(crate) request_id: String,
    pub(crate) outcome: String,
    pub(crate) verdict: Option<String>,
    pub(crate) first_request_id: Option<String>,
}

impl Function {
    pub(crate) async fn start(name: &str) -> Self {
        let platform = Platform::start().await.unwrap();
        let mut child = Command::new(example(name))
            .envs(platform.environment(name, 1))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            platform,
            stdout: child.stdout.take().unwrap(),
            child,
        }
    }

    /// Delivers an event in an invocation of this request, and gives the response, byte for byte.
    pub(crate) async fn deliver(&mut self, request_id: &str, event: &Value) -> String {
        let invocation = Invocation {
            request_id: request_id.to_owned(),
            deadline_ms: DEADLINE_MS,
            tenant_id: None,
            payload: event.to_string(),
        };
        tokio::select! {
            answer = self.platform.invoke(invocation) => match answer {
                Answer::Response(response) => response,
                Answer::Error(error) => panic!("an error in place of a response: {error}"),
            },
            ended = self.child.wait() => panic!("the function ended: {ended:?}"),
        }
    }

    /// Ends the process, and gives what the guard has logged of its calls.
    pub(crate) async fn end(mut self) -> Vec<Ended> {
        #[derive(Deserialize)]
        struct Line {
            target: String,
            fields: Value,
        }
        self.child.kill().await.unwrap();
        let mut log = String::new();
        self.stdout.read_to_string(&mut log).await.unwrap();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
        let told = lines.filter(|line: &Line| line.target == "idem");
        told.map(|line| serde_json::from_value(line.fields).unwrap())
            .collect()
    }
}
