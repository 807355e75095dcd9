//! Values that change although all else is equal.

use std::collections::BTreeMap;

/// How many events are kept in mind.
const KEPT: usize = 1 << 8;
/// It takes so many to tell.
const TELLING: usize = 3;

/// Tells whether a value differs between events that are equal but for it: a sample of the events, each by the hash of
/// all else, with the value's hash and whether there was another one.
#[derive(Default)]
pub(crate) struct Alone(BTreeMap<u64, (u64, bool)>);

impl Alone {
    pub(crate) fn insert(&mut self, rest: u64, value: u64) {
        if self.0.len() == KEPT
            && self
                .0
                .last_key_value()
                .is_some_and(|(last, _)| rest > *last)
        {
            return;
        }
        let (first, differs) = self.0.entry(rest).or_insert((value, false));
        *differs |= *first != value;
        if self.0.len() > KEPT {
            self.0.pop_last();
        }
    }

    /// Whether it changes alone, and not just by chance.
    pub(crate) fn changes(&self) -> bool {
        self.0.values().filter(|(_, differs)| *differs).count() >= TELLING
    }
}
