//! The function's process, as its test sees it: invocations in, answers and a log out.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use idem_lambda::clock::UnixMillis;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::event::{Control, Tally};
use crate::function::START;
use crate::platform::{Answer, Invocation, Platform};

/// When Lambda would kill an invocation, unless the test says otherwise.
pub(crate) const DEADLINE: UnixMillis = UnixMillis(START.0 + 30_000);

/// An invocation of this request, with the usual deadline and no tenant.
pub(crate) fn invocation(request_id: &str, payload: &impl Serialize) -> Invocation {
    Invocation {
        request_id: request_id.to_owned(),
        deadline_ms: DEADLINE.0,
        tenant_id: None,
        payload: serde_json::to_string(payload).unwrap(),
    }
}

/// A running function; dropping it kills the process.
pub(crate) struct Function {
    platform: Arc<Platform>,
    child: Child,
    log: watch::Receiver<Log>,
}

impl Function {
    /// Starts the function of this name, which takes so many invocations at once.
    pub(crate) async fn start(name: &str, concurrency: usize) -> Self {
        let platform = Platform::start().await.unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--ignored", "--nocapture"])
            .envs(platform.environment("shop", concurrency))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = Log::of(&mut child);
        Self {
            platform: Arc::new(platform),
            child,
            log,
        }
    }

    /// Invokes the function. The invocation is on its way before its answer is asked for.
    pub(crate) fn invoke(&self, invocation: Invocation) -> Pending {
        let platform = Arc::clone(&self.platform);
        let mut log = self.log.clone();
        let answer = tokio::spawn(async move {
            tokio::select! {
                biased;
                answer = platform.invoke(invocation) => Ok(answer),
                ended = log.wait_for(|log| log.ended) => Err(ended.unwrap().text.clone()),
            }
        });
        Pending(answer)
    }

    /// Invokes the function, and waits until a run of this order has begun.
    pub(crate) async fn begin(&self, invocation: Invocation, order_id: &str) -> Pending {
        let mut pending = self.invoke(invocation);
        tokio::select! {
            _ = self.control(Control::Begun(order_id.to_owned())) => pending,
            ended = &mut pending.0 => panic!("over before it began: {:?}", ended.unwrap().map(body)),
        }
    }

    pub(crate) async fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap();
        self.control(Control::AdvanceMs(millis)).await;
    }

    pub(crate) async fn open(&self, order_id: &str) {
        self.control(Control::Open(order_id.to_owned())).await;
    }

    pub(crate) async fn tally(&self, order_id: &str) -> Tally {
        let told = self.control(Control::Tally(order_id.to_owned())).await;
        serde_json::from_str(&told).unwrap()
    }

    /// Waits until the guard has logged so many ends of calls that came with this request, and gives the last of them.
    pub(crate) async fn ended(&self, request_id: &str, number: usize) -> Ended {
        let mut log = self.log.clone();
        let find = |log: &Log| {
            let of_request = |ended: &Ended| ended.request_id == request_id;
            log.ends().filter(of_request).nth(number - 1)
        };
        let log = log
            .wait_for(|log| log.ended || find(log).is_some())
            .await
            .unwrap();
        find(&log).unwrap_or_else(|| panic!("the function ended:\n{}", log.text))
    }

    /// Ends the process and gives back all that it wrote, on either stream.
    pub(crate) async fn end(mut self) -> String {
        self.child.kill().await.unwrap();
        let log = self.log.wait_for(|log| log.ended).await.unwrap();
        log.text.clone()
    }

    async fn control(&self, control: Control) -> String {
        self.invoke(invocation("control", &control))
            .response()
            .await
    }
}

/// An invocation under way: its answer, or else the log of the process that ended without one.
pub(crate) struct Pending(JoinHandle<Result<Answer, String>>);

/// What the function's runtime answers for an error.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure {
    pub(crate) error_type: String,
    pub(crate) error_message: String,
}

impl Pending {
    /// The handler's result, byte for byte.
    pub(crate) async fn response(self) -> String {
        match self.0.await.unwrap() {
            Ok(Answer::Response(body)) => body,
            Ok(Answer::Error(body)) => panic!("an error in place of a response: {body}"),
            Err(log) => panic!("the function ended:\n{log}"),
        }
    }

    /// The handler's result, or the error in place of it.
    pub(crate) async fn answer(self) -> Answer {
        match self.0.await.unwrap() {
            Ok(answer) => answer,
            Err(log) => panic!("the function ended:\n{log}"),
        }
    }

    /// The error in place of a result.
    pub(crate) async fn error(self) -> Failure {
        match self.0.await.unwrap() {
            Ok(Answer::Error(body)) => serde_json::from_str(&body).unwrap(),
            Ok(Answer::Response(body)) => panic!("a response in place of an error: {body}"),
            Err(log) => panic!("the function ended:\n{log}"),
        }
    }

    /// Waits until the process ends without an answer.
    pub(crate) async fn unanswered(self) {
        if let Ok(answer) = self.0.await.unwrap() {
            panic!("an answer where the process should end: {}", body(answer));
        }
    }
}

fn body(answer: Answer) -> String {
    match answer {
        Answer::Response(body) | Answer::Error(body) => body,
    }
}

/// What the guard logs when a call has ended.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Ended {
    pub(crate) handler: String,
    pub(crate) record: Option<String>,
    pub(crate) request_id: String,
    pub(crate) outcome: String,
    pub(crate) reason: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) first_request_id: Option<String>,
    pub(crate) advice: Option<String>,
}

/// What the process writes, on both streams.
#[derive(Default)]
struct Log {
    text: String,
    /// Both streams are closed, which is how a test learns that the process is gone.
    ended: bool,
}

impl Log {
    fn of(child: &mut Child) -> watch::Receiver<Self> {
        let (log, written) = watch::channel(Self::default());
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        tokio::spawn(async move {
            tokio::join!(drain(stdout, &log), drain(stderr, &log));
            log.send_modify(|log| log.ended = true);
        });
        written
    }

    /// The ends of calls, in their order.
    fn ends(&self) -> impl Iterator<Item = Ended> {
        #[derive(Deserialize)]
        struct Line {
            target: String,
            fields: Ended,
        }
        let lines = self.text.lines();
        let lines = lines.filter_map(|line| serde_json::from_str(line).ok());
        let told = lines.filter(|line: &Line| line.target == "idem");
        told.map(|line| line.fields)
    }
}

async fn drain(stream: impl AsyncRead + Unpin, log: &watch::Sender<Log>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).await.unwrap() > 0 {
        let line = std::mem::take(&mut line);
        log.send_modify(|log| log.text.push_str(&String::from_utf8_lossy(&line)));
    }
}
