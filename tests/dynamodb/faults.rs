//! What lost messages, storms of errors and refusals do to a call.
//!
//! The runtime's clock moves only where everybody waits for it: no test depends on how fast the machine is.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_sdk_dynamodb::Client;
use idem_lambda::clock::{Clock, ManualClock, UnixMillis};
use idem_lambda::decision::Terms;
use idem_lambda::key::{Namespace, RecordId};
use idem_lambda::policy::OnAbandoned;
use idem_lambda::record::{Origin, Owner, Status, StoredResult};
use idem_lambda::store::{
    Claim, Claimed, Completion, DynamoDb, Extension, Failure, Release, Store, Written,
};
use idem_lambda::{Error, Idempotency, Invocation};

use crate::network::{Fate, Network};
use crate::table::Table;
use crate::{HOUR, NOW};

/// How the network may fail.
const FATES: [Fate; 4] = [
    Fate::LoseReply,
    Fate::LoseRequest,
    Fate::Refuse(500, "InternalServerError"),
    Fate::Refuse(400, "ProvisionedThroughputExceededException"),
];

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The guard's error.
fn refusal(failed: &Failed) -> &Error {
    failed.downcast_ref().unwrap()
}

/// Moves the clock on while a call waits for it, until the call ends.
pub(crate) async fn drive<T>(
    clock: &ManualClock,
    network: &Network,
    call: impl Future<Output = T>,
) -> T {
    let mut call = pin!(call);
    loop {
        let polled = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
        match polled {
            Poll::Ready(ended) => return ended,
            Poll::Pending if network.is_idle() => clock.advance(Duration::from_millis(100)),
            Poll::Pending => tokio::task::yield_now().await,
        }
    }
}

/// A guarded function on a table, and how often it ran.
struct Charge {
    table: Table,
    clock: ManualClock,
    runtime: Idempotency,
    timeout: Duration,
    runs: AtomicU32,
}

impl Charge {
    async fn new() -> Self {
        let table = Table::simple().await;
        let clock = ManualClock::at(NOW);
        Self {
            runtime: Idempotency::builder(table.store().build())
                .clock(clock.clone())
                .build(),
            clock,
            table,
            timeout: Duration::from_mins(5),
            runs: AtomicU32::new(0),
        }
    }

    /// A body that takes so long; its first runs fail.
    async fn call_that_takes(&self, takes: Duration, failing: u32) -> Result<String, Failed> {
        let call = self.runtime.call("charge", "A-1001").ttl(HOUR);
        let call = call.invocation(self.invocation()).run(async || {
            let run = self.runs.fetch_add(1, Ordering::Relaxed);
            self.clock.sleep_until(self.clock.now().after(takes)).await;
            if run < failing {
                return Err("the card is declined".into());
            }
            Ok("x".repeat(5_000))
        });
        drive(&self.clock, &self.table.network, call).await
    }

    async fn call(&self) -> Result<String, Failed> {
        self.call_that_takes(Duration::ZERO, 0).await
    }

    fn invocation(&self) -> Invocation<'static> {
        Invocation {
            request_id: None,
            deadline: Some(self.clock.now().after(self.timeout)),
            tenant: None,
        }
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::Relaxed)
    }
}

/// Every request of a first run with a large result, and of its replay, loses its reply or is lost itself: once, so that
/// the SDK sends it again, or until the SDK gives up, so that the guard does.
#[tokio::test]
async fn whichever_message_is_lost_the_body_runs_once_and_its_result_is_replayed() {
    for fate in FATES {
        for at in 0..5 {
            for times in [1, 4] {
                let charge = Charge::new().await;
                let passing = std::iter::repeat_n(Fate::Pass, at);
                let fates = passing.chain(std::iter::repeat_n(fate, times));
                charge.table.network.plan(fates);
                for _ in 0..2 {
                    let result = charge.call().await;
                    assert_eq!(
                        result.unwrap().len(),
                        5_000,
                        "{fate:?} at {at}, {times} times"
                    );
                }
                assert_eq!(charge.runs(), 1, "{fate:?} at {at}, {times} times");
            }
        }
    }
}

/// A run that fails, and one that renews its lease, on a network that loses two of five messages in whatever way.
#[tokio::test]
async fn whatever_the_network_loses_at_random_each_success_runs_once_and_nothing_is_stuck() {
    for seed in 0..40 {
        let charge = Charge::new().await;
        charge.table.network.random(seed);
        let mut calls = 0;
        let result = loop {
            calls += 1;
            assert!(calls < 20, "seed {seed}: the key is stuck");
            match charge.call_that_takes(Duration::from_secs(90), 1).await {
                Ok(result) => break result,
                // As a client would: it comes back when it is told to.
                Err(failed) => {
                    let error = failed.downcast_ref::<Error>();
                    let wait = error.and_then(Error::retry_after).unwrap_or_default();
                    charge.clock.advance(wait);
                }
            }
        };
        assert_eq!(
            charge.runs(),
            2,
            "seed {seed}: one failed, and one succeeded"
        );
        for _ in 0..3 {
            let replayed = charge.call_that_takes(Duration::ZERO, 0).await;
            assert_eq!(replayed.unwrap(), result, "seed {seed}");
        }
        assert_eq!(charge.runs(), 2, "seed {seed}");
    }
}

#[tokio::test]
async fn a_storm_before_the_run_ends_by_the_deadline_and_nothing_runs() {
    for (fate, said) in [
        (
            Fate::Refuse(503, "ServiceUnavailable"),
            "ServiceUnavailable",
        ),
        (
            Fate::Refuse(400, "ThrottlingException"),
            "ThrottlingException",
        ),
        (Fate::LoseRequest, "connection was reset"),
    ] {
        let mut charge = Charge::new().await;
        charge.timeout = Duration::from_secs(10);
        charge.table.network.all(fate);
        let failed = charge.call().await.unwrap_err();
        let error = refusal(&failed);
        assert!(error.is_store(), "{error}");
        let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| {
            error.source()
        });
        assert!(
            causes.any(|cause| cause.to_string().contains(said)),
            "{fate:?}: {error:?}"
        );
        assert_eq!(charge.runs(), 0);
        assert!(charge.clock.now() <= NOW.after(charge.timeout));
    }
}

#[tokio::test]
async fn a_storm_after_the_run_ends_by_the_deadline_with_the_outcome_unknown() {
    for fate in [
        Fate::Refuse(503, "ServiceUnavailable"),
        Fate::Refuse(400, "ThrottlingException"),
        Fate::LoseRequest,
    ] {
        let mut charge = Charge::new().await;
        charge.timeout = Duration::from_secs(10);
        // The claim and the write of the large result pass.
        let storm = std::iter::repeat_n(fate, 10_000);
        charge
            .table
            .network
            .plan([Fate::Pass, Fate::Pass].into_iter().chain(storm));
        let failed = charge.call().await.unwrap_err();
        let error = refusal(&failed);
        assert!(error.is_completion_unknown(), "{error}");
        assert_eq!(charge.runs(), 1);
        assert!(charge.clock.now() <= NOW.after(charge.timeout));

        // After the storm, lease and margin the key is free again.
        charge.table.network.plan([]);
        charge.clock.advance(Duration::from_secs(13));
        charge.call().await.unwrap();
        assert_eq!(charge.runs(), 2);
    }
}

#[tokio::test]
async fn a_storm_that_ends_in_time_is_not_noticed() {
    let charge = Charge::new().await;
    let storm = [Fate::Refuse(503, "ServiceUnavailable"); 60];
    charge
        .table
        .network
        .plan([Fate::Pass].into_iter().chain(storm));
    assert_eq!(charge.call().await.unwrap().len(), 5_000);
    assert_eq!(charge.call().await.unwrap().len(), 5_000);
    assert_eq!(charge.runs(), 1);
}

#[tokio::test]
async fn credentials_that_expire_during_the_run_and_are_renewed_cost_nothing() {
    let charge = Charge::new().await;
    let expired = [Fate::Refuse(400, "ExpiredTokenException"); 5];
    charge
        .table
        .network
        .plan([Fate::Pass].into_iter().chain(expired));
    assert_eq!(charge.call().await.unwrap().len(), 5_000);
    assert_eq!(charge.runs(), 1);
    assert_eq!(charge.call().await.unwrap().len(), 5_000);
    assert_eq!(charge.runs(), 1);
}

/// Credentials that are over at once, so that each request loads them again; after the first load, loading fails for a
/// while.
#[derive(Debug)]
struct Fleeting {
    loads: AtomicU32,
    failing: u32,
}

impl ProvideCredentials for Fleeting {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        let load = self.loads.fetch_add(1, Ordering::Relaxed);
        Provided::ready(if (1..=self.failing).contains(&load) {
            Err(CredentialsError::provider_error("out of order"))
        } else {
            let credentials = Credentials::new("test", "test", None, Some(UNIX_EPOCH), "test");
            Ok(credentials)
        })
    }
}

/// Where they come over a network, as in containers.
#[tokio::test]
async fn credentials_that_cannot_be_loaded_for_a_while_cost_nothing() {
    for failing in [1, 5] {
        let mut charge = Charge::new().await;
        let config = charge.table.client.config().to_builder();
        let config = config.credentials_provider(Fleeting {
            loads: AtomicU32::new(0),
            failing,
        });
        let store = charge
            .table
            .store()
            .client(Client::from_conf(config.build()));
        charge.runtime = Idempotency::builder(store.build())
            .clock(charge.clock.clone())
            .build();
        assert_eq!(charge.call().await.unwrap().len(), 5_000, "{failing}");
        assert_eq!(charge.call().await.unwrap().len(), 5_000, "{failing}");
        assert_eq!(charge.runs(), 1);
    }
}

/// A completion that took effect is known by the record: its result need not be read back, nor may it have to be.
#[tokio::test]
async fn a_large_completion_that_took_effect_is_recognised_without_its_result() {
    let charge = Charge::new().await;
    // The guard's first send takes effect, and its reply is lost in each of the SDK's three.
    let lost = [
        Fate::Pass,
        Fate::Pass,
        Fate::LoseReply,
        Fate::LoseRequest,
        Fate::LoseRequest,
    ];
    let again = [Fate::Pass, Fate::Pass];
    let denied = std::iter::repeat_n(Fate::Refuse(400, "AccessDeniedException"), 100);
    let plan = lost.into_iter().chain(again).chain(denied);
    charge.table.network.plan(plan);
    assert_eq!(charge.call().await.unwrap().len(), 5_000);
    charge.table.network.plan([]);
    assert_eq!(charge.call().await.unwrap().len(), 5_000);
    assert_eq!(charge.runs(), 1);
}

/// Sends a verb again until it succeeds.
macro_rules! insist {
    ($send:expr) => {
        loop {
            match $send.await {
                Ok(reply) => break reply,
                Err(error) => assert_eq!(error.failure(), Failure::Transient, "{error}"),
            }
        }
    };
}

fn terms(now: UnixMillis) -> Terms {
    Terms {
        owner: Owner(1),
        now,
        margin: Duration::from_secs(2),
        fingerprint: None,
        on_abandoned: OnAbandoned::Retry,
    }
}

/// The four verbs, each sent until it succeeds, and what the table then holds.
async fn verbs(store: &DynamoDb, id: &RecordId, ends_well: bool) {
    let lease = NOW.after(Duration::from_mins(1));
    let claim = Claim {
        id: id.clone(),
        terms: terms(NOW),
        lease_until: lease,
        expires_at: Some(lease.0),
        origin: Origin::default(),
        marks: None,
    };
    let granted = insist!(store.claim(&claim));
    assert!(matches!(granted, Claimed::Granted(record) if record.provenance.attempts == 1));
    let extension = Extension {
        id: id.clone(),
        owner: Owner(1),
        lease_until: lease.after(HOUR),
        expires_at: Some(lease.after(HOUR).0),
    };
    assert_eq!(insist!(store.extend(&extension)), Written::Done);
    let (id, owner, expires_at) = (id.clone(), Owner(1), Some(7));
    if ends_well {
        let completion = Completion {
            id,
            owner,
            status: Status::Completed,
            result: Some(StoredResult::new(*b"17")),
            expires_at,
            effects: None,
        };
        counts_once(insist!(store.complete(&completion)), |record| {
            record.completed_by == Some(owner)
        });
    } else {
        let release = Release {
            id,
            owner,
            expires_at,
        };
        counts_once(insist!(store.release(&release)), |record| {
            record.status == Status::Released && record.owner == owner
        });
    }
}

/// It took effect, or an earlier send of it did and the record says so.
fn counts_once(written: Written, is_mine: impl Fn(&idem_lambda::record::Record) -> bool) {
    match written {
        Written::Done => {}
        Written::Lost(Some(record)) => assert!(is_mine(&record), "{record:?}"),
        Written::Lost(None) => panic!("the record is gone"),
    }
}

#[tokio::test]
async fn each_verb_counts_once_whichever_of_its_messages_are_lost() {
    let table = Table::simple().await;
    let store = table.store().build();
    let namespace = Namespace::new(None, "verbs");
    for ends_well in [true, false] {
        let id = namespace.id_of_value(None, "undisturbed").unwrap();
        verbs(&store, &id, ends_well).await;
        let mut undisturbed = table.items().await.pop().unwrap();
        for fate in FATES {
            for at in 0..3 {
                // Within the SDK's three sends, and beyond.
                for times in [1, 2, 3, 5] {
                    let id =
                        namespace.id_of_value(None, &(ends_well, at, times, format!("{fate:?}")));
                    let id = id.unwrap();
                    let passing = std::iter::repeat_n(Fate::Pass, at);
                    let fates = passing.chain(std::iter::repeat_n(fate, times));
                    table.network.plan(fates);
                    verbs(&store, &id, ends_well).await;
                    table.network.plan([]);
                    let items = table.items().await;
                    let item = items
                        .iter()
                        .find(|item| item["id"].as_s() == Ok(&id.to_string()))
                        .unwrap();
                    undisturbed.insert("id".to_owned(), item["id"].clone());
                    assert_eq!(*item, undisturbed, "{fate:?} at {at}, {times} times");
                }
            }
        }
        table.delete_all().await;
    }
}

#[tokio::test]
async fn an_error_of_the_table_is_typed_says_what_to_do_and_runs_nothing() {
    for (status, code, advice) in [
        (
            400,
            "ResourceNotFoundException",
            "create it, or set IDEM_TABLE",
        ),
        (400, "AccessDeniedException", "allow `dynamodb:UpdateItem`"),
        (
            400,
            "UnrecognizedClientException",
            "credentials were refused",
        ),
        (400, "ValidationException", "key schema"),
        (400, "ExpiredTokenException", "credentials have expired"),
    ] {
        let charge = Charge::new().await;
        charge.table.network.all(Fate::Refuse(status, code));
        let error = charge.call().await.unwrap_err();
        let error = refusal(&error);
        assert!(error.is_store(), "{code}: {error}");
        let source = std::error::Error::source(error).unwrap().to_string();
        assert!(source.contains(advice), "{code}: {source}");
        assert_eq!(charge.runs(), 0, "{code}");
    }
}
