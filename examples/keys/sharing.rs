//! Keys that several events share.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Result;

use serde::Serialize;
use serde_json::Value;

use crate::difference::Differences;
use crate::progress::Progress;
use crate::route::Route;
use crate::source::Source;
use crate::spool::{Sighting, Sorted};

/// How many events of one key are compared with the first one though it is known already that some differ.
const COMPARED: u64 = 100;
/// How many places of a group are named.
const PLACES: usize = 8;
/// How many groups are named.
const GROUPS: usize = 10;
/// How many routes are counted.
const ROUTES: usize = 1_000;

/// How the events of one key differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Verdict {
    /// Not at all.
    Equal,
    /// Only in what changes on every delivery, or is not in the fingerprint.
    Alike,
    /// In more than that.
    Differ,
}

/// The events of one key.
pub(crate) struct Group {
    pub(crate) id: [u8; 16],
    pub(crate) events: u64,
    /// The first places, as source and line.
    pub(crate) places: Vec<(u32, u64)>,
    pub(crate) verdict: Verdict,
    /// Where they differ and should not.
    pub(crate) differ: Vec<Route>,
}

/// In how many pairs of events that share a key a value differs.
#[derive(Default)]
pub(crate) struct Changed {
    pub(crate) pairs: u64,
    pub(crate) is_volatile: bool,
}

/// What keys are shared, and whether they should be.
#[derive(Default)]
pub(crate) struct Sharing {
    /// Distinct keys.
    pub(crate) keys: u64,
    /// Keys of several events.
    pub(crate) shared: u64,
    /// Events of these keys.
    pub(crate) events: u64,
    /// Keys by [`Verdict`].
    pub(crate) verdicts: [u64; 3],
    /// The largest groups and, first of all, those that differ.
    pub(crate) groups: Vec<Group>,
    /// Pairs that were compared.
    pub(crate) pairs: u64,
    pub(crate) changed: BTreeMap<Route, Changed>,
}

impl Sharing {
    /// Looks at all keys. `by_fingerprint`: events of one key differ when their fingerprints do.
    pub(crate) fn of(
        mut sightings: Sorted,
        sources: &mut [Source],
        by_fingerprint: bool,
        progress: &Progress,
    ) -> Result<Self> {
        let mut sharing = Self::default();
        let mut next = sightings.next()?;
        while let Some(first) = next {
            progress.advance(1);
            sharing.keys += 1;
            let mut group: Option<(Group, Value)> = None;
            loop {
                next = sightings.next()?;
                let Some(other) = next.filter(|other| other.id == first.id) else {
                    break;
                };
                progress.advance(1);
                let (group, value) = match &mut group {
                    Some(group) => group,
                    none => none.insert((Group::new(&first), read(sources, &first)?)),
                };
                group.add(&other);
                let is_mismatch = by_fingerprint && other.fingerprint != first.fingerprint;
                if is_mismatch {
                    group.verdict = Verdict::Differ;
                }
                if group.verdict != Verdict::Differ || group.events <= COMPARED {
                    let differences = Differences::of(value, &read(sources, &other)?);
                    sharing.note(group, differences, by_fingerprint, is_mismatch);
                }
            }
            if let Some((group, _)) = group {
                sharing.keep(group);
            }
        }
        Ok(sharing)
    }

    fn note(
        &mut self,
        group: &mut Group,
        differences: Differences,
        by_fingerprint: bool,
        is_mismatch: bool,
    ) {
        self.pairs += 1;
        let verdict = if is_mismatch || !(by_fingerprint || differences.other.is_empty()) {
            Verdict::Differ
        } else if differences.is_empty() {
            Verdict::Equal
        } else {
            Verdict::Alike
        };
        group.verdict = group.verdict.max(verdict);
        for route in &differences.other {
            if verdict == Verdict::Differ
                && group.differ.len() < PLACES
                && !group.differ.contains(route)
            {
                group.differ.push(route.clone());
            }
        }
        for (routes, is_volatile) in [(differences.volatile, true), (differences.other, false)] {
            for route in routes {
                if self.changed.len() < ROUTES || self.changed.contains_key(&route) {
                    let changed = self.changed.entry(route).or_default();
                    changed.pairs += 1;
                    changed.is_volatile |= is_volatile;
                }
            }
        }
    }

    fn keep(&mut self, group: Group) {
        self.shared += 1;
        self.events += group.events;
        self.verdicts[group.verdict as usize] += 1;
        self.groups.push(group);
        if self.groups.len() > 16 * GROUPS {
            self.sort();
        }
    }

    /// Brings the groups into order, and drops what will not be named.
    pub(crate) fn sort(&mut self) {
        self.groups.sort_by_key(|group| {
            let differ = group.verdict == Verdict::Differ;
            (
                !differ,
                Reverse(group.events),
                group.places.first().copied(),
            )
        });
        self.groups.truncate(GROUPS);
    }
}

impl Group {
    fn new(first: &Sighting) -> Self {
        Self {
            id: first.id,
            events: 1,
            places: vec![(first.source, first.span.line)],
            verdict: Verdict::Equal,
            differ: Vec::new(),
        }
    }

    fn add(&mut self, sighting: &Sighting) {
        self.events += 1;
        if self.places.len() < PLACES {
            self.places.push((sighting.source, sighting.span.line));
        }
    }
}

fn read(sources: &mut [Source], sighting: &Sighting) -> Result<Value> {
    let span = sighting.span;
    let bytes = sources[sighting.source as usize].again(span.offset, span.length)?;
    serde_json::from_slice(&bytes).map_err(|_| std::io::Error::other("the file changed meanwhile"))
}
