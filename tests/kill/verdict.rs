//! What became of the keys, held against what is promised.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use idem_lambda::clock::UnixMillis;

use crate::emulator::{Found, State};
use crate::ledger::Effect;
use crate::moment::Phase;
use crate::worker::{End, LEASE, MARGIN, Receipt, is_transfer};

/// How a promise can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Breach {
    /// A caller saw another result than the one before, or than the one that was recorded.
    Changed,
    /// An effect is not that of the key's result, and no kill came between it and its record.
    Repeated,
    /// A result has no effect, or has two.
    Missing,
    /// A key has no result though every lease is over, or was refused past its lease.
    Stuck,
    /// A handler began while the lease of another execution and the margin were not over.
    Overlap,
    /// What was to be committed with the record was not, or not once.
    Committed,
    /// A call ended with an error that nothing here is a reason for.
    Refused,
}

/// All that was seen of the keys.
#[derive(Default)]
pub(crate) struct Verdict {
    kills: BTreeMap<Phase, usize>,
    /// Each with its key.
    pub(crate) breaches: BTreeSet<(Breach, String)>,
    /// What callers saw first, by key.
    results: BTreeMap<String, Receipt>,
    /// Effects whose process was killed before they were recorded.
    unrecorded: BTreeSet<Effect>,
    /// Those that were recorded, though no caller was told, by key.
    recorded: BTreeMap<String, Effect>,
    repeats: usize,
    replays: usize,
    refused: usize,
    late: usize,
}

impl Verdict {
    pub(crate) fn has_result(&self, key: &str) -> bool {
        self.results.contains_key(key)
    }

    pub(crate) fn killed(&self) -> usize {
        self.kills.values().sum()
    }

    fn breach(&mut self, breach: Breach, key: &str) {
        self.breaches.insert((breach, key.to_owned()));
    }

    /// A handler began at `now`; what an earlier process holds was free from `free_at` on.
    pub(crate) fn began(&mut self, key: &str, now: UnixMillis, free_at: Option<UnixMillis>) {
        if free_at.is_some_and(|free_at| now < free_at) {
            self.breach(Breach::Overlap, key);
        }
    }

    /// A caller saw this at `now`.
    pub(crate) fn ended(
        &mut self,
        key: &str,
        now: UnixMillis,
        free_at: Option<UnixMillis>,
        end: End,
    ) {
        match end {
            End::Result(receipt) => match self.results.get(key) {
                Some(first) if *first == receipt => self.replays += 1,
                Some(_) => self.breach(Breach::Changed, key),
                None => {
                    let recorded = self.recorded.get(key);
                    if recorded.is_some_and(|recorded| *recorded != receipt.effect) {
                        self.breach(Breach::Changed, key);
                    }
                    self.results.insert(key.to_owned(), receipt);
                }
            },
            End::InProgress if free_at.is_some_and(|free_at| now < free_at) => self.refused += 1,
            End::InProgress => self.breach(Breach::Stuck, key),
            End::Unconfirmed => {}
            End::Error(error) => {
                self.breach(Breach::Refused, &format!("{key}: {error}"));
            }
        }
    }

    /// A request arrived whose process was dead.
    pub(crate) fn arrived_late(&mut self) {
        self.late += 1;
    }

    /// A process was killed in this phase `of` the call that would have this effect.
    pub(crate) fn was_killed(&mut self, phase: Phase, of: Option<Effect>) {
        *self.kills.entry(phase).or_default() += 1;
        match (phase, of) {
            (Phase::BeforeCompletion, Some(effect)) => _ = self.unrecorded.insert(effect),
            (Phase::BeforeReply, Some(effect)) => {
                self.recorded.insert(effect.key.clone(), effect);
            }
            _ => {}
        }
    }

    /// After the last call.
    pub(crate) fn close(
        &mut self,
        keys: &[String],
        ledger: &[Effect],
        committed: &HashMap<String, u64>,
    ) {
        for key in keys {
            let Some(effect) = self.results.get(key).map(|receipt| receipt.effect.clone()) else {
                self.breach(Breach::Stuck, key);
                continue;
            };
            let effects = ledger.iter().filter(|of_key| of_key.key == *key);
            let (own, others): (Vec<_>, Vec<_>) = effects.partition(|of_key| **of_key == effect);
            if own.len() != 1 {
                self.breach(Breach::Missing, key);
            }
            for other in others {
                if self.unrecorded.contains(other) {
                    self.repeats += 1;
                } else {
                    self.breach(Breach::Repeated, key);
                }
            }
            let times = committed.get(key).copied().unwrap_or_default();
            if times != u64::from(is_transfer(key)) {
                self.breach(Breach::Committed, key);
            }
        }
    }
}

/// When the claim is over that stands in the table: by the time of the run that sent it, not by what the record says.
pub(crate) fn free_at(found: Option<&Found>, times: &[UnixMillis]) -> Option<UnixMillis> {
    let found = found.filter(|found| found.state == State::InProgress)?;
    let claimed_at = times[usize::try_from(found.claimed_by.0).unwrap()];
    Some(claimed_at.after(LEASE).after(MARGIN))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |count: usize, what: &str| writeln!(f, "{count:>6} {what}");
        for phase in Phase::ALL {
            let kills = self.kills.get(&phase).copied().unwrap_or_default();
            row(kills, &format!("killed {phase}"))?;
        }
        row(self.killed(), "killed in all")?;
        row(self.results.len(), "keys, each with one result")?;
        row(
            self.repeats,
            "effects repeated after a kill between effect and completion",
        )?;
        row(
            self.late,
            "requests that arrived when their process was dead",
        )?;
        row(
            self.refused,
            "calls refused while a dead process held the lease",
        )?;
        row(self.replays, "results seen again")?;
        let of = |breach| self.breaches.iter().filter(move |(of, _)| *of == breach);
        row(of(Breach::Stuck).count(), "keys stuck")?;
        row(of(Breach::Changed).count(), "results changed")?;
        row(self.breaches.len(), "promises broken in all")
    }
}
