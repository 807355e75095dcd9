//! The Lambda service's side of the [Runtime API], on the loopback interface.
//!
//! A function's process that gets [`Platform::environment`] asks here for its invocations, over the protocol that it
//! speaks in production. Nothing is timed or retried here: both are the caller's to play. A process that dies does not
//! answer any more, so whoever ends one stops waiting for it, too.
//!
//! [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::{fmt, io};

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;

/// Names one delivery of a request: a retry repeats the request id, and each has its own answer.
const DELIVERY: &str = "lambda-runtime-invocation-id";
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:local";
/// In bytes, of a response in one piece.
const LARGEST_RESPONSE: usize = 6_291_556;
/// What the invoker gets in place of a larger one.
const TOO_LARGE: &str = r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#;

/// A Lambda service for one function; it ends when it is dropped.
pub(crate) struct Platform {
    address: SocketAddr,
    service: Arc<Service>,
    _server: JoinSet<io::Result<()>>,
}

/// What the function is told of one invocation.
pub(crate) struct Invocation {
    /// The same for every attempt at one event.
    pub(crate) request_id: String,
    /// When Lambda would kill the invocation, in milliseconds since the epoch.
    pub(crate) deadline_ms: u64,
    /// The tenant, where Lambda isolates tenants.
    pub(crate) tenant_id: Option<String>,
    /// The event, as JSON.
    pub(crate) payload: String,
}

/// What the function answered, as JSON; `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The handler's result.
    Response(String),
    /// The error, with its `errorType` and `errorMessage`.
    Error(String),
}

impl Platform {
    /// Serves the Runtime API on a free port.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (queue, queued) = mpsc::unbounded_channel();
        let service = Arc::new(Service {
            queue,
            queued: Mutex::new(queued),
            running: Mutex::default(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(finish))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&service));
        let mut server = JoinSet::new();
        server.spawn(axum::serve(listener, router).into_future());
        Ok(Self {
            address,
            service,
            _server: server,
        })
    }

    /// Where the Runtime API is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The environment that Lambda gives a function's process, which then polls `concurrency` times at once.
    pub(crate) fn environment(
        &self,
        function: &str,
        concurrency: usize,
    ) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_LAMBDA_RUNTIME_API", self.address().to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", function.to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
            ("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string()),
        ]
    }

    /// Queues one invocation and resolves with what the function answered.
    pub(crate) async fn invoke(&self, invocation: Invocation) -> Answer {
        let (answer, answered) = oneshot::channel();
        let mut running = self.service.running.lock().await;
        // Neither this nor the wait below can fail: the service keeps both other ends.
        let _ = self.service.queue.send((running.len(), invocation));
        running.push(Some(answer));
        drop(running);
        answered.await.unwrap_or(Answer::Error(String::new()))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Response(_) => "Response(..)",
            Self::Error(_) => "Error(..)",
        })
    }
}

struct Service {
    queue: mpsc::UnboundedSender<(usize, Invocation)>,
    /// Pollers wait for the lock, and its holder for an invocation: first come, first served.
    queued: Mutex<mpsc::UnboundedReceiver<(usize, Invocation)>>,
    /// Who waits for each delivery's answer.
    running: Mutex<Vec<Option<oneshot::Sender<Answer>>>>,
}

impl Service {
    async fn take(&self) -> Result<(usize, Invocation), StatusCode> {
        let queued = self.queued.lock().await.recv().await;
        queued.ok_or(StatusCode::SERVICE_UNAVAILABLE)
    }

    async fn answer(&self, delivery: Option<usize>, answer: Answer) -> StatusCode {
        let mut running = self.running.lock().await;
        let waiting = delivery.and_then(|delivery| running.get_mut(delivery)?.take());
        // It does not concern the function whether the invoker still waits.
        waiting.map_or(StatusCode::BAD_REQUEST, |waiting| {
            let _ = waiting.send(answer);
            StatusCode::ACCEPTED
        })
    }
}

async fn next(State(service): State<Arc<Service>>) -> Result<impl IntoResponse, StatusCode> {
    let (delivery, invocation) = service.take().await?;
    let deadline = invocation.deadline_ms.to_string();
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-invoked-function-arn", FUNCTION_ARN.into()),
        ("lambda-runtime-trace-id", "Root=1-0-0;Sampled=0".into()),
        (DELIVERY, delivery.to_string()),
    ];
    let tenant = invocation.tenant_id;
    let tenant = tenant.map(|tenant| [("lambda-runtime-aws-tenant-id", tenant)]);
    Ok((headers, tenant, invocation.payload))
}

async fn finish(
    State(service): State<Arc<Service>>,
    Path((_, kind)): Path<(String, String)>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let is_too_large = kind == "response" && body.len() > LARGEST_RESPONSE;
    let answer = match kind.as_str() {
        "response" if is_too_large => Answer::Error(TOO_LARGE.to_owned()),
        "response" => Answer::Response(body),
        "error" => Answer::Error(body),
        _ => return StatusCode::NOT_FOUND,
    };
    let delivery = headers.get(DELIVERY).and_then(|it| it.to_str().ok());
    let delivery = delivery.and_then(|it| it.parse().ok());
    let status = service.answer(delivery, answer).await;
    if is_too_large {
        StatusCode::PAYLOAD_TOO_LARGE
    } else {
        status
    }
}

/// The invocation for which the process was started gets the error that kept it from starting.
async fn init_error(State(service): State<Arc<Service>>, body: String) -> StatusCode {
    match service.take().await {
        Ok((delivery, _)) => service.answer(Some(delivery), Answer::Error(body)).await,
        Err(status) => status,
    }
}
