//! Plays the deliveries: one after another, or together where they say so.

use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use idem_lambda::clock::{Clock, SystemClock};
use lambda_runtime::Error;
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;

use crate::bank::{self, Bank};
use crate::delivery::{self, Delivery};
use crate::log::Log;
use crate::platform::{Answer, Invocation, Platform};
use crate::staged;
use crate::table::{Row, Table};

const FUNCTION: &str = "orders";
const TIMEOUT: Duration = Duration::from_secs(30);

fn command() -> clap::Command {
    clap::Command::new("orders")
        .about("Plays deliveries of orders to a guarded Lambda function, and shows what became of each.")
        .arg(
            clap::Arg::new("events")
                .value_name("FILE")
                .default_value(delivery::EVENTS)
                .hide_default_value(true)
                .help("The deliveries, one JSON document a line; `-` reads standard input [default: examples/events/orders.jsonl]"),
        )
        .after_help(
            "A line: {\"note\": \"for you\", \"requestId\": \"8f50..\", \"together\": true, \"payload\": {\"orderId\": \"A-1\", ..}}\n\
             `together` delivers the event while the one before it is still being worked on; `\"later\": \"2h\"` lets time pass before.\n\
             The payload is an order, or an event of SQS with one in its only message.\n\n\
             Started by Lambda or `cargo lambda watch`, the program is the function itself.",
        )
}

pub(crate) async fn run() -> Result<(), Error> {
    let arguments = command().get_matches();
    let file = arguments
        .get_one::<String>("events")
        .map_or(delivery::EVENTS, String::as_str);
    let (deliveries, faults) = delivery::read(file)?;
    for fault in &faults {
        eprintln!("{file}: {fault}");
    }

    let folder = Folder::new()?;
    let groups = || deliveries.chunk_by(|_, next| next.together);
    let largest = groups().map(<[Delivery]>::len).max().unwrap_or(1);
    // From two on, the function's runtime takes several invocations at once.
    let mut world = World::start(&folder, largest.max(2)).await?;
    let mut table = Table::default();
    for group in groups() {
        table.add(world.deliver(group).await?);
    }
    let shown = table.show(
        &mut std::io::stdout().lock(),
        &world.bank.charges(),
        faults.len(),
    );
    // Whoever stops reading has seen enough.
    shown.or_else(|error| {
        if error.kind() == ErrorKind::BrokenPipe {
            Ok(())
        } else {
            Err(error.into())
        }
    })
}

/// The Lambda service, the bank, and the function in a process of its own.
struct World {
    platform: Arc<Platform>,
    bank: Bank,
    function: Child,
    /// The function ends when this is closed.
    _lifeline: Option<ChildStdin>,
    log: Log,
    /// By how much the function's clock is ahead.
    ahead: Duration,
    clock: PathBuf,
}

impl World {
    async fn start(folder: &Folder, concurrency: usize) -> Result<Self, Error> {
        let platform = Platform::start().await?;
        let bank = Bank::start().await?;
        let log = folder.0.join("function.log");
        let clock = folder.0.join("clock");
        let mut function = Command::new(std::env::current_exe()?)
            .envs(platform.environment(FUNCTION, concurrency))
            .env(bank::ADDRESS, bank.address().to_string())
            .env("ORDERS_LEDGER", folder.0.join("ledger"))
            .env(staged::CLOCK, &clock)
            .stdin(Stdio::piped())
            .stdout(File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            platform: Arc::new(platform),
            bank,
            _lifeline: function.stdin.take(),
            function,
            log: Log::open(&log)?,
            ahead: Duration::ZERO,
            clock,
        })
    }

    /// Delivers one event, and others while it is being worked on.
    async fn deliver(&mut self, group: &[Delivery]) -> Result<Vec<Row>, Error> {
        if group.len() > 1 {
            self.bank.close();
        }
        let mut answers = Vec::new();
        for delivery in group {
            self.pass(delivery.later)?;
            let mut answer = self.invoke(delivery);
            if group.len() > 1 {
                // At work once it has called the bank, which keeps it waiting; or it is done without the bank.
                tokio::select! {
                    () = self.bank.called() => {}
                    done = &mut answer => answer = tokio::spawn(std::future::ready(done?)),
                }
            }
            answers.push(answer);
        }
        self.bank.open();
        let mut rows = Vec::new();
        for (delivery, answer) in group.iter().zip(answers) {
            rows.push(self.row(delivery, answer).await?);
        }
        Ok(rows)
    }

    /// Lets time pass: the function's, not ours.
    fn pass(&mut self, time: Duration) -> std::io::Result<()> {
        if time.is_zero() {
            return Ok(());
        }
        self.ahead += time;
        // In one step, so that the function never reads half of it.
        let next = self.clock.with_extension("next");
        std::fs::write(&next, self.ahead.as_millis().to_string())?;
        std::fs::rename(next, &self.clock)
    }

    fn invoke(&self, delivery: &Delivery) -> JoinHandle<Answer> {
        let platform = Arc::clone(&self.platform);
        let invocation = Invocation {
            request_id: delivery.request_id.clone(),
            deadline_ms: SystemClock.now().after(self.ahead).after(TIMEOUT).0,
            tenant_id: None,
            payload: delivery.payload.get().to_owned(),
        };
        tokio::spawn(async move { platform.invoke(invocation).await })
    }

    async fn row(&mut self, delivery: &Delivery, answer: JoinHandle<Answer>) -> Result<Row, Error> {
        let answer = tokio::select! {
            answer = answer => answer?,
            ended = self.function.wait() => return Err(format!("the function ended: {}", ended?).into()),
        };
        // What the function logs stands in the file before its answer is sent.
        let outcome = self
            .log
            .outcome(&delivery.request_id, matches!(answer, Answer::Response(_)))?;
        Ok(Row::new(delivery, &answer, outcome))
    }
}

/// A folder that goes with the program.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("orders-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning.
        _ = std::fs::remove_dir_all(&self.0);
    }
}
