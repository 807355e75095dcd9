//! One start of a function, until its first reply.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::time::ClockId;

use crate::Result;
use crate::clock::{now, processor_time};
use crate::runtime_api::RuntimeApi;
use crate::table::{self, TABLE};

/// What it took since just before the process was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) poll: Taken,
    pub(crate) reply: Taken,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) time: Duration,
    /// Of all processors, by the function alone.
    pub(crate) processor: Duration,
}

impl Start {
    /// Starts the function and gives it one event, whose order is the `number`-th.
    pub(crate) fn measure(
        function: &Path,
        api: &RuntimeApi,
        endpoint: &str,
        number: usize,
    ) -> Result<Self> {
        let mut command = command(function, api, endpoint);
        let began = now(ClockId::CLOCK_MONOTONIC)?;
        let process = Process(command.spawn()?);
        let taken = |at: Duration| -> Result<Taken> {
            Ok(Taken {
                time: at.saturating_sub(began),
                processor: processor_time(process.0.id())?,
            })
        };
        let request = api.request()?;
        let poll = taken(request.at)?;
        if !request.is_poll() {
            return Err(format!("before its first poll: {}", request.body).into());
        }
        request.give(&format!(r#"{{"orderId":"order-{number}","cents":4200}}"#))?;
        let request = api.request()?;
        let reply = taken(request.at)?;
        if !request.is_response() {
            return Err(format!("the call failed: {}", request.body).into());
        }
        request.accept()?;
        // It asks once more and for nothing else, so that the next function finds nothing left here.
        api.request()?;
        Ok(Self { poll, reply })
    }
}

/// In the environment that Lambda gives a function, and nothing else.
fn command(function: &Path, api: &RuntimeApi, endpoint: &str) -> Command {
    let mut command = Command::new(function);
    command
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE")
        .env("AWS_DEFAULT_REGION", table::REGION)
        .env("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_NAME", "charge")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/charge")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]0")
        .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
        .env("AWS_REGION", table::REGION)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "token")
        .env("IDEM_TABLE", TABLE)
        .env("LAMBDA_RUNTIME_DIR", "/var/runtime")
        .env("LAMBDA_TASK_ROOT", "/var/task")
        .env("LANG", "en_US.UTF-8")
        .env("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin")
        .env("TZ", ":UTC")
        .env("_HANDLER", "bootstrap")
        .stdout(Stdio::null());
    command
}

/// Ended when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
