//! A table, their process, and calls of ours under the same id.

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use idem_lambda::clock::{Clock, ManualClock, SystemClock};
use idem_lambda::key::{Namespace, RecordId};
use idem_lambda::{Builder, Error, Idempotency, PlainCall, Replay};

use crate::table::Table;
use crate::theirs::Theirs;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const HOUR: Duration = Duration::from_hours(1);

const SKIPPED: &[u8] =
    b"SKIPPED: `IDEM_POWERTOOLS` does not name a Python with aws-lambda-powertools and boto3; \
    scripts/test makes one\n";

pub(crate) struct Meeting {
    pub(crate) table: Table,
    pub(crate) theirs: Theirs,
}

/// What a body fails with.
pub(crate) fn failure() -> Error {
    Idempotency::current().unwrap_err()
}

impl Meeting {
    /// `None`, and a word about it, where there is no Powertools.
    pub(crate) async fn new() -> Option<Self> {
        let python = python()?;
        let table = Table::simple().await;
        let theirs = Theirs::new(
            &python,
            &table.endpoint,
            table.name(),
            false,
            id().to_string(),
        );
        Some(Self { table, theirs })
    }

    /// In a table with a sort key.
    pub(crate) async fn composite() -> Option<Self> {
        let python = python()?;
        let table = Table::composite().await;
        let theirs = Theirs::new(
            &python,
            &table.endpoint,
            table.name(),
            true,
            id().to_string(),
        );
        Some(Self { table, theirs })
    }

    pub(crate) fn ours(&self) -> Ours {
        self.ours_with(|runtime| runtime)
    }

    /// Ours with settings of its own.
    pub(crate) fn ours_with(&self, settings: impl FnOnce(Builder) -> Builder) -> Ours {
        let clock = ManualClock::at(SystemClock.now());
        let runtime = Idempotency::builder(self.table.store().build()).clock(clock.clone());
        Ours {
            runtime: settings(runtime).build(),
            clock,
            runs: AtomicU32::new(0),
        }
    }
}

fn python() -> Option<String> {
    static SAID: Once = Once::new();
    let python = std::env::var("IDEM_POWERTOOLS").ok();
    if python.is_none() {
        // Past the capture of test output.
        SAID.call_once(|| std::io::stderr().write_all(SKIPPED).unwrap());
    }
    python
}

/// The id of all calls.
pub(crate) fn id() -> RecordId {
    let namespace = Namespace::new(None, "charge");
    namespace.id_of_value(None, "A-1001").unwrap()
}

/// Our side of a meeting: a guarded function, and how often it ran. Its clock shows the time, as theirs does, and stands
/// still. A lease is a minute, the margin 2 s, the ttl an hour.
pub(crate) struct Ours {
    runtime: Idempotency,
    pub(crate) clock: ManualClock,
    runs: AtomicU32,
}

impl Ours {
    /// The same, long ago: its leases and ttls end earlier for them.
    pub(crate) fn ago(self, by: Duration) -> Self {
        self.clock.set(self.clock.now().before(by));
        self
    }

    /// A call that has no body yet.
    pub(crate) fn prepare(&self) -> PlainCall<'_, str> {
        self.runtime.call("charge", "A-1001").ttl(HOUR)
    }

    /// A call of this body.
    pub(crate) async fn run<T, F>(
        &self,
        call: PlainCall<'_, str>,
        body: impl FnOnce() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
        T: Replay,
    {
        let counted = || {
            self.runs.fetch_add(1, Ordering::Relaxed);
            body()
        };
        call.run(counted).await
    }

    /// A call whose body returns `result`.
    pub(crate) async fn call<T: Replay>(&self, result: T) -> Result<T, Error> {
        self.run(self.prepare(), async || Ok(result)).await
    }

    pub(crate) fn runs(&self) -> u32 {
        self.runs.load(Ordering::Relaxed)
    }
}
