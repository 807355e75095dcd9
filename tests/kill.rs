//! A process over DynamoDB is killed again and again, and what it leaves is held against what is promised.
//!
//! The emulator lives on in the test's process, over a file. The killed process has a clock that stands still, and each
//! next one a clock that may be a lease and the margin further: no test waits, and none depends on timing.
//!
//! `IDEM_KILLS` says how many processes are killed, `IDEM_SEED` at which moments.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]
#![allow(clippy::print_stdout, reason = "a trial reports what it saw")]

#[path = "kill/emulator.rs"]
mod emulator;
#[path = "kill/ledger.rs"]
mod ledger;
#[path = "kill/line.rs"]
mod line;
#[path = "kill/moment.rs"]
mod moment;
#[path = "kill/random.rs"]
mod random;
#[path = "kill/trial.rs"]
mod trial;
#[path = "kill/verdict.rs"]
mod verdict;
#[path = "kill/worker.rs"]
mod worker;

use std::collections::BTreeSet;

use moment::Moment;
use random::Random;
use trial::Trial;
use verdict::Breach;
use worker::Sabotage;

const KILLS: usize = 20;

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_a_process_is_killed_every_key_has_one_outcome() {
    let kills = variable("IDEM_KILLS").map_or(KILLS, |kills| kills.try_into().unwrap());
    let seed = variable("IDEM_SEED").unwrap_or_else(|| {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).unwrap();
        u64::from_be_bytes(seed)
    });
    println!("IDEM_KILLS={kills} IDEM_SEED={seed}");
    let verdict = Trial::new(seed, None)
        .await
        .run(kills, Moment::random)
        .await;
    print!("{verdict}");
    assert_eq!(verdict.breaches, BTreeSet::new(), "IDEM_SEED={seed}");
}

/// How a process with something wrong breaks promises, killed at moments that are the same on any machine.
async fn breaches(sabotage: Sabotage, moment: impl Fn(&mut Random) -> Moment) -> BTreeSet<Breach> {
    let verdict = Trial::new(1, Some(sabotage)).await.run(60, moment).await;
    let breaches = verdict.breaches.into_iter();
    breaches.map(|(breach, _)| breach).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_guards_nothing_is_found_out() {
    let found = breaches(Sabotage::Disabled, Moment::exact).await;
    assert!(
        found.contains(&Breach::Changed) && found.contains(&Breach::Repeated),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_records_die_with_it_is_found_out() {
    let found = breaches(Sabotage::Forgetful, Moment::exact).await;
    assert!(
        found.contains(&Breach::Changed) && found.contains(&Breach::Repeated),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_takes_over_within_a_lease_is_found_out() {
    let found = breaches(Sabotage::Hasty, Moment::exact).await;
    assert!(found.contains(&Breach::Overlap), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_completes_without_a_condition_is_found_out() {
    let found = breaches(Sabotage::Careless, Moment::before_a_request).await;
    assert!(found.contains(&Breach::Changed), "{found:?}");
}
