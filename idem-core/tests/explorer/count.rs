//! How many schedules lead through the states of a scenario.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use stateright::Model;

use super::scenario::Scenario;
use super::shared::hash;
use super::turn::next;
use super::world::World;

/// How many schedules there are: ways from a start to where nothing can happen any more. `f64`, because they are many.
pub(crate) struct Counted {
    pub(crate) states: usize,
    pub(crate) schedules: f64,
    pub(crate) longest: u32,
}

pub(crate) fn count(scenario: &Scenario) -> Counted {
    let mut known = HashMap::with_hasher(BuildHasherDefault::<Fingerprint>::default());
    let mut total = Counted {
        states: 0,
        schedules: 0.0,
        longest: 0,
    };
    for start in scenario.init_states() {
        let (schedules, longest) = from(scenario, &start, &mut known);
        total.schedules += schedules;
        total.longest = total.longest.max(longest);
    }
    total.states = known.len();
    total
}

type Known = HashMap<u64, (f64, u32), BuildHasherDefault<Fingerprint>>;

/// No state comes back to itself: each action uses something up. So this ends.
fn from(scenario: &Scenario, world: &World, known: &mut Known) -> (f64, u32) {
    let fingerprint = hash(world);
    if let Some(counted) = known.get(&fingerprint) {
        return *counted;
    }
    let mut actions = Vec::new();
    scenario.actions(world, &mut actions);
    let mut schedules = 0.0;
    let mut longest = 0;
    for action in actions {
        if let Some(next) = next(scenario, world, action) {
            let (more, length) = from(scenario, &next, known);
            schedules += more;
            longest = longest.max(length + 1);
        }
    }
    // Where nothing can happen, one schedule ends.
    let counted = (if longest == 0 { 1.0 } else { schedules }, longest);
    known.insert(fingerprint, counted);
    counted
}

/// Hashes what is a hash.
#[derive(Default)]
struct Fingerprint(u64);

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
}
