//! The whole protocol: nothing may be found.

use std::time::Duration;

use super::check::Check;
use super::count::count;
use super::scenario::Scenario;
use super::search::explore;
use super::{say, timed, trace};

fn replay(scenario: &str, schedule: &str) -> trace::Replayed {
    trace::replay(&Scenario::named(scenario, true), schedule)
}

/// A few, within bounds that take a moment without optimisation, too.
fn quick() -> Vec<Scenario> {
    let mut all = Scenario::all(false);
    all.retain(|scenario| {
        ["defaults", "short_lease", "abandoned_hold", "transactional"].contains(&scenario.name)
    });
    for scenario in &mut all {
        scenario.crashes = 0;
        scenario.skew = Duration::ZERO;
        scenario.moments = &scenario.moments[..3];
    }
    all
}

#[test]
fn no_order_of_events_breaks_a_promise() {
    let is_full = std::env::var("IDEM_EXPLORE").is_ok_and(|bounds| bounds == "full");
    let scenarios = if is_full {
        Scenario::all(true)
    } else {
        say("SKIPPED: without `IDEM_EXPLORE=full` the explorer has small bounds");
        quick()
    };
    let (mut total, mut whole) = (0, Duration::ZERO);
    for scenario in scenarios {
        let (explored, took) = timed(|| explore(&scenario));
        if let Some(finding) = &explored.finding {
            panic!("{}", trace::report(&scenario, finding));
        }
        total += explored.states;
        whole += took;
        say(&format!(
            "{:>17}: {:>8} states, {:.1?}",
            scenario.name, explored.states, took,
        ));
    }
    say(&format!("{total} states, {whole:.1?}"));
}

#[test]
#[ignore = "takes as long as the search; counts what `DESIGN.md` publishes"]
fn the_schedules_are_counted() {
    for scenario in Scenario::all(true) {
        let counted = count(&scenario);
        say(&format!(
            "{:>17}: {:>8} states, {:.1e} schedules of up to {} actions",
            scenario.name, counted.states, counted.schedules, counted.longest,
        ));
    }
}

#[test]
fn guards_are_taken_away_elsewhere() {
    say("SKIPPED: without `--cfg idem_ablate` no guard is taken away");
}

#[test]
fn a_late_execution_returns_its_successors_result() {
    let replayed = replay(
        "defaults",
        "B | A.start A.arrive A.hear A.affect A.return tick tick B.start B.arrive B.hear B.affect B.return B.arrive \
         B.hear A.arrive A.hear",
    );
    assert_eq!(replayed.check.map(Check::name), None, "{}", replayed.trace);
    let last = replayed.trace.lines().last().unwrap_or_default();
    assert!(last.ends_with("and returns Replay"), "{}", replayed.trace);
}

#[test]
fn what_was_refused_is_not_committed_by_copies_that_come_after_another_claim() {
    let replayed = replay(
        "transactional",
        "B | A.start tick B.start B.miss B.arrive B.hear B.affect B.return B.miss B.refuse-effects B.hear B.arrive \
         A.arrive B.arrive-late B.hear",
    );
    assert_eq!(replayed.check.map(Check::name), None, "{}", replayed.trace);
    let last = replayed.trace.lines().last().unwrap_or_default();
    assert!(
        last.ends_with("and returns Refused(Canceled)"),
        "{}",
        replayed.trace
    );
}
