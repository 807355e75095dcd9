//! A Python process in which Powertools for AWS Lambda guards calls.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::block_in_place;

/// Processes that wait for a test. Each ends with this process, which closes its input.
static IDLE: Mutex<Vec<Process>> = Mutex::new(Vec::new());

/// How a body of theirs ends.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Body {
    /// With the value of this JSON.
    Return(&'static str),
    Raise,
    /// Not before it is told how.
    Wait,
}

/// A call of theirs, all but its body; its ttl is an hour.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Call {
    /// What the Lambda context says, from which the lease is made; `None`: there is no context, and so no lease.
    pub(crate) remaining: Option<u32>,
    /// The hash function of their payload validation, where it is on.
    pub(crate) validation: Option<&'static str>,
}

impl Call {
    /// With a lease of a minute.
    pub(crate) const USUAL: Self = Self {
        remaining: Some(60_000),
        validation: None,
    };
}

/// What came of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reply {
    /// The body runs, and waits to be told how it ends.
    pub(crate) waiting: bool,
    ran: bool,
    /// In JSON.
    returned: Option<String>,
    raised: Option<String>,
    cause: Option<String>,
}

impl Reply {
    /// What it returned; its body ran.
    #[track_caller]
    pub(crate) fn own<T: DeserializeOwned>(&self) -> T {
        assert!(self.ran, "their body did not run: {self:?}");
        self.value()
    }

    /// What it returned; its body did not run.
    #[track_caller]
    pub(crate) fn replayed<T: DeserializeOwned>(&self) -> T {
        assert!(!self.ran, "their body ran: {self:?}");
        self.value()
    }

    /// The exception; its body did not run.
    #[track_caller]
    pub(crate) fn refused(&self) -> &str {
        assert!(!self.ran, "their body ran: {self:?}");
        let raised = self.raised.as_deref();
        raised.unwrap_or_else(|| panic!("they did not refuse: {self:?}"))
    }

    /// What the exception came from.
    pub(crate) fn cause(&self) -> &str {
        self.cause.as_deref().unwrap()
    }

    #[track_caller]
    fn value<T: DeserializeOwned>(&self) -> T {
        let returned = self.returned.as_ref();
        let returned = returned.unwrap_or_else(|| panic!("nothing was returned: {self:?}"));
        serde_json::from_str(returned).unwrap()
    }
}

/// Their side of a meeting.
pub(crate) struct Theirs {
    /// `None` only when this is dropped.
    process: Option<Process>,
    python: String,
    endpoint: String,
    table: String,
    is_composite: bool,
    id: String,
}

impl Theirs {
    pub(crate) fn new(
        python: &str,
        endpoint: &str,
        table: &str,
        is_composite: bool,
        id: String,
    ) -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self {
            process: Some(idle.unwrap_or_else(|| Process::start(python))),
            python: python.to_owned(),
            endpoint: endpoint.to_owned(),
            table: table.to_owned(),
            is_composite,
            id,
        }
    }

    /// Another process, for a call beside one that waits.
    pub(crate) fn another(&self) -> Self {
        Self {
            process: Some(Process::start(&self.python)),
            python: self.python.clone(),
            endpoint: self.endpoint.clone(),
            table: self.table.clone(),
            id: self.id.clone(),
            is_composite: self.is_composite,
        }
    }

    /// Calls their function.
    pub(crate) fn call(&mut self, call: Call, body: Body) -> Reply {
        let mut line = serde_json::to_value(call).unwrap();
        line["body"] = json!(body);
        line["endpoint"] = json!(self.endpoint);
        line["table"] = json!(self.table);
        line["is_composite"] = json!(self.is_composite);
        line["id"] = json!(self.id);
        self.process.as_mut().unwrap().ask(&line)
    }

    /// Calls their function, which claims and then waits in its body.
    #[track_caller]
    pub(crate) fn start(&mut self, call: Call) {
        let reply = self.call(call, Body::Wait);
        assert!(reply.waiting, "their body does not run: {reply:?}");
    }

    /// Ends the body that waits.
    pub(crate) fn end(&mut self, body: Body) -> Reply {
        let line = json!({ "body": body });
        self.process.as_mut().unwrap().ask(&line)
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let process = self.process.take().filter(|process| !process.is_waiting);
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(process);
    }
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// A body waits, or an answer is missing.
    is_waiting: bool,
}

impl Process {
    fn start(python: &str) -> Self {
        let mut child = Command::new(python)
            // Without bytecode among the sources.
            .args(["-B", "tests/powertools/handler.py"])
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("POWERTOOLS_IDEMPOTENCY_DISABLED")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("IDEM_POWERTOOLS names no Python: {error}"));
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            is_waiting: false,
        }
    }

    /// Waits without a future: the emulator runs on.
    fn ask(&mut self, line: &serde_json::Value) -> Reply {
        self.is_waiting = true;
        let mut answer = String::new();
        block_in_place(|| {
            writeln!(self.input, "{line}").unwrap();
            self.output.read_line(&mut answer).unwrap();
        });
        let reply: Reply = serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("no reply: {error}: {answer:?}"));
        self.is_waiting = reply.waiting;
        reply
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may wait for a line that never comes.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
