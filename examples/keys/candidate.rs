//! What could be the key.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::survey::{Place, Survey};
use crate::text;

/// So many events must differ before a value is suggested only because it differs.
const MANY: u64 = 10;
/// What a name as an id counts.
const ID: i64 = 40;
/// How many are suggested.
const SUGGESTED: usize = 5;

/// Last words of names for what tells one thing from another.
const NAMES: &[&str] = &[
    "guid",
    "id",
    "key",
    "no",
    "nr",
    "number",
    "ref",
    "reference",
    "sequencer",
    "uuid",
];
/// Words of what is done once.
const THINGS: &[&str] = &[
    "booking",
    "charge",
    "event",
    "invoice",
    "job",
    "message",
    "order",
    "payment",
    "purchase",
    "refund",
    "shipment",
    "transaction",
    "transfer",
];
/// Words of who does it, and with what: one of them does many things.
const OTHERS: &[&str] = &[
    "access",
    "account",
    "actor",
    "api",
    "app",
    "client",
    "configuration",
    "connection",
    "correlation",
    "customer",
    "device",
    "domain",
    "group",
    "owner",
    "parent",
    "partition",
    "pool",
    "principal",
    "product",
    "request",
    "resource",
    "route",
    "sender",
    "session",
    "sku",
    "source",
    "span",
    "stage",
    "sub",
    "tenant",
    "trace",
    "user",
    "version",
];

/// What could be the key.
pub(crate) struct Candidate<'s> {
    pub(crate) place: &'s Place,
    pub(crate) distinct: u64,
    pub(crate) why: &'static str,
    /// How much its name says.
    named: i64,
    score: i64,
}

/// The best ones, the best first. What changes while all else is equal is none, unless it is the best; nor is what only
/// differs, where there is an id.
pub(crate) fn suggest(survey: &Survey) -> Vec<Candidate<'_>> {
    let places = survey.scalars();
    let mut candidates: Vec<_> = places
        .filter_map(|place| Candidate::new(place, survey))
        .collect();
    candidates.sort_by_key(|candidate| {
        let route = &candidate.place.route;
        (Reverse(candidate.score), route.depth(), route)
    });
    let has_id = candidates.first().is_some_and(|best| best.named >= ID);
    let mut keys = BTreeSet::new();
    candidates.retain(|candidate| {
        (keys.is_empty() || !candidate.place.changes_alone())
            && (candidate.named > 0 || !has_id)
            // One header may stand in two places.
            && keys.insert(candidate.place.route.to_string())
    });
    candidates.truncate(SUGGESTED);
    candidates
}

impl<'s> Candidate<'s> {
    fn new(place: &'s Place, survey: &Survey) -> Option<Self> {
        let route = &place.route;
        let distinct = place.distinct.count().min(place.scalars);
        let percent =
            |part: u64, whole: u64| i64::try_from(part * 100 / whole.max(1)).unwrap_or(100);
        let present = percent(place.scalars, survey.events());
        let varies = percent(distinct, place.scalars);
        if !route.is_single() || place.is_volatile || place.is_time() || present < 50 || varies < 25
        {
            return None;
        }

        let words = text::words(route.last_name());
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let is_name = words
            .last()
            .is_some_and(|last| NAMES.contains(&last.as_str()));
        let (named, why) = if has(&["idempotency"]) {
            (120, "made for it")
        } else if route.is_of_attempt() {
            return None;
        } else if is_name && has(OTHERS) {
            (10, "named as an id, but perhaps of who, not of what")
        } else if is_name && (has(THINGS) || words.len() == 1) {
            (50, "named as the id of one thing")
        } else if is_name {
            (ID, "named as an id")
        } else if varies >= 95 && place.scalars >= MANY && !has(OTHERS) && !route.is_context() {
            (0, "differs nearly always")
        } else {
            return None;
        };
        let (batch, why) = if survey.longest(route) > 1 {
            (-40, "only the first of a list; guard each item by itself")
        } else {
            (0, why)
        };
        Some(Self {
            place,
            distinct,
            why,
            named,
            // Redeliveries make a key's values repeat: half of them may.
            score: named
                + batch
                + present / 2
                + varies.min(50) / 2
                + i64::from(route.is_inner()) * 10
                - i64::from(route.is_context() || place.changes_alone()) * 20
                - i64::try_from(route.depth()).unwrap_or(100) * 3,
        })
    }
}
