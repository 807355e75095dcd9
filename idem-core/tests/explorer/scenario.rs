//! What is explored: policies, and how much may go wrong.

use std::time::Duration;

use idem_core::clock::UnixMillis;
use idem_core::key::{Fingerprint, Namespace, RecordId};
use idem_core::policy::{OnAbandoned, OnBusy, OnError, OnOverrun, OnStoreFailure, Policy};
use idem_core::record::{Origin, Owner, Provenance, Record, Status};

/// Half a second past a whole one, so that rounding to seconds shows.
pub(crate) const START: UnixMillis = UnixMillis(1_800_000_000_500);
const DEADLINE: Duration = Duration::from_secs(10);
/// A lease that is renewed.
const SHORT: Duration = Duration::from_secs(10);
/// Leases and margins end, no ttl does.
const WITHOUT_TTL: &[u64] = &[0, 11_000, 15_000];
pub(crate) const TTL: Duration = Duration::from_secs(20);
/// Whoever wrote the record that is there at the start.
pub(crate) const OUTSIDER: Owner = Owner(0xFF00);

/// Policies and bounds of one search.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that may happen or not"
)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    /// How long an invocation may run; `None`: unknown.
    pub(crate) deadline: Option<Duration>,
    pub(crate) executions: u8,
    /// The moments that the clock moves to, in milliseconds from the start.
    pub(crate) moments: &'static [u64],
    /// How far the clock of an execution may be ahead of another's.
    pub(crate) skew: Duration,
    /// How many requests of each execution may stay without an answer.
    pub(crate) unanswered: u8,
    /// How many processes may die, or futures be dropped.
    pub(crate) crashes: u8,
    /// How many requests may arrive twice though they were sent once.
    pub(crate) duplicates: u8,
    /// How many completions the store may refuse for good.
    pub(crate) refusals: u8,
    /// Whether handlers may fail, before and after their effect.
    pub(crate) errors: bool,
    /// Whether results may be of a kind that cannot be stored.
    pub(crate) unstorable: bool,
    /// Whether the effect is committed by the store, with the record.
    pub(crate) transactional: bool,
    /// Whether the executions ask for different things under one key.
    pub(crate) fingerprints: bool,
    /// Whether another library's record is there at the start: in progress, with an expiry before the end of its lease.
    pub(crate) outsider: bool,
}

impl Scenario {
    /// The defaults: an invocation with a deadline, two executions, one unanswered request each, clocks that differ.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            policy: Policy::new(TTL),
            deadline: Some(DEADLINE),
            executions: 2,
            // The lease of a first execution is over; lease and margin are, also by a clock that is behind; the ttl is.
            moments: &[0, 11_000, 15_000, 40_000],
            skew: Duration::from_secs(2),
            unanswered: 1,
            crashes: 1,
            duplicates: 0,
            refusals: 0,
            errors: false,
            unstorable: false,
            transactional: false,
            fingerprints: false,
            outsider: false,
        }
    }

    fn with(mut self, set: impl FnOnce(&mut Policy)) -> Self {
        set(&mut self.policy);
        self
    }

    /// What is explored; `full` with the bounds that are published, else with some that take a moment.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(crate) fn all(full: bool) -> Vec<Self> {
        let base = Self::new;
        vec![
            Self {
                errors: full,
                ..base("defaults")
            },
            Self {
                executions: if full { 3 } else { 2 },
                skew: Duration::ZERO,
                moments: &[0, 5_000, 11_000, 15_000],
                ..base("three")
            },
            Self {
                // Two re-sends, and the one answer that is missing after them.
                unanswered: if full { 3 } else { 1 },
                moments: WITHOUT_TTL,
                ..base("resends")
            },
            Self {
                duplicates: 1,
                crashes: 2,
                errors: full,
                moments: WITHOUT_TTL,
                ..base("duplicates")
            },
            Self {
                deadline: None,
                // A renewal is due; the first lease is over; and it is, with the margin, by every clock.
                moments: if full {
                    &[0, 5_000, 10_000, 14_000, 19_000]
                } else {
                    &[0, 5_000, 10_000, 14_000]
                },
                ..base("short_lease").with(|policy| policy.lease = Some(SHORT))
            },
            Self {
                errors: true,
                moments: &[0, 11_000, 15_000, 60_000],
                ..base("error_hold").with(|policy| {
                    policy.on_error = OnError::Hold;
                    policy.on_abandoned = OnAbandoned::Hold;
                })
            },
            Self {
                errors: true,
                moments: WITHOUT_TTL,
                ..base("error_remember").with(|policy| policy.on_error = OnError::Remember)
            },
            Self {
                moments: &[0, 11_000, 15_000, 60_000],
                ..base("abandoned_hold").with(|policy| policy.on_abandoned = OnAbandoned::Hold)
            },
            Self {
                moments: &[0, 11_000, 15_000, 30_000],
                ..base("reconcile").with(|policy| policy.on_abandoned = OnAbandoned::Reconcile)
            },
            Self {
                duplicates: 1,
                errors: full,
                moments: WITHOUT_TTL,
                ..base("overrun_run").with(|policy| policy.on_overrun = OnOverrun::Run)
            },
            Self {
                fingerprints: true,
                moments: &[0, 11_000, 40_000],
                ..base("fingerprints")
            },
            Self {
                transactional: true,
                unanswered: if full { 2 } else { 1 },
                refusals: 1,
                moments: WITHOUT_TTL,
                ..base("transactional")
            },
            Self {
                unstorable: true,
                refusals: 1,
                moments: WITHOUT_TTL,
                ..base("unstorable")
            },
            Self {
                skew: Duration::ZERO,
                // Before and after the ttl of what was completed at the start is over, and of what was later.
                moments: &[0, 5_000, 19_800, 22_000, 25_500],
                ..base("ttl").with(|policy| policy.lease = Some(SHORT))
            },
            Self {
                errors: full,
                moments: &[0, 5_000, 11_000, 15_000],
                ..base("busy_wait")
                    .with(|policy| policy.on_busy = OnBusy::Wait(Duration::from_secs(8)))
            },
            Self {
                // As many as it takes until a claim counts as unconfirmed, and one more.
                unanswered: 4,
                crashes: 0,
                moments: &[0, 11_000],
                ..base("store_failure_run")
                    .with(|policy| policy.on_store_failure = OnStoreFailure::Run)
            },
            Self {
                // Before the end of a lease, where a clock that is ahead is past it.
                moments: &[0, 9_500, 11_000, 15_000],
                errors: full,
                ..base("margin")
            },
            Self {
                outsider: true,
                moments: &[0, 2_000, 11_000, 15_000],
                ..base("shared_table")
            },
        ]
    }

    pub(crate) fn named(name: &str, full: bool) -> Self {
        let all = Self::all(full);
        let found = all.into_iter().find(|scenario| scenario.name == name);
        found.unwrap_or_else(|| panic!("no scenario is called {name}"))
    }

    /// How long a claim may block its key at most.
    pub(crate) fn longest_lease(&self) -> Duration {
        let until_killed = self.deadline.map(|left| left + self.policy.kill_grace);
        until_killed
            .into_iter()
            .chain(self.policy.lease)
            .min()
            .unwrap_or(self.policy.default_lease)
    }

    /// Whether an effect may happen once only, since nobody runs where it may have happened already.
    pub(crate) fn is_once(&self) -> bool {
        self.policy.on_abandoned != OnAbandoned::Retry
            && (!self.errors || self.policy.on_error == OnError::Hold)
    }

    /// Whether a fresh call must get through after lease and margin.
    pub(crate) fn frees(&self) -> bool {
        self.policy.on_abandoned == OnAbandoned::Retry
            && self.policy.on_error == OnError::Release
            && !self.fingerprints
    }

    pub(crate) fn fingerprint(&self, of: u8) -> Option<Fingerprint> {
        self.fingerprints
            .then(|| Fingerprint::from_bytes([of % 2; 32]))
    }

    pub(crate) fn found_at_the_start(&self) -> Option<Record> {
        self.outsider.then(|| Record {
            id: id(),
            status: Status::InProgress,
            owner: OUTSIDER,
            generation: 1,
            lease_until: UnixMillis(START.0 + 11_000),
            expires_at: Some(START.0 / 1000 + 2),
            fingerprint: None,
            marks: None,
            result: None,
            completed_by: None,
            provenance: Provenance::new(START, Origin::default()),
        })
    }
}

/// The one key.
pub(crate) fn id() -> RecordId {
    static ID: std::sync::OnceLock<RecordId> = std::sync::OnceLock::new();
    ID.get_or_init(|| {
        let namespace = Namespace::new(None, "explorer").leak();
        namespace.id_of_value(None, "key").unwrap()
    })
    .clone()
}
