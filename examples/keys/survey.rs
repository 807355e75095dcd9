//! What stands where in the events.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::alone::Alone;
use crate::distinct::Distinct;
use crate::route::{Route, Step};
use crate::text;

/// How many places are looked at.
const PLACES: usize = 2_000;
/// An object with more names than this has data for names.
const NAMES: usize = 64;
const ROOT: usize = 0;

/// What stands where in the events, in bounded memory.
pub(crate) struct Survey {
    places: Vec<Place>,
    events: u64,
    /// What the event at hand has, but for times and what is known to change.
    values: Vec<Seen>,
}

/// A place in the events, and what was found there.
#[derive(Default)]
pub(crate) struct Place {
    pub(crate) route: Route,
    /// Known to change on every delivery.
    pub(crate) is_volatile: bool,
    /// The longest list here.
    items: usize,
    /// How many events have a text or an integer here, which is not empty.
    pub(crate) scalars: u64,
    /// How many have a time.
    pub(crate) times: u64,
    pub(crate) distinct: Distinct,
    alone: Alone,
    /// The last event that had something here, counted from 1: each counts once.
    last: u64,
    names: BTreeMap<String, usize>,
    others: BTreeMap<Step, usize>,
}

/// A value that was seen.
struct Seen {
    place: usize,
    hash: u64,
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            places: vec![Place::default()],
            events: 0,
            values: Vec::new(),
        }
    }
}

impl Survey {
    pub(crate) fn add(&mut self, event: &Value) {
        self.events += 1;
        self.values.clear();
        self.value(ROOT, "", event);
        let values = self.values.iter();
        let whole = values.fold(0_u64, |sum, seen| sum.wrapping_add(seen.hash));
        for seen in &self.values {
            let rest = whole.wrapping_sub(seen.hash);
            self.places[seen.place].alone.insert(rest, seen.hash);
        }
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// The places that have held texts or integers.
    pub(crate) fn scalars(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.scalars > 0)
    }

    /// The length of the longest event that is a list, and of the longest list of records.
    pub(crate) fn batches(&self) -> [usize; 2] {
        let root = &self.places[ROOT];
        let records = root.names.get("Records");
        [root.items, records.map_or(0, |at| self.places[*at].items)]
    }

    /// The length of the longest list of which `route` takes one item.
    pub(crate) fn longest(&self, route: &Route) -> usize {
        let mut at = Some(ROOT);
        let mut longest = 0;
        for step in route.steps() {
            let Some(place) = at.map(|at| &self.places[at]) else {
                break;
            };
            if matches!(step, Step::First | Step::Rest) {
                longest = longest.max(place.items);
            }
            let named = match step {
                Step::Name(name) => place.names.get(name),
                _ => None,
            };
            at = named.or_else(|| place.others.get(step)).copied();
        }
        longest
    }

    /// Whether there was more in the events than was looked at.
    pub(crate) fn is_partial(&self) -> bool {
        self.places.len() == PLACES
    }

    /// Walks through `value`, a member of this name.
    fn value(&mut self, at: usize, name: &str, value: &Value) {
        match value {
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => match text::inner(text) {
                Some((steps, inner)) => {
                    let mut at = Some(at);
                    for step in steps {
                        at = at.and_then(|at| self.other(at, step));
                    }
                    if let Some(at) = at {
                        self.value(at, "", &inner);
                    }
                }
                None => self.scalar(at, name, value),
            },
            Value::Number(number) if !number.is_f64() => self.scalar(at, name, value),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                self.see(at, value, false);
            }
            Value::Array(items) => {
                let place = &mut self.places[at];
                place.items = place.items.max(items.len());
                let Some((first, rest)) = items.split_first() else {
                    return;
                };
                if let Some(first_at) = self.other(at, &Step::First) {
                    self.value(first_at, name, first);
                }
                if !rest.is_empty() {
                    self.see(at, rest, false);
                }
            }
            Value::Object(members) => {
                let is_headers = self.places[at].route.is_headers();
                for (name, value) in members {
                    let lower = (is_headers && name.contains(|c: char| c.is_ascii_uppercase()))
                        .then(|| name.to_ascii_lowercase());
                    let name = lower.as_ref().unwrap_or(name);
                    if let Some(at) = self.member(at, name) {
                        self.value(at, name, value);
                    }
                }
            }
        }
    }

    fn scalar(&mut self, at: usize, name: &str, value: &Value) {
        let is_time = text::is_time(name, value);
        let hash = self.see(at, value, is_time);
        let place = &mut self.places[at];
        let is_first = place.last < self.events;
        place.last = self.events;
        if is_first {
            place.scalars += 1;
            if is_time {
                place.times += 1;
            }
        }
        place.distinct.insert(hash);
    }

    /// Notes a value, and gives its hash.
    fn see<T: Hash + ?Sized>(&mut self, place: usize, value: &T, is_time: bool) -> u64 {
        let mut hasher = DefaultHasher::new();
        place.hash(&mut hasher);
        value.hash(&mut hasher);
        let hash = hasher.finish();
        if !is_time && !self.places[place].is_volatile {
            self.values.push(Seen { place, hash });
        }
        hash
    }

    /// The place of a member, if it is looked at.
    fn member(&mut self, at: usize, name: &str) -> Option<usize> {
        let names = &self.places[at].names;
        if let Some(at) = names.get(name) {
            return Some(*at);
        }
        let step = Step::name(name);
        if step == Step::AnyName || names.len() == NAMES {
            return self.other(at, &Step::AnyName);
        }
        let new = self.place(at, step)?;
        self.places[at].names.insert(name.to_owned(), new);
        Some(new)
    }

    fn other(&mut self, at: usize, step: &Step) -> Option<usize> {
        if let Some(at) = self.places[at].others.get(step) {
            return Some(*at);
        }
        let new = self.place(at, step.clone())?;
        self.places[at].others.insert(step.clone(), new);
        Some(new)
    }

    fn place(&mut self, at: usize, step: Step) -> Option<usize> {
        if self.is_partial() {
            return None;
        }
        let mut route = self.places[at].route.clone();
        route.push(step);
        self.places.push(Place {
            is_volatile: route.is_volatile(),
            route,
            ..Place::default()
        });
        Some(self.places.len() - 1)
    }
}

impl Place {
    /// Whether nearly every event has a value of its own here.
    fn is_unique(&self) -> bool {
        self.scalars >= 3 && self.distinct.count() * 10 >= self.scalars * 9
    }

    /// Whether the value of each event differs even if all else in two events is equal.
    pub(crate) fn changes_alone(&self) -> bool {
        self.is_unique() && self.alone.changes()
    }

    /// Whether each event has a time of its own here.
    pub(crate) fn changes_as_time(&self) -> bool {
        self.is_unique() && self.is_time()
    }

    /// Whether what is here is mostly a time.
    pub(crate) fn is_time(&self) -> bool {
        self.times * 2 > self.scalars
    }
}
