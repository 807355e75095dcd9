//! The engine by itself: every input is a value, and so is every answer.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use idem_core::clock::UnixMillis;
use idem_core::engine::{BodyEnd, Engine, Input, Outcome, Refusal, ReleaseRequest, Step};
use idem_core::key::{Fingerprint, Namespace};
use idem_core::policy::{OnAbandoned, OnBusy, OnError, OnOverrun, Policy};
use idem_core::record::{
    Attempt, History, Origin, Owner, Provenance, Record, Status, StoredResult,
};
use idem_core::store::{Claimed, Failure, Written};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const TTL: Duration = Duration::from_hours(1);
const LEASE: Duration = Duration::from_secs(10);
const ME: Owner = Owner(7);
const OTHER: Owner = Owner(8);

fn policy() -> Policy {
    let mut policy = Policy::new(TTL);
    policy.lease = Some(LEASE);
    policy
}

fn engine(policy: Policy) -> Engine {
    Engine::new(policy, ME, None, None)
}

fn record(status: Status, owner: Owner) -> Record {
    Record {
        id: Namespace::new(None, "engine")
            .id_of_value(None, "key")
            .unwrap(),
        status,
        owner,
        generation: 1,
        lease_until: NOW.after(LEASE),
        expires_at: Some(NOW.after(TTL).seconds_rounded_up()),
        fingerprint: None,
        marks: None,
        result: None,
        completed_by: None,
        provenance: Provenance::new(NOW, Origin::default()),
    }
}

fn completed(owner: Owner) -> Record {
    Record {
        result: Some(StoredResult::new(&b"1"[..])),
        completed_by: Some(owner),
        ..record(Status::Completed, owner)
    }
}

fn granted() -> Claimed {
    Claimed::Granted(Arc::new(record(Status::InProgress, ME)))
}

fn taken_over() -> Claimed {
    claimed_after(Status::InProgress)
}

/// Granted, where the attempt before stood like this.
fn claimed_after(status: Status) -> Claimed {
    let mut record = record(Status::InProgress, ME);
    let previous = Attempt {
        owner: OTHER,
        started_at: UnixMillis(0),
        lease_until: UnixMillis(0),
        status,
        origin: Origin::default(),
    };
    record.provenance.history = Some(Arc::new(History::new(previous)));
    Claimed::Granted(Arc::new(record))
}

/// An engine whose claim was answered like this, and what it says to that.
fn claimed(policy: Policy, reply: &Claimed) -> (Engine, Step) {
    let mut engine = engine(policy);
    assert!(matches!(engine.on(NOW, Input::Tick), Step::Claim(_)));
    let step = engine.on(NOW, Input::Claimed(Ok(reply)));
    (engine, step)
}

/// An engine whose body runs.
fn running(policy: Policy) -> Engine {
    claimed(policy, &granted()).0
}

fn refused(refusal: Refusal) -> Step {
    Step::Return(Outcome::Refused(refusal))
}

fn lost(record: Record) -> Written {
    Written::Lost(Some(Arc::new(record)))
}

#[test]
fn equal_histories_make_equal_engines() {
    let mut seen = HashSet::new();
    assert!(seen.insert(engine(policy())));
    assert!(seen.insert(running(policy())));
    assert!(!seen.insert(running(policy())));
    assert!(!seen.insert(running(policy()).clone()));
}

#[test]
fn a_rejected_claim_runs_only_where_the_record_names_its_owner() {
    let (_, step) = claimed(
        policy(),
        &Claimed::Lost(Arc::new(record(Status::InProgress, ME))),
    );
    assert!(matches!(step, Step::Run(_)));
    let (_, step) = claimed(
        policy(),
        &Claimed::Lost(Arc::new(record(Status::InProgress, OTHER))),
    );
    let free_at = NOW.after(LEASE + policy().margin);
    assert_eq!(step, refused(Refusal::InProgress(free_at)));
}

#[test]
fn a_claim_lost_to_a_takeable_record_is_sent_once_more_by_a_new_owner_then_busy() {
    let released = Claimed::Lost(Arc::new(record(Status::Released, OTHER)));
    let (mut engine, step) = claimed(policy(), &released);
    let Step::Claim(second) = step else {
        panic!("it should claim once more: {step:?}");
    };
    assert_ne!(second.terms.owner, ME);
    let step = engine.on(NOW, Input::Claimed(Ok(&released)));
    assert_eq!(step, refused(Refusal::InProgress(NOW)));
}

#[test]
fn a_late_copy_whose_lease_is_over_is_given_back_and_not_called_busy() {
    let released = Claimed::Lost(Arc::new(record(Status::Released, OTHER)));
    let (mut engine, _) = claimed(policy(), &released);
    let late_copy = Claimed::Lost(Arc::new(record(Status::InProgress, ME)));
    let its_lease_is_over = NOW.after(LEASE + policy().margin);
    let step = engine.on(its_lease_is_over, Input::Claimed(Ok(&late_copy)));
    let Step::Release(request) = step else {
        panic!("it is nobody else's: {step:?}");
    };
    assert_eq!(request.owner, ME);
    let step = engine.on(its_lease_is_over, Input::Released(Ok(&Written::Done)));
    assert_eq!(step, refused(Refusal::NotStarted));
}

#[test]
fn a_resent_claim_is_the_same_claim() {
    let mut engine = engine(policy());
    let first = engine.on(NOW, Input::Tick);
    let Step::Wait(until) = engine.on(NOW, Input::Claimed(Err(Failure::Transient))) else {
        panic!("it should wait before it sends again");
    };
    assert_eq!(engine.on(until, Input::Tick), first);
}

#[test]
fn each_record_that_a_claim_loses_to_has_its_answer() {
    let answer = |status| claimed(policy(), &Claimed::Lost(Arc::new(record(status, OTHER)))).1;
    assert_eq!(answer(Status::Held), refused(Refusal::Held));
    assert_eq!(answer(Status::Completed), Step::Return(Outcome::Replay));
    assert_eq!(answer(Status::Failed), Step::Return(Outcome::ReplayError));
    assert_eq!(answer(Status::DoneNoResult), refused(Refusal::DoneNoResult));
    assert_eq!(answer(Status::Foreign), refused(Refusal::Foreign));

    let fingerprint = |byte| Some(Fingerprint::from_bytes([byte; 32]));
    let mut engine = Engine::new(policy(), ME, fingerprint(1), None);
    engine.on(NOW, Input::Tick);
    let other = Record {
        fingerprint: fingerprint(2).map(Arc::new),
        ..completed(OTHER)
    };
    let step = engine.on(NOW, Input::Claimed(Ok(&Claimed::Lost(Arc::new(other)))));
    assert_eq!(step, refused(Refusal::Mismatch));
}

#[test]
fn a_completion_that_finds_itself_is_a_success() {
    let mut engine = running(policy());
    engine.on(NOW, Input::BodyEnded(BodyEnd::Result));
    engine.on(NOW, Input::Completed(Err(Failure::Transient)));
    let found = lost(completed(ME));
    let step = engine.on(NOW, Input::Completed(Ok(&found)));
    assert_eq!(step, Step::Return(Outcome::Own));
}

#[test]
fn a_completion_that_finds_a_successor_returns_its_result() {
    let mut engine = running(policy());
    engine.on(NOW, Input::BodyEnded(BodyEnd::Result));
    let found = lost(completed(OTHER));
    let step = engine.on(NOW, Input::Completed(Ok(&found)));
    assert_eq!(step, Step::Return(Outcome::Replay));
}

#[test]
fn a_completion_that_finds_no_result_of_a_successor_is_lease_lost() {
    let nobodys = Record {
        completed_by: None,
        ..completed(ME)
    };
    let findings = [
        Written::Lost(None),
        lost(record(Status::InProgress, OTHER)),
        lost(record(Status::Released, OTHER)),
        lost(nobodys),
    ];
    for found in &findings {
        let mut engine = running(policy());
        engine.on(NOW, Input::BodyEnded(BodyEnd::Result));
        let step = engine.on(NOW, Input::Completed(Ok(found)));
        assert_eq!(step, refused(Refusal::LeaseLost), "{found:?}");
    }
}

#[test]
fn a_result_that_the_store_finds_too_large_is_recorded_as_done() {
    let mut engine = running(policy());
    engine.on(NOW, Input::BodyEnded(BodyEnd::Result));
    let step = engine.on(NOW, Input::Completed(Err(Failure::TooLarge)));
    let Step::Complete(request) = step else {
        panic!("it should complete without the result: {step:?}");
    };
    assert_eq!(request.status, Status::DoneNoResult);
    let step = engine.on(NOW, Input::Completed(Ok(&Written::Done)));
    assert_eq!(step, Step::Return(Outcome::Own));
}

#[test]
fn the_ttl_counts_from_completion_and_is_rounded_up_to_seconds() {
    let mut engine = running(policy());
    let done_at = UnixMillis(NOW.0 + 1);
    let Step::Complete(request) = engine.on(done_at, Input::BodyEnded(BodyEnd::Result)) else {
        panic!("a result should be completed");
    };
    assert_eq!(request.expires_at, Some(NOW.0 / 1000 + 3600 + 1));
}

#[test]
fn the_backend_may_delete_a_claim_after_lease_margin_and_ttl_or_never_where_it_is_protected() {
    let expires_at = |policy| match engine(policy).on(NOW, Input::Tick) {
        Step::Claim(request) => request.expires_at,
        step => panic!("it should claim: {step:?}"),
    };
    let after_all = NOW
        .after(LEASE + policy().margin + TTL)
        .seconds_rounded_up();
    assert_eq!(expires_at(policy()), Some(after_all));
    for on_abandoned in [OnAbandoned::Hold, OnAbandoned::Reconcile] {
        assert_eq!(
            expires_at(Policy {
                on_abandoned,
                ..policy()
            }),
            None
        );
    }
    let on_error = OnError::Hold;
    assert_eq!(
        expires_at(Policy {
            on_error,
            ..policy()
        }),
        None
    );
}

#[test]
fn a_take_over_is_asked_about_before_it_runs() {
    let policy = Policy {
        on_abandoned: OnAbandoned::Reconcile,
        ..policy()
    };
    let (_, step) = claimed(policy, &granted());
    assert!(
        matches!(step, Step::Run(_)),
        "a first run has nothing to ask"
    );

    let (mut engine, step) = claimed(policy, &taken_over());
    assert!(matches!(step, Step::Reconcile(Some(_))));
    let step = engine.on(NOW, Input::NeverHappened);
    assert!(matches!(step, Step::Run(_)));

    let (mut engine, _) = claimed(policy, &taken_over());
    let step = engine.on(NOW, Input::BodyEnded(BodyEnd::Result));
    assert!(matches!(step, Step::Complete(request) if request.status == Status::Completed));
    let step = engine.on(NOW, Input::Completed(Ok(&Written::Done)));
    assert_eq!(step, Step::Return(Outcome::Reconciled));

    let (mut engine, _) = claimed(policy, &taken_over());
    let step = engine.on(NOW, Input::Unknown);
    assert!(matches!(step, Step::Complete(request) if request.status == Status::Held));
    let step = engine.on(NOW, Input::Completed(Ok(&Written::Done)));
    assert_eq!(step, refused(Refusal::Held));
}

#[test]
fn a_question_is_bounded_by_the_lease_and_renewed_like_a_body() {
    let policy = Policy {
        on_abandoned: OnAbandoned::Reconcile,
        ..policy()
    };
    let (mut engine, _) = claimed(policy, &taken_over());
    let half = NOW.after(LEASE / 2);
    assert!(matches!(engine.on(half, Input::Tick), Step::Extend(_)));
    let step = engine.on(half, Input::Extended(Ok(&Written::Done)));
    assert!(matches!(step, Step::Reconcile(_)), "it still asks");
    let step = engine.on(half.after(LEASE), Input::Tick);
    assert_eq!(step, refused(Refusal::NotStarted), "nothing has run");
}

#[test]
fn a_take_over_that_came_too_late_keeps_its_question() {
    let policy = Policy {
        on_abandoned: OnAbandoned::Reconcile,
        ..policy()
    };
    let mut engine = engine(policy);
    engine.on(NOW, Input::Tick);
    let step = engine.on(NOW.after(LEASE), Input::Claimed(Ok(&taken_over())));
    assert_eq!(
        step,
        refused(Refusal::NotStarted),
        "released, nobody would ask any more"
    );
}

/// Half of what is left of it would be no time at all, for ever.
#[test]
fn a_lease_that_ends_with_time_itself_is_not_renewed() {
    let last = UnixMillis(u64::MAX);
    let endless = Policy {
        lease: Some(Duration::MAX),
        ..policy()
    };
    for (now, policy) in [
        (last.before(Duration::from_millis(1)), policy()),
        (NOW, endless),
    ] {
        let mut engine = Engine::new(policy, ME, None, None);
        engine.on(now, Input::Tick);
        let step = engine.on(now, Input::Claimed(Ok(&granted())));
        assert_eq!(step, Step::Run(Some(last)));
    }
}

#[test]
fn a_body_that_may_overrun_is_not_woken_at_the_end_of_its_lease() {
    let overrun = Policy {
        on_overrun: OnOverrun::Run,
        lease: None,
        ..policy()
    };
    let mut engine = Engine::new(overrun, ME, None, Some(NOW.after(LEASE)));
    engine.on(NOW, Input::Tick);
    assert_eq!(
        engine.on(NOW, Input::Claimed(Ok(&granted()))),
        Step::Run(None)
    );
    assert_eq!(engine.on(NOW.after(TTL), Input::Tick), Step::Run(None));
}

#[test]
fn an_error_that_says_that_nothing_was_done_releases_the_claim_whatever_the_policy() {
    for on_error in [OnError::Release, OnError::Remember, OnError::Hold] {
        let mut engine = running(Policy {
            on_error,
            ..policy()
        });
        let step = engine.on(NOW, Input::BodyEnded(BodyEnd::NothingDone));
        assert!(matches!(step, Step::Release(_)), "{on_error:?}: {step:?}");
    }
}

#[test]
fn an_error_is_returned_though_its_release_or_hold_gets_no_answer() {
    for on_error in [OnError::Release, OnError::Hold] {
        let mut engine = running(Policy {
            on_error,
            ..policy()
        });
        let mut now = NOW;
        let mut step = engine.on(now, Input::BodyEnded(BodyEnd::Error));
        let mut sent = 0;
        loop {
            step = match step {
                Step::Release(ReleaseRequest { .. }) => {
                    sent += 1;
                    engine.on(now, Input::Released(Err(Failure::Transient)))
                }
                Step::Complete(_) => {
                    sent += 1;
                    engine.on(now, Input::Completed(Err(Failure::Transient)))
                }
                Step::Wait(until) => {
                    now = until;
                    engine.on(now, Input::Tick)
                }
                step => {
                    assert_eq!(step, Step::Return(Outcome::Own), "{on_error:?}");
                    break;
                }
            };
        }
        assert!(sent >= 3, "{on_error:?}: sent {sent} times");
    }
}

#[test]
fn a_successors_result_of_another_fingerprint_is_not_returned() {
    let of = |byte| Some(Fingerprint::from_bytes([byte; 32]));
    let mut engine = Engine::new(policy(), ME, of(1), None);
    engine.on(NOW, Input::Tick);
    engine.on(NOW, Input::Claimed(Ok(&granted())));
    engine.on(NOW, Input::BodyEnded(BodyEnd::Result));
    let other = Record {
        fingerprint: of(2).map(Arc::new),
        ..completed(OTHER)
    };
    let step = engine.on(NOW, Input::Completed(Ok(&lost(other))));
    assert_eq!(step, refused(Refusal::LeaseLost));
}

#[test]
fn a_successor_without_a_stored_result_is_said() {
    let mut engine = running(policy());
    engine.on(NOW, Input::BodyEnded(BodyEnd::Result));
    let other = Record {
        status: Status::DoneNoResult,
        ..completed(OTHER)
    };
    let step = engine.on(NOW, Input::Completed(Ok(&lost(other))));
    assert_eq!(step, refused(Refusal::DoneNoResult));
}

#[test]
fn what_is_held_has_no_expiry() {
    let on_error = OnError::Hold;
    let mut engine = running(Policy {
        on_error,
        ..policy()
    });
    let step = engine.on(NOW, Input::BodyEnded(BodyEnd::Error));
    assert!(matches!(step, Step::Complete(request) if request.expires_at.is_none()));
}

#[test]
fn an_extension_moves_the_expiry_along() {
    let mut engine = running(policy());
    let half = NOW.after(LEASE / 2);
    let Step::Extend(request) = engine.on(half, Input::Tick) else {
        panic!("a renewal is due");
    };
    let after_all = half
        .after(LEASE + policy().margin + TTL)
        .seconds_rounded_up();
    assert_eq!(request.expires_at, Some(after_all));
}

#[test]
fn a_renewal_that_finds_the_claim_gone_ends_the_execution() {
    let mut engine = running(policy());
    engine.on(NOW.after(LEASE / 2), Input::Tick);
    let found = lost(record(Status::InProgress, OTHER));
    let step = engine.on(NOW.after(LEASE / 2), Input::Extended(Ok(&found)));
    assert_eq!(step, refused(Refusal::LeaseLost));
}

#[test]
fn a_body_that_may_overrun_does_not_renew_what_is_gone() {
    let on_overrun = OnOverrun::Run;
    let mut engine = running(Policy {
        on_overrun,
        ..policy()
    });
    engine.on(NOW.after(LEASE / 2), Input::Tick);
    let step = engine.on(
        NOW.after(LEASE / 2),
        Input::Extended(Ok(&Written::Lost(None))),
    );
    assert_eq!(step, Step::Run(None));
}

#[test]
fn an_earlier_attempt_that_ended_is_not_asked_about() {
    let policy = Policy {
        on_abandoned: OnAbandoned::Reconcile,
        ..policy()
    };
    let (_, step) = claimed(policy, &claimed_after(Status::Released));
    assert!(matches!(step, Step::Run(_)));
}

#[test]
fn a_store_that_refuses_for_good_is_not_asked_again() {
    let mut engine = engine(policy());
    engine.on(NOW, Input::Tick);
    let step = engine.on(NOW, Input::Claimed(Err(Failure::Permanent)));
    assert_eq!(step, refused(Refusal::ClaimUnconfirmed));

    let mut engine = running(policy());
    engine.on(NOW, Input::BodyEnded(BodyEnd::Error));
    let step = engine.on(NOW, Input::Released(Err(Failure::Permanent)));
    assert_eq!(step, Step::Return(Outcome::Own));
}

#[test]
fn a_completion_is_given_up_by_the_deadline_and_not_by_the_lease() {
    let deadline = NOW.after(Duration::from_mins(15));
    let mut engine = Engine::new(policy(), ME, None, Some(deadline));
    engine.on(NOW, Input::Tick);
    engine.on(NOW, Input::Claimed(Ok(&granted())));
    let Step::Complete(request) = engine.on(NOW, Input::BodyEnded(BodyEnd::Result)) else {
        panic!("a result should be completed");
    };
    assert_eq!(
        request.give_up_at,
        deadline.before(policy().completion_reserve)
    );
}

/// Waits for 5 s while another runs.
fn patient() -> Policy {
    let mut policy = policy();
    policy.on_busy = OnBusy::Wait(Duration::from_secs(5));
    policy
}

#[test]
fn a_busy_execution_watches_looks_and_claims_what_it_sees_to_be_free() {
    let busy = Claimed::Lost(Arc::new(record(Status::InProgress, OTHER)));
    let (mut engine, step) = claimed(patient(), &busy);
    let Step::Watch(watch) = step else {
        panic!("it should watch: {step:?}");
    };
    assert_eq!(watch.generation, 1);
    let step = engine.on(watch.until, Input::Tick);
    assert_eq!(step, Step::Look(None));
    let running = record(Status::InProgress, OTHER);
    let step = engine.on(watch.until, Input::Found(Ok(Some(&running))));
    assert!(matches!(step, Step::Watch(_)), "{step:?}");
    engine.on(watch.until, Input::Tick);
    let released = record(Status::Released, OTHER);
    let step = engine.on(watch.until, Input::Found(Ok(Some(&released))));
    let Step::Claim(claim) = step else {
        panic!("it should claim: {step:?}");
    };
    assert_ne!(claim.terms.owner, ME, "not a re-send of the refused claim");
    assert_eq!(claim.terms.now, watch.until);
}

#[test]
fn the_pauses_of_a_waiter_grow_from_half_to_whole_and_end_in_time() {
    let busy = Claimed::Lost(Arc::new(record(Status::InProgress, OTHER)));
    let (mut engine, mut step) = claimed(patient(), &busy);
    let (mut now, mut whole) = (NOW, Duration::from_millis(50));
    let end = NOW.after(Duration::from_secs(5));
    while let Step::Watch(watch) = step {
        let pause = watch.until.since(now);
        assert!(pause <= whole, "{pause:?} of {whole:?}");
        assert!(
            pause >= whole / 2 || watch.until == end,
            "{pause:?} of {whole:?}"
        );
        now = watch.until;
        whole = (whole * 2).min(Duration::from_secs(1));
        engine.on(now, Input::Tick);
        step = engine.on(now, Input::Found(Err(Failure::Transient)));
    }
    assert_eq!(now, end);
    let free_at = NOW.after(LEASE + policy().margin);
    assert_eq!(step, refused(Refusal::InProgress(free_at)));
}

#[test]
fn a_late_copy_of_a_refused_claim_is_its_own() {
    let mine = Record {
        lease_until: NOW.after(LEASE / 2),
        ..record(Status::InProgress, ME)
    };
    let end_of = |mut engine: Engine, step| {
        assert!(matches!(step, Step::Run(Some(_))), "{step:?}");
        assert_eq!(engine.lease(), Some((NOW.after(LEASE / 2), false)));
        let step = engine.on(NOW, Input::BodyEnded(BodyEnd::Result));
        assert!(matches!(step, Step::Complete(request) if request.owner == ME));
    };
    // Seen by one that waits.
    let busy = Claimed::Lost(Arc::new(record(Status::InProgress, OTHER)));
    let (mut engine, _) = claimed(patient(), &busy);
    engine.on(NOW, Input::Tick);
    let step = engine.on(NOW, Input::Found(Ok(Some(&mine))));
    end_of(engine, step);
    // Met by the second claim.
    let released = Claimed::Lost(Arc::new(record(Status::Released, OTHER)));
    let (mut engine, _) = claimed(policy(), &released);
    let step = engine.on(NOW, Input::Claimed(Ok(&Claimed::Lost(Arc::new(mine)))));
    end_of(engine, step);
}

#[test]
fn a_longer_lease_is_asked_for_at_once_and_once_more_after_a_renewal_under_way() {
    let until = |seconds| NOW.after(Duration::from_secs(seconds));
    let mut engine = running(policy());
    let step = engine.on(NOW, Input::Extend(until(30)));
    assert!(matches!(step, Step::Extend(request) if request.lease_until == until(30)));
    // The next wish waits for the answer to the first.
    let step = engine.on(NOW, Input::Extend(until(60)));
    assert!(matches!(step, Step::Run(_)), "{step:?}");
    let step = engine.on(NOW, Input::Extended(Ok(&Written::Done)));
    assert!(matches!(step, Step::Extend(request) if request.lease_until == until(60)));
    assert_eq!(engine.lease(), Some((until(30), true)));
    engine.on(NOW, Input::Extended(Ok(&Written::Done)));
    assert_eq!(engine.lease(), Some((until(60), false)));
    // A shorter one is there already.
    let step = engine.on(NOW, Input::Extend(until(10)));
    assert!(matches!(step, Step::Run(_)), "{step:?}");
}
