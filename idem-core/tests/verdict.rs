//! Why a duplicate came, as whole calls tell it: which attempts it is compared with, and what is no duplicate.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use idem_core::observe::{EndedCall, Observer, Outcome};
use idem_core::policy::{OnAbandoned, OnBusy, OnError, OnOverrun, OnStoreFailure};
use idem_core::record::Record;
use idem_core::testing::Verb;
use idem_core::{
    Builder, Error, Execution, Idempotency, Invocation, Reconciliation, Source, SourceKind, Verdict,
};
use serde::{Deserialize, Serialize};
use support::{Door, GRACE, MARGIN, Manual, TTL, Unreadable, World, fault, now, poll, secs};

/// How long an invocation may last.
const TIMEOUT: Duration = Duration::from_secs(10);
/// From the start of an attempt until it counts as abandoned.
const LEASE: Duration = TIMEOUT.saturating_add(GRACE).saturating_add(MARGIN);
/// What is not there outside Lambda.
const NONE: &str = "";

/// How a body ends.
#[derive(Clone, Copy)]
enum End {
    Done,
    Failed,
    /// With a result that cannot be stored.
    Unstorable,
}

/// What was told of one call: how it ended, why it came, and which request made the first attempt.
#[derive(Clone, Debug, PartialEq)]
struct Told(Outcome, Option<Verdict>, Option<String>);

/// Of a first attempt.
fn first(outcome: Outcome) -> Told {
    Told(outcome, None, None)
}

fn duplicate(outcome: Outcome, verdict: Verdict, first_request_id: &str) -> Told {
    let is_known = first_request_id != NONE;
    let first_request_id = is_known.then(|| first_request_id.to_owned());
    Told(outcome, Some(verdict), first_request_id)
}

/// Keeps what it is told last.
#[derive(Clone, Debug, Default)]
struct Ear(Arc<Mutex<Option<Told>>>);

impl Observer for Ear {
    fn call_ended(&self, call: &EndedCall<'_>) {
        let first_request_id = call.first_request_id.map(Into::into);
        let told = Told(call.outcome, call.verdict, first_request_id);
        *self.0.lock().unwrap() = Some(told);
    }
}

impl Ear {
    #[track_caller]
    fn told(&self) -> Told {
        self.0.lock().unwrap().take().expect("it should be told")
    }
}

/// The calls of one key, and what is told of them.
struct Calls {
    world: World,
    runtime: Idempotency,
    ear: Ear,
    /// Why the event came, as a body was told that has run since.
    seen: Mutex<Vec<Option<Verdict>>>,
}

impl Calls {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(settings: impl Fn(Builder) -> Builder) -> Self {
        let (world, ear) = (World::new(), Ear::default());
        let runtime = settings(world.builder()).observer(ear.clone()).build();
        Self {
            world,
            runtime,
            ear,
            seen: Mutex::default(),
        }
    }

    fn invocation<'a>(&self, request_id: &'a str) -> Invocation<'a> {
        if request_id == NONE {
            return Invocation::default();
        }
        Invocation {
            request_id: Some(request_id),
            ..self.world.invocation_of(TIMEOUT)
        }
    }

    /// A call that came with this request, whose body waits at the door and ends like that.
    fn call<'a>(
        &'a self,
        request_id: &'a str,
        door: &'a Door,
        end: End,
    ) -> Manual<'a, Result<Option<f64>, Error>> {
        let call = self.runtime.call("charge", "order-17").ttl(TTL);
        let call = call.invocation(self.invocation(request_id));
        Box::pin(call.run_with(async move |execution: Execution| {
            self.seen.lock().unwrap().push(execution.verdict());
            door.pass().await;
            match end {
                End::Done => Ok(Some(1.0)),
                End::Failed => Err(Idempotency::current().unwrap_err()),
                End::Unstorable => Ok(Some(f64::NAN)),
            }
        }))
    }

    /// A call that is over at once; where its body runs, it is told the same as everybody else.
    #[track_caller]
    fn deliver(&self, request_id: &str, end: End) -> Told {
        let door = Door::default();
        door.open();
        _ = now(self.call(request_id, &door, end));
        self.told()
    }

    /// What is told of the call that has just ended.
    #[track_caller]
    fn told(&self) -> Told {
        let told = self.ear.told();
        for seen in self.seen.lock().unwrap().drain(..) {
            assert_eq!(seen, told.1, "what the body was told");
        }
        told
    }

    /// A call whose body waits at the door by now.
    #[track_caller]
    fn begin<'a>(
        &'a self,
        request_id: &'a str,
        door: &'a Door,
        end: End,
    ) -> Manual<'a, Result<Option<f64>, Error>> {
        let mut running = self.call(request_id, door, end);
        assert!(poll(&mut running).is_pending());
        // What the next body is told is not to be taken for this one's.
        self.seen.lock().unwrap().clear();
        running
    }

    /// An attempt that disappears, and counts as abandoned.
    #[track_caller]
    fn crash(&self, request_id: &str) {
        drop(self.begin(request_id, &Door::default(), End::Done));
        self.world.clock.advance(LEASE);
    }

    fn record(&self) -> Record {
        let record = now(self.runtime.records().find("charge", "order-17"));
        record.unwrap().unwrap()
    }
}

#[test]
fn a_delivery_is_compared_with_the_first_and_the_latest_attempt() {
    let calls = Calls::new();
    assert_eq!(calls.deliver("r-1", End::Failed), first(Outcome::Failed));
    let failed = |verdict| duplicate(Outcome::Failed, verdict, "r-1");
    for (request_id, verdict) in [
        ("r-2", Verdict::ClientRetry),
        ("r-2", Verdict::LambdaRetry),
        ("r-3", Verdict::ClientRetry),
        ("r-1", Verdict::LambdaRetry),
        // Of those between the first and the latest nobody knows what brought them.
        ("r-3", Verdict::ClientRetry),
        ("r-3", Verdict::LambdaRetry),
    ] {
        assert_eq!(calls.deliver(request_id, End::Failed), failed(verdict));
    }
    let ran = duplicate(Outcome::Ran, Verdict::LambdaRetry, "r-1");
    assert_eq!(calls.deliver("r-3", End::Done), ran);
    let replayed = |verdict| duplicate(Outcome::Replayed, verdict, "r-1");
    for (request_id, verdict) in [
        ("r-2", Verdict::ClientRetry),
        ("r-3", Verdict::QueueDuplicate),
    ] {
        assert_eq!(calls.deliver(request_id, End::Done), replayed(verdict));
    }
}

#[test]
fn a_delivery_for_which_nothing_ran_is_no_attempt_to_compare_with() {
    let calls = Calls::new();
    assert_eq!(calls.deliver("r-1", End::Done), first(Outcome::Ran));
    for _ in 0..2 {
        let replayed = duplicate(Outcome::Replayed, Verdict::ClientRetry, "r-1");
        assert_eq!(calls.deliver("r-2", End::Done), replayed);
    }
}

#[test]
fn an_attempt_that_disappeared_is_told_by_its_lease() {
    for (request_id, verdict) in [("r-1", Verdict::LambdaRetry), ("r-2", Verdict::Abandoned)] {
        let calls = Calls::new();
        drop(calls.begin("r-1", &Door::default(), End::Done));
        let advance = |by| calls.world.clock.advance(by);

        advance(LEASE.saturating_sub(Duration::from_millis(1)));
        let busy = duplicate(Outcome::Busy, Verdict::Concurrent, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), busy);
        advance(Duration::from_millis(1));
        let ran = duplicate(Outcome::Ran, verdict, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), ran);
    }
}

#[test]
fn after_two_attempts_that_disappeared_both_are_compared() {
    for (request_id, verdict) in [
        ("r-1", Verdict::LambdaRetry),
        ("r-2", Verdict::LambdaRetry),
        ("r-3", Verdict::Abandoned),
    ] {
        let calls = Calls::new();
        calls.crash("r-1");
        calls.crash("r-2");
        let ran = duplicate(Outcome::Ran, verdict, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), ran);
    }
}

#[test]
fn an_execution_that_is_overtaken_and_its_successor_each_keep_their_own() {
    let (calls, door) = (Calls::new(), Door::default());
    let overtaken = calls.begin("r-1", &door, End::Done);
    // Nobody polls it: the sandbox is frozen.
    calls.world.clock.advance(LEASE);
    let ran = duplicate(Outcome::Ran, Verdict::Abandoned, "r-1");
    assert_eq!(calls.deliver("r-2", End::Done), ran);
    _ = now(overtaken);
    assert_eq!(calls.told(), first(Outcome::Unknown));
}

#[test]
fn an_execution_that_is_overtaken_ran_also_where_its_successors_result_could_not_be_stored() {
    let calls = Calls::with(|builder| builder.on_overrun(OnOverrun::Run));
    let door = Door::default();
    let overtaken = calls.begin("r-1", &door, End::Done);
    calls.world.clock.advance(LEASE);
    let ran = duplicate(Outcome::Ran, Verdict::Abandoned, "r-1");
    assert_eq!(calls.deliver("r-2", End::Unstorable), ran);
    door.open();
    let error = now(overtaken).unwrap_err();
    assert!(error.is_done_without_result(), "{error}");
    assert_eq!(calls.told(), first(Outcome::Superseded));
}

#[test]
fn after_the_ttl_a_delivery_is_late_and_then_the_latest_attempt() {
    let calls = Calls::new();
    assert_eq!(calls.deliver("r-1", End::Done), first(Outcome::Ran));
    calls.world.clock.advance(TTL);
    let late = duplicate(Outcome::Ran, Verdict::LateArrival, "r-1");
    assert_eq!(calls.deliver("r-2", End::Done), late);
    for (request_id, verdict) in [
        ("r-2", Verdict::QueueDuplicate),
        ("r-3", Verdict::ClientRetry),
    ] {
        let replayed = duplicate(Outcome::Replayed, verdict, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), replayed);
    }
    calls.world.clock.advance(TTL);
    assert_eq!(calls.deliver("r-2", End::Done), late);
}

#[test]
fn a_waiter_is_concurrent_whatever_it_waits_for_ends_with() {
    for (end, outcome) in [(End::Done, Outcome::Replayed), (End::Failed, Outcome::Ran)] {
        let calls = Calls::with(|builder| builder.on_busy(OnBusy::Wait(secs(60))));
        let [door, opened] = [Door::default(), Door::default()];
        opened.open();
        let running = calls.begin("r-1", &door, end);
        let mut waiter = calls.call("r-1", &opened, End::Done);
        assert!(poll(&mut waiter).is_pending());
        door.open();
        _ = now(running);
        assert_eq!(calls.told().1, None);
        now(waiter).unwrap();
        let concurrent = duplicate(outcome, Verdict::Concurrent, "r-1");
        assert_eq!(calls.told(), concurrent);
    }
}

#[test]
fn a_waiter_that_takes_over_or_gives_up_came_while_another_ran() {
    let longest = secs(5);
    for (passed, outcome) in [(longest, Outcome::Busy), (LEASE, Outcome::Ran)] {
        let calls = Calls::with(|builder| builder.on_busy(OnBusy::Wait(longest)));
        let [door, opened] = [Door::default(), Door::default()];
        opened.open();
        drop(calls.begin("r-1", &door, End::Done));
        // Without a deadline, which would end the waiting first.
        let mut waiter = calls.call(NONE, &opened, End::Done);
        assert!(poll(&mut waiter).is_pending());
        calls.world.clock.advance(passed);
        _ = now(waiter);
        let concurrent = duplicate(outcome, Verdict::Concurrent, "r-1");
        assert_eq!(calls.told(), concurrent);
    }
}

/// Polls a call that sends its requests anew to its end, with the pauses in between.
#[track_caller]
fn outlast<T>(calls: &Calls, mut call: Manual<'_, T>) {
    for _ in 0..9 {
        if poll(&mut call).is_ready() {
            return;
        }
        calls.world.clock.advance(Duration::from_millis(200));
    }
    panic!("the call should be over");
}

#[test]
fn a_claim_that_is_sent_again_is_no_duplicate_of_itself() {
    for lost in [fault::LOST, fault::REPLY_LOST] {
        let (calls, door) = (Calls::new(), Door::default());
        door.open();
        calls.world.store.plan(Verb::Claim, &[lost, lost]);
        outlast(&calls, calls.call("r-1", &door, End::Failed));
        assert_eq!(calls.told(), first(Outcome::Failed));
        assert_eq!(
            calls.world.store.sent(),
            ["claim", "claim", "claim", "release"]
        );

        // Nor does the reply that gets through say less of what came before.
        calls.world.store.plan(Verb::Claim, &[lost, lost]);
        outlast(&calls, calls.call("r-1", &door, End::Done));
        let retry = duplicate(Outcome::Ran, Verdict::LambdaRetry, "r-1");
        assert_eq!(calls.told(), retry);
        calls.world.store.plan(Verb::Claim, &[lost, lost]);
        outlast(&calls, calls.call("r-1", &door, End::Done));
        let replayed = duplicate(Outcome::Replayed, Verdict::QueueDuplicate, "r-1");
        assert_eq!(calls.told(), replayed);
    }
}

#[test]
fn a_store_that_answers_nothing_says_nothing_of_duplicates() {
    for (on_failure, outcome) in [
        (OnStoreFailure::Fail, Outcome::Refused),
        (OnStoreFailure::Run, Outcome::Unguarded),
    ] {
        let calls = Calls::with(|builder| builder.on_store_failure(on_failure));
        assert_eq!(calls.deliver("r-1", End::Done), first(Outcome::Ran));
        calls.world.store.plan(Verb::Claim, &[fault::REFUSED]);
        calls.world.store.plan(Verb::Complete, &[fault::REFUSED]);
        assert_eq!(calls.deliver("r-1", End::Done), first(outcome));
    }
}

#[test]
fn outside_lambda_no_two_calls_have_a_request_in_common() {
    let calls = Calls::new();
    assert_eq!(calls.deliver(NONE, End::Failed), first(Outcome::Failed));
    let duplicate = |outcome, verdict| duplicate(outcome, verdict, NONE);
    assert_eq!(
        calls.deliver(NONE, End::Done),
        duplicate(Outcome::Ran, Verdict::ClientRetry)
    );
    assert_eq!(
        calls.deliver(NONE, End::Done),
        duplicate(Outcome::Replayed, Verdict::ClientRetry)
    );
    calls.world.clock.advance(TTL);
    drop(calls.begin(NONE, &Door::default(), End::Done));
    assert_eq!(
        calls.deliver(NONE, End::Done),
        duplicate(Outcome::Busy, Verdict::Concurrent)
    );
    // The default lease.
    calls.world.clock.advance(secs(60) + MARGIN);
    assert_eq!(
        calls.deliver(NONE, End::Done),
        duplicate(Outcome::Ran, Verdict::Abandoned)
    );
}

#[test]
fn a_record_that_is_held_after_an_error_tells_who_came_again() {
    let calls = Calls::with(|builder| builder.on_error(OnError::Hold));
    assert_eq!(calls.deliver("r-1", End::Failed), first(Outcome::Failed));
    for (request_id, verdict) in [
        ("r-1", Verdict::LambdaRetry),
        ("r-2", Verdict::ClientRetry),
        ("r-2", Verdict::ClientRetry),
    ] {
        let refused = duplicate(Outcome::Refused, verdict, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), refused);
    }
}

#[test]
fn a_claim_that_is_refused_is_compared_with_the_first_and_the_latest_attempt_too() {
    let calls = Calls::with(|builder| builder.on_error(OnError::Hold));
    calls.crash("r-1");
    let failed = duplicate(Outcome::Failed, Verdict::Abandoned, "r-1");
    assert_eq!(calls.deliver("r-2", End::Failed), failed);
    for (request_id, verdict) in [
        ("r-1", Verdict::LambdaRetry),
        ("r-2", Verdict::LambdaRetry),
        ("r-3", Verdict::ClientRetry),
    ] {
        let refused = duplicate(Outcome::Refused, verdict, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), refused);
    }
}

#[test]
fn an_abandoned_record_that_is_held_tells_who_came_again() {
    let calls = Calls::with(|builder| builder.on_abandoned(OnAbandoned::Hold));
    calls.crash("r-1");
    for (request_id, verdict) in [("r-1", Verdict::LambdaRetry), ("r-2", Verdict::Abandoned)] {
        let refused = duplicate(Outcome::Refused, verdict, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), refused);
    }
}

#[test]
fn a_question_is_asked_for_a_reason_and_whoever_asked_is_an_attempt() {
    let calls = Calls::new();
    calls.crash("r-1");
    let ask = |request_id| {
        let call = calls.runtime.call("charge", "order-17").ttl(TTL);
        let call = call.invocation(calls.invocation(request_id));
        let asking = call.reconcile(async |execution: Execution| {
            calls.seen.lock().unwrap().push(execution.verdict());
            Ok(Reconciliation::Unknown)
        });
        let outcome: Result<u32, Error> = now(asking.run(async || Ok(1)));
        assert!(outcome.unwrap_err().is_held());
        calls.told()
    };
    let refused = |verdict| duplicate(Outcome::Refused, verdict, "r-1");
    assert_eq!(ask("r-2"), refused(Verdict::Abandoned));
    assert_eq!(ask("r-2"), refused(Verdict::LambdaRetry));
    assert_eq!(ask("r-3"), refused(Verdict::ClientRetry));
}

#[test]
fn an_error_that_is_remembered_is_a_failure_until_its_ttl_ends() {
    #[derive(Debug, Serialize, Deserialize)]
    enum Failure {
        Declined,
        #[serde(skip)]
        Guard,
    }

    impl From<Error> for Failure {
        fn from(_: Error) -> Self {
            Self::Guard
        }
    }

    let calls = Calls::new();
    let deliver = |request_id| {
        let call = calls.runtime.call("charge", "order-17").ttl(TTL);
        let call = call.invocation(calls.invocation(request_id));
        let declined = call
            .remember_errors()
            .run_with(async |execution: Execution| {
                calls.seen.lock().unwrap().push(execution.verdict());
                Err::<u32, _>(Failure::Declined)
            });
        assert!(matches!(now(declined), Err(Failure::Declined)));
        calls.told()
    };
    assert_eq!(deliver("r-1"), first(Outcome::Failed));
    let replayed = |verdict| duplicate(Outcome::Replayed, verdict, "r-1");
    assert_eq!(deliver("r-1"), replayed(Verdict::LambdaRetry));
    assert_eq!(deliver("r-2"), replayed(Verdict::ClientRetry));
    calls.world.clock.advance(TTL);
    let late = duplicate(Outcome::Failed, Verdict::LateArrival, "r-1");
    assert_eq!(deliver("r-1"), late);
}

#[test]
fn a_run_whose_result_could_not_be_stored_is_done() {
    let calls = Calls::new();
    assert_eq!(calls.deliver("r-1", End::Unstorable), first(Outcome::Ran));
    for (request_id, verdict) in [
        ("r-1", Verdict::QueueDuplicate),
        ("r-2", Verdict::ClientRetry),
    ] {
        let refused = duplicate(Outcome::Refused, verdict, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), refused);
    }
}

#[test]
fn a_record_that_cannot_be_read_says_nothing_of_duplicates() {
    let (world, ear) = (World::over(Unreadable), Ear::default());
    let runtime = world.builder().observer(ear.clone()).build();
    for _ in 0..2 {
        let call = runtime.call("charge", "order-17").ttl(TTL);
        let call = call.invocation(world.invocation());
        let outcome: Result<u32, Error> = now(call.run(async || Ok(1)));
        assert!(outcome.unwrap_err().is_foreign());
        assert_eq!(ear.told(), first(Outcome::Refused));
    }
}

#[test]
fn a_call_inside_itself_is_refused_before_it_could_be_a_duplicate() {
    let (calls, door) = (Calls::new(), Door::default());
    let call = calls.runtime.call("charge", "order-17").ttl(TTL);
    let outer = call.invocation(calls.invocation("r-1")).run(async || {
        let inner = calls.call("r-1", &door, End::Done).await;
        assert!(inner.unwrap_err().is_reentrant());
        assert_eq!(calls.told(), first(Outcome::Refused));
        Ok::<_, Error>(1)
    });
    now(outer).unwrap();
    assert_eq!(calls.told(), first(Outcome::Ran));
}

#[test]
fn a_record_that_a_person_completed_is_done_for_others() {
    let calls = Calls::with(|builder| builder.on_error(OnError::Hold));
    calls.deliver("r-1", End::Failed);
    let records = calls.runtime.records();
    now(records.complete(&calls.record(), &Some(1.0), TTL)).unwrap();
    let replayed = duplicate(Outcome::Replayed, Verdict::ClientRetry, "r-1");
    assert_eq!(calls.deliver("r-2", End::Done), replayed);
}

#[test]
fn a_record_that_a_person_released_has_failed() {
    for (request_id, verdict) in [("r-1", Verdict::LambdaRetry), ("r-2", Verdict::ClientRetry)] {
        let calls = Calls::with(|builder| builder.on_error(OnError::Hold));
        calls.deliver("r-1", End::Failed);
        now(calls.runtime.records().release(&calls.record())).unwrap();
        let ran = duplicate(Outcome::Ran, verdict, "r-1");
        assert_eq!(calls.deliver(request_id, End::Done), ran);
    }
}

#[test]
fn a_record_that_a_person_forgot_has_no_duplicates() {
    let calls = Calls::new();
    calls.deliver("r-1", End::Done);
    now(calls.runtime.records().forget(&calls.record())).unwrap();
    assert_eq!(calls.deliver("r-1", End::Done), first(Outcome::Ran));
    let replayed = duplicate(Outcome::Replayed, Verdict::QueueDuplicate, "r-1");
    assert_eq!(calls.deliver("r-1", End::Done), replayed);
}

#[test]
fn another_fingerprint_is_told_of_whatever_is_not_released() {
    let (calls, door) = (Calls::new(), Door::default());
    let pay = |request_id, cents: u32, end: Result<u32, Error>| {
        let call = calls.runtime.call("charge", "order-17").ttl(TTL);
        let call = call.invocation(calls.invocation(request_id));
        let call = call.fingerprint(&cents);
        _ = now(call.run(async || end));
        calls.told()
    };
    let failed = || Idempotency::current().map(|_| 1);
    let reused = duplicate(Outcome::Refused, Verdict::KeyReuse, "r-1");

    assert_eq!(pay("r-1", 4200, failed()), first(Outcome::Failed));
    // Nothing has had an effect: what is corrected runs.
    let corrected = duplicate(Outcome::Failed, Verdict::ClientRetry, "r-1");
    assert_eq!(pay("r-2", 999, failed()), corrected);

    let call = calls.runtime.call("charge", "order-17").ttl(TTL);
    let call = call.invocation(calls.invocation("r-3")).fingerprint(&4200);
    let mut running = Box::pin(call.run(async || {
        door.pass().await;
        Ok::<_, Error>(1)
    }));
    assert!(poll(&mut running).is_pending());
    assert_eq!(pay("r-3", 999, Ok(1)), reused, "while it runs");
    drop(running);
    calls.world.clock.advance(LEASE);
    assert_eq!(pay("r-4", 999, Ok(1)), reused, "after it disappeared");
    let retry = duplicate(Outcome::Ran, Verdict::LambdaRetry, "r-1");
    assert_eq!(pay("r-3", 4200, Ok(1)), retry);
    assert_eq!(pay("r-3", 999, Ok(1)), reused, "once it is done");
}

/// A message of a queue.
fn message(id: &str) -> Option<Source> {
    Source::new(SourceKind::Sqs, id)
}

#[test]
fn a_message_is_compared_where_both_have_one_and_else_the_request() {
    for (end, same_request, outcome) in [
        (Ok(1), Verdict::QueueDuplicate, Outcome::Replayed),
        (Err(()), Verdict::LambdaRetry, Outcome::Failed),
    ] {
        let calls = Calls::new();
        let deliver = |request_id, source: Option<Source>| {
            let call = calls.runtime.call("charge", "order-17").ttl(TTL);
            let call = call.invocation(calls.invocation(request_id)).source(source);
            let body = async || end.or_else(|()| Idempotency::current().map(|_| 0));
            _ = now(call.run(body));
            calls.told()
        };
        deliver("r-1", message("m-1"));
        for (request_id, source, verdict) in [
            ("r-1", message("m-1"), same_request),
            ("r-2", message("m-1"), Verdict::Redelivery),
            // Another message of the batch that the first came with.
            ("r-1", message("m-2"), Verdict::ClientRetry),
            ("r-1", None, same_request),
            ("r-3", None, Verdict::ClientRetry),
            ("r-4", message("m-3"), Verdict::ClientRetry),
            ("r-5", message("m-1"), Verdict::Redelivery),
            (NONE, message("m-1"), Verdict::Redelivery),
        ] {
            let told = duplicate(outcome, verdict, "r-1");
            assert_eq!(deliver(request_id, source), told, "{request_id}");
        }
    }
}

#[test]
fn outside_lambda_a_message_is_known_all_the_same() {
    let calls = Calls::new();
    let deliver = |id| {
        let call = calls.runtime.call("charge", "order-17").ttl(TTL);
        let outcome: Result<u32, Error> = now(call.source(message(id)).run(async || Ok(1)));
        outcome.unwrap();
        calls.told()
    };
    assert_eq!(deliver("m-1"), first(Outcome::Ran));
    let replayed = |verdict| duplicate(Outcome::Replayed, verdict, NONE);
    assert_eq!(deliver("m-1"), replayed(Verdict::Redelivery));
    assert_eq!(deliver("m-2"), replayed(Verdict::ClientRetry));
}

#[test]
fn lambda_retries_a_first_attempt_that_failed_although_another_is_done_since() {
    let calls = Calls::new();
    assert_eq!(calls.deliver("r-1", End::Failed), first(Outcome::Failed));
    let ran = duplicate(Outcome::Ran, Verdict::ClientRetry, "r-1");
    assert_eq!(calls.deliver("r-2", End::Done), ran);
    let retry = duplicate(Outcome::Replayed, Verdict::LambdaRetry, "r-1");
    assert_eq!(calls.deliver("r-1", End::Done), retry);
    let replayed = duplicate(Outcome::Replayed, Verdict::QueueDuplicate, "r-1");
    assert_eq!(calls.deliver("r-2", End::Done), replayed);
}

#[test]
fn lambda_retries_a_first_attempt_that_disappeared_although_another_is_done_since() {
    let calls = Calls::new();
    calls.crash("r-1");
    let ran = duplicate(Outcome::Ran, Verdict::Abandoned, "r-1");
    assert_eq!(calls.deliver("r-2", End::Done), ran);
    let retry = duplicate(Outcome::Replayed, Verdict::LambdaRetry, "r-1");
    assert_eq!(calls.deliver("r-1", End::Done), retry);
}

#[test]
fn the_attempt_before_the_one_that_is_done_is_known_as_well() {
    let calls = Calls::new();
    assert_eq!(calls.deliver("r-1", End::Failed), first(Outcome::Failed));
    for (request_id, end, outcome) in [
        ("r-2", End::Failed, Outcome::Failed),
        ("r-3", End::Done, Outcome::Ran),
    ] {
        let came = duplicate(outcome, Verdict::ClientRetry, "r-1");
        assert_eq!(calls.deliver(request_id, end), came);
    }
    let retry = duplicate(Outcome::Replayed, Verdict::LambdaRetry, "r-1");
    assert_eq!(calls.deliver("r-2", End::Done), retry);
}

#[test]
fn an_attempt_that_was_done_is_no_retry_although_another_is_done_since() {
    let calls = Calls::new();
    assert_eq!(calls.deliver("r-1", End::Done), first(Outcome::Ran));
    calls.world.clock.advance(TTL);
    let late = duplicate(Outcome::Ran, Verdict::LateArrival, "r-1");
    assert_eq!(calls.deliver("r-2", End::Done), late);
    let replayed = duplicate(Outcome::Replayed, Verdict::QueueDuplicate, "r-1");
    assert_eq!(calls.deliver("r-1", End::Done), replayed);
}

#[test]
fn an_attempt_that_came_without_a_request_is_known_not_to_be_this_one() {
    let calls = Calls::new();
    assert_eq!(calls.deliver(NONE, End::Failed), first(Outcome::Failed));
    let ran = duplicate(Outcome::Ran, Verdict::ClientRetry, NONE);
    assert_eq!(calls.deliver("r-1", End::Done), ran);

    let calls = Calls::new();
    assert_eq!(calls.deliver(NONE, End::Done), first(Outcome::Ran));
    let replayed = duplicate(Outcome::Replayed, Verdict::ClientRetry, NONE);
    assert_eq!(calls.deliver("r-1", End::Done), replayed);
}
