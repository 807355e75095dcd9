//! From what was read to what is said about it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use idem_lambda::key::{Expression, volatile};

use crate::candidate;
use crate::lacking::Lacking;
use crate::report::{At, Candidate, Group, Key, Malformed, Reason, Report, Shared, Volatile};
use crate::route::Route;
use crate::sharing::{Sharing, Verdict};
use crate::source::Source;
use crate::survey::Survey;

/// How many volatile values are named.
const VOLATILE: usize = 30;
/// How many parts a suggested fingerprint has.
const PARTS: usize = 3;
/// With so many pairs that differ in one place, that place is suspicious.
const PAIRS: u64 = 3;

/// All that was read.
pub(crate) struct Findings<'f> {
    pub(crate) sources: &'f [Source],
    pub(crate) malformed: Malformed,
    pub(crate) survey: Survey,
    pub(crate) key: Option<Expression>,
    pub(crate) fingerprint: Option<Expression>,
    pub(crate) sharing: Sharing,
    pub(crate) lacking: Lacking,
}

impl Findings<'_> {
    pub(crate) fn report(mut self) -> Report {
        self.sharing.sort();
        let notes = self.notes();
        let candidates = candidate::suggest(&self.survey);
        let best = candidates.first().map(|best| &best.place.route);
        Report {
            ok: self.malformed.count == 0
                && self.lacking.events == 0
                && self.sharing.verdicts[Verdict::Differ as usize] == 0,
            events: self.survey.events(),
            key: self.key.map(|key| self.key(&key, best)),
            volatile: self.volatile(best),
            candidates: candidates
                .iter()
                .map(|candidate| Candidate {
                    key: candidate.place.route.to_string(),
                    events: candidate.place.scalars,
                    distinct: candidate.distinct,
                    exact: candidate.place.distinct.is_exact(),
                    why: candidate.why,
                })
                .collect(),
            notes,
            malformed: self.malformed,
        }
    }

    fn key(&self, key: &Expression, best: Option<&Route>) -> Key {
        let sharing = &self.sharing;
        let groups = sharing.groups.iter().map(|group| Group {
            id: format!("{:012x}", u128::from_be_bytes(group.id) >> 80),
            events: group.events,
            first: self.at(&group.places),
            verdict: group.verdict,
            differ: group.differ.iter().map(Route::to_string).collect(),
        });
        let reasons = self.lacking.reasons.iter().map(|(why, reason)| Reason {
            why: why.clone(),
            events: reason.events,
            first: self.at(&reason.places),
        });
        let [equal, alike, differ] = sharing.verdicts;
        Key {
            expression: key.to_string(),
            fingerprint: self.fingerprint.map(|fingerprint| fingerprint.to_string()),
            distinct: sharing.keys,
            shared: Shared {
                keys: sharing.shared,
                events: sharing.events,
                equal,
                alike,
                differ,
                groups: groups.collect(),
            },
            lacking: reasons.collect(),
            suggested_fingerprint: self.suggested_fingerprint(best),
        }
    }

    fn at(&self, places: &[(u32, u64)]) -> Vec<At> {
        let at = places.iter().map(|&(source, line)| At {
            file: self.sources[source as usize].name().to_owned(),
            line,
        });
        at.collect()
    }

    /// Of what differs where it should not, is there in all events and does not look volatile.
    fn suggested_fingerprint(&self, best: Option<&Route>) -> Option<String> {
        if self.fingerprint.is_some() || self.sharing.verdicts[Verdict::Differ as usize] == 0 {
            return None;
        }
        let lasts = |route: &Route| {
            let place = self.survey.scalars().find(|place| place.route == *route);
            place.is_some_and(|place| {
                place.scalars == self.survey.events()
                    && (best == Some(route) || !place.changes_alone())
            })
        };
        let changed = self.sharing.changed.iter();
        let mut parts: Vec<_> = changed
            .filter(|(route, changed)| !changed.is_volatile && !route.is_header() && lasts(route))
            .collect();
        parts.sort_by_key(|(_, changed)| Reverse(changed.pairs));
        let parts: Vec<_> = parts
            .into_iter()
            .take(PARTS)
            .map(|(route, _)| route.to_string())
            .collect();
        match parts.as_slice() {
            [] => None,
            [part] => Some(part.clone()),
            parts => Some(format!("({})", parts.join(", "))),
        }
    }

    /// What looks volatile; `best` is the best candidate, which changes alone by right.
    fn volatile(&self, best: Option<&Route>) -> Vec<Volatile> {
        let pairs = self.sharing.pairs;
        let mut found = BTreeMap::new();
        for place in self.survey.scalars() {
            let route = &place.route;
            let time = place.changes_as_time();
            let alone = place.changes_alone() && best != Some(route);
            if place.is_volatile || time || alone {
                let volatile = Volatile::new(route, time, alone, pairs);
                found.insert(route.to_string(), volatile);
            }
        }
        for (route, changed) in &self.sharing.changed {
            let path = route.to_string();
            let often = pairs >= PAIRS && changed.pairs * 5 >= pairs * 4;
            if changed.is_volatile || often || found.contains_key(&path) {
                let new = || Volatile::new(route, changed.is_volatile, false, pairs);
                let volatile = found.entry(path).or_insert_with(new);
                volatile.differs = volatile.differs.max(changed.pairs);
            }
        }
        let mut found: Vec<Volatile> = found.into_values().collect();
        found.sort_by_key(|volatile| (Reverse(volatile.differs), !volatile.known));
        found.truncate(VOLATILE);
        found
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut paths = Vec::new();
        for expression in self.key.iter().chain(&self.fingerprint) {
            parts(expression, &mut paths);
        }
        for part in paths {
            match part {
                Expression::RequestId => notes.push(
                    "a file of events has no request ids: what depends on `request_id` has no key here".to_owned(),
                ),
                Expression::Header(name) => {
                    notes.extend(volatile::of_header(name).map(|volatile| changes(&volatile)));
                }
                part => notes.extend(volatile::of_path(&part.to_string()).map(|volatile| changes(&volatile))),
            }
        }
        let [list, records] = self.survey.batches();
        if records > 1 {
            notes.push(format!(
                "events hold up to {records} records: one key for a whole batch is right only at a batch size of 1; \
                 guard each record by itself"
            ));
        }
        if list > 0 {
            notes.push(
                "there are events that are lists; split a list of events with `jq -c '.[]'`"
                    .to_owned(),
            );
        }
        if self.survey.is_partial() {
            notes.push(
                "the events hold values in very many places; not all were looked at".to_owned(),
            );
        }
        notes
    }
}

fn changes(volatile: &volatile::Volatile) -> String {
    format!(
        "`{}` changes on every delivery: no second event has the same; use `{}`",
        volatile.name, volatile.better
    )
}

/// The parts of an expression that look at the event itself.
fn parts<'e>(expression: &'e Expression, found: &mut Vec<&'e Expression>) {
    match expression {
        Expression::Json(source, _) | Expression::Base64(source) => parts(source, found),
        Expression::Tuple(tuple) => tuple.iter().for_each(|part| parts(part, found)),
        part => found.push(part),
    }
}

impl Volatile {
    fn new(route: &Route, time: bool, alone: bool, pairs: u64) -> Self {
        let known = route.is_volatile();
        Self {
            path: route.to_string(),
            known,
            time: time && !known,
            alone,
            differs: 0,
            pairs,
        }
    }
}
