//! Takes each guard of the protocol away: the search must notice.

use std::time::Duration;

use idem_core::ablation::{Guard, without};

use idem_core::policy::Policy;

use super::check::Check;
use super::scenario::Scenario;
use super::search::explore;
use super::{say, timed, trace};

/// Where the lack of it shows.
fn scenario_of(guard: Guard) -> Scenario {
    let named = |name| Scenario::named(name, false);
    match guard {
        Guard::ClaimIsOneStep
        | Guard::LoserGetsTheRecord
        | Guard::OwnerIsCompared
        | Guard::LoserReturnsTheSuccessors
        | Guard::BodyStopsWithItsLease
        | Guard::ResentClaimIsOwn
        | Guard::GrantClearsTheResult => named("defaults"),
        Guard::OnlyProgressEnds | Guard::ResentReleaseIsOwn | Guard::EndedClaimStaysEnded => {
            Scenario {
                errors: true,
                ..named("defaults")
            }
        }
        Guard::ReleaseLeavesATombstone => Scenario {
            errors: true,
            ..named("duplicates")
        },
        Guard::LoserComparesTheFingerprint => named("fingerprints"),
        Guard::ResentCompletionIsOwn => named("unstorable"),
        Guard::ExpiryFreesNoClaim => named("shared_table"),
        Guard::TtlCountsFromCompletion | Guard::TtlIsRoundedUp => named("ttl"),
        Guard::DeletionWaitsForTheLease => Scenario {
            policy: Policy {
                ttl: Duration::from_secs(2),
                ..named("short_lease").policy
            },
            ..named("short_lease")
        },
        Guard::ProtectedHasNoTtl | Guard::DropReleasesNothing => named("abandoned_hold"),
        Guard::LeaseIsFixedWhenSent | Guard::RenewalIsConfirmed => named("short_lease"),
        Guard::LeaseNeverShrinks => Scenario {
            duplicates: 1,
            unanswered: 0,
            crashes: 0,
            ..Scenario::named("short_lease", true)
        },
        Guard::TakeOverWaitsForTheMargin => named("margin"),
        Guard::LeaseIsCheckedBeforeTheBody => named("overrun_run"),
    }
}

#[test]
fn without_any_one_guard_a_promise_breaks() {
    let mut missed = Vec::new();
    for guard in Guard::ALL {
        let scenario = scenario_of(guard);
        let (explored, took) = timed(|| without(guard, || explore(&scenario)));
        let (number, name) = (guard.number(), scenario.name);
        let Some(finding) = explored.finding else {
            let states = explored.states;
            say(&format!(
                "guard {number}: nothing breaks without {guard:?} in {states} states"
            ));
            missed.push(guard);
            continue;
        };
        // What was found is found again by the schedule that is printed.
        let schedule = trace::schedule(&finding);
        let replayed = without(guard, || trace::replay(&scenario, &schedule));
        assert_eq!(replayed.check.map(Check::name), Some(finding.check));
        if std::env::var("IDEM_TRACES").is_ok() {
            say(&without(guard, || trace::report(&scenario, &finding)));
        }
        let (check, length) = (finding.check, finding.schedule.len());
        say(&format!(
            "guard {number}: without {guard:?}, {check} fails in `{name}` after {length} actions, {took:.1?}"
        ));
    }
    assert!(missed.is_empty(), "nothing breaks without {missed:?}");
}
