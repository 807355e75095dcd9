//! From what was read to what is said about it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use idem_lambda::key::{Expression, volatile};

use crate::candidate;
use crate::event::SPLIT;
use crate::given::{Given, Part};
use crate::lacking::Lacking;
use crate::report::{At, Candidate, Group, Key, Malformed, Reason, Report, Shared, Volatile};
use crate::route::Route;
use crate::sharing::{Changed, Sharing, Verdict};
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
    pub(crate) key: Option<Given>,
    pub(crate) fingerprint: Option<Given>,
    pub(crate) sharing: Sharing,
    pub(crate) lacking: Lacking,
}

impl Findings<'_> {
    pub(crate) fn report(mut self) -> Report {
        self.sharing.sort();
        let notes = self.notes();
        let candidates = candidate::suggest(&self.survey);
        let best = candidates.first().map(|best| &best.place.route);
        let problems = self.problems(best);
        let volatile = self.volatile(best);
        Report {
            ok: problems.is_empty()
                && self.malformed.count == 0
                && self.lacking.events == 0
                && self.sharing.verdicts[Verdict::Differ as usize] == 0,
            events: self.survey.events(),
            key: self.key.as_ref().map(|key| self.key(key, best, &volatile)),
            volatile,
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
            problems,
            malformed: self.malformed,
        }
    }

    fn key(&self, key: &Given, best: Option<&Route>, volatile: &[Volatile]) -> Key {
        let sharing = &self.sharing;
        let groups = sharing.groups.iter().map(|group| Group {
            id: format!("{:012x}", u128::from_be_bytes(group.id) >> 80),
            events: group.events,
            first: self.at(&group.places),
            verdict: group.verdict,
            differ: shown(&group.differ),
        });
        let reasons = self.lacking.reasons.iter().map(|(why, reason)| Reason {
            why: why.clone(),
            events: reason.events,
            first: self.at(&reason.places),
        });
        let [equal, alike, differ] = sharing.verdicts;
        Key {
            expression: key.text.clone(),
            fingerprint: self.fingerprint.as_ref().map(|given| given.text.clone()),
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
            suggested_fingerprint: self.suggested_fingerprint(best, volatile),
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
    fn suggested_fingerprint(&self, best: Option<&Route>, volatile: &[Volatile]) -> Option<String> {
        if self.fingerprint.is_some() || self.sharing.verdicts[Verdict::Differ as usize] == 0 {
            return None;
        }
        let lasts = |route: &Route| {
            let place = self.survey.scalars().find(|place| place.route == *route);
            let looks_volatile = || {
                let shown = route.to_string();
                volatile.iter().any(|volatile| volatile.path == shown)
            };
            place.is_some_and(|place| {
                place.scalars == self.survey.events()
                    && (best == Some(route) || !place.changes_alone() && !looks_volatile())
            })
        };
        let changed = self.sharing.changed.iter();
        let mut parts: Vec<_> = changed
            .filter(|(route, changed)| !changed.is_volatile && !route.is_context() && lasts(route))
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
        let often = |changed: &Changed| pairs >= PAIRS && changed.pairs * 5 >= pairs * 4;
        // Where the best candidate differs, the key is too coarse, and other differences tell nothing.
        let is_coarse = best.is_some_and(|best| self.sharing.changed.get(best).is_some_and(often));
        for (route, changed) in &self.sharing.changed {
            let path = route.to_string();
            if changed.is_volatile || (!is_coarse && often(changed)) || found.contains_key(&path) {
                let new = || {
                    let time = changed.is_volatile && !route.is_of_attempt();
                    Volatile::new(route, time, false, pairs)
                };
                let volatile = found.entry(path).or_insert_with(new);
                volatile.differs = volatile.differs.max(changed.pairs);
            }
        }
        let mut found: Vec<Volatile> = found.into_values().collect();
        found.sort_by_key(|volatile| (Reverse(volatile.differs), !volatile.known));
        found.truncate(VOLATILE);
        found
    }

    /// What makes the key wrong whatever the counts are.
    fn problems(&self, best: Option<&Route>) -> Vec<String> {
        let mut problems = Vec::new();
        if self.survey.events() == 0 {
            problems.push("there are no events".to_owned());
        }
        for part in self.key.iter().flat_map(|key| &key.parts) {
            problems.extend(self.change(part, best, true));
            let items = Route::of(&part.expression).map_or(0, |route| self.survey.longest(&route));
            if items > 1 {
                problems.push(format!(
                    "`{}` takes one item of a list of up to {items}, and the others go with it; guard each item by itself",
                    part.expression
                ));
            }
        }
        for part in self.fingerprint.iter().flat_map(|given| &given.parts) {
            problems.extend(self.change(part, best, false));
        }
        problems
    }

    /// Why a part is another one the next time, though it should not be.
    fn change(&self, part: &Part, best: Option<&Route>, is_key: bool) -> Option<String> {
        if part.insists {
            return None;
        }
        let known = match source(&part.expression) {
            Expression::Header(name) => volatile::of_header(name),
            Expression::Path(path) => volatile::of_path(&Expression::Path(*path).to_string()),
            _ => None,
        };
        let why = match &known {
            Some(known) if known.is_within => {
                format!(
                    "it can hold `{}`, which changes on every delivery",
                    known.name
                )
            }
            Some(known) => format!("`{}` changes on every delivery", known.name),
            None => {
                let why = self.looks_volatile(&Route::of(&part.expression)?, best)?;
                format!("`{}` {why}", part.expression)
            }
        };
        let instead = match known {
            Some(known) if is_key => format!("use `{}`", known.better),
            _ => "take what stays".to_owned(),
        };
        Some(format!("{why}; {instead}, or insist with `volatile(..)`"))
    }

    fn looks_volatile(&self, route: &Route, best: Option<&Route>) -> Option<&'static str> {
        // One header may stand in two places.
        let shown = route.to_string();
        let places = self.survey.scalars();
        let mut places = places.filter(|place| place.route.to_string() == shown);
        places.find_map(|place| {
            if place.changes_as_time() {
                Some("is a time that every event has of its own")
            } else if place.changes_alone() && best != Some(&place.route) {
                Some("changes though all else is equal")
            } else {
                None
            }
        })
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let given = self.key.iter().chain(&self.fingerprint);
        let mut parts = given.flat_map(|given| &given.parts);
        if parts.any(|part| matches!(source(&part.expression), Expression::RequestId)) {
            notes.push(
                "a file of events has no request ids: what depends on `request_id` has no key here"
                    .to_owned(),
            );
        }
        let [list, records] = self.survey.batches();
        if records > 1 {
            notes.push(format!(
                "events hold up to {records} records: one key for a whole batch is right only at a batch size of 1; \
                 guard each record by itself"
            ));
        }
        if list > 0 {
            notes.push(format!("there are events that are lists; {SPLIT}"));
        }
        if self.survey.is_partial() {
            notes.push(
                "the events hold values in very many places; not all were looked at".to_owned(),
            );
        }
        notes
    }
}

/// What of an expression looks at the event itself.
fn source(expression: &Expression) -> &Expression {
    match expression {
        Expression::Json(inner, _) | Expression::Base64(inner) => source(inner),
        expression => expression,
    }
}

/// Each once.
fn shown(routes: &[Route]) -> Vec<String> {
    let mut shown = Vec::new();
    for route in routes.iter().map(Route::to_string) {
        if !shown.contains(&route) {
            shown.push(route);
        }
    }
    shown
}

impl Volatile {
    fn new(route: &Route, time: bool, alone: bool, pairs: u64) -> Self {
        let known = route.is_volatile();
        Self {
            path: route.to_string(),
            known,
            time: time && !known,
            attempt: route.is_of_attempt(),
            alone,
            differs: 0,
            pairs,
        }
    }
}
