//! Events without a key.

use std::collections::BTreeMap;

use idem_lambda::key::KeyError;

/// How many reasons are told apart.
const REASONS: usize = 20;
/// How many places of each are named.
const PLACES: usize = 8;

/// Events without a key, by the reason.
#[derive(Default)]
pub(crate) struct Lacking {
    pub(crate) events: u64,
    pub(crate) reasons: BTreeMap<String, Reason>,
}

#[derive(Default)]
pub(crate) struct Reason {
    pub(crate) events: u64,
    /// The first ones, as source and line.
    pub(crate) places: Vec<(u32, u64)>,
}

impl Lacking {
    /// Notes an event; `subject` is how the error's message starts.
    pub(crate) fn add(&mut self, error: &KeyError, subject: &str, source: u32, line: u64) {
        self.events += 1;
        let text = error.to_string();
        // A message names parts and nodes, never values.
        let reason = text.strip_prefix(subject).unwrap_or(&text);
        let reason = match reason.trim_start_matches([',', ':', ' ']) {
            reason if self.reasons.len() < REASONS || self.reasons.contains_key(reason) => reason,
            _ => "other reasons",
        };
        let reason = self.reasons.entry(reason.to_owned()).or_default();
        reason.events += 1;
        if reason.places.len() < PLACES {
            reason.places.push((source, line));
        }
    }
}
