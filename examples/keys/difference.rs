//! Where two events differ.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::route::{Route, Step};
use crate::text;

/// How many differences of two events are named.
const NAMED: usize = 100;

/// Where two events differ.
#[derive(Default)]
pub(crate) struct Differences {
    /// Where they may: it is known to change on every delivery, is of one attempt, or is a time.
    pub(crate) volatile: BTreeSet<Route>,
    /// Where they should not.
    pub(crate) other: BTreeSet<Route>,
    route: Route,
}

impl Differences {
    pub(crate) fn of(one: &Value, other: &Value) -> Self {
        let mut differences = Self::default();
        differences.compare(Some(one), Some(other));
        differences
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.volatile.is_empty() && self.other.is_empty()
    }

    fn compare(&mut self, one: Option<&Value>, other: Option<&Value>) {
        match (one, other) {
            (Some(Value::Object(one)), Some(Value::Object(other))) => {
                let is_headers = self.route.is_headers();
                let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
                for name in names {
                    let step = if is_headers {
                        Step::name(&name.to_ascii_lowercase())
                    } else {
                        Step::name(name)
                    };
                    self.within(&[step], one.get(name), other.get(name));
                }
            }
            (Some(Value::Array(one)), Some(Value::Array(other))) => {
                for index in 0..one.len().max(other.len()) {
                    let step = if index == 0 { Step::First } else { Step::Rest };
                    self.within(&[step], one.get(index), other.get(index));
                }
            }
            (Some(Value::String(one)), Some(Value::String(other))) if one != other => {
                match (text::inner(one), text::inner(other)) {
                    (Some((steps, one)), Some((same, other))) if steps == same => {
                        self.within(steps, Some(&one), Some(&other));
                    }
                    _ => self.differ(
                        [one, other]
                            .map(|text| Value::from(text.as_str()))
                            .each_ref(),
                    ),
                }
            }
            (Some(Value::Number(one)), Some(Value::Number(other)))
                if one.is_f64() != other.is_f64() && one.as_f64() == other.as_f64() => {}
            (one, other) if one == other => {}
            (Some(one), Some(other)) => self.differ([one, other]),
            (Some(one), None) | (None, Some(one)) => self.differ([one, one]),
            (None, None) => {}
        }
    }

    fn within(&mut self, steps: &[Step], one: Option<&Value>, other: Option<&Value>) {
        for step in steps {
            self.route.push(step.clone());
        }
        self.compare(one, other);
        for _ in steps {
            self.route.pop();
        }
    }

    fn differ(&mut self, values: [&Value; 2]) {
        let name = self.route.last_name();
        let are_times = values.into_iter().all(|value| text::is_time(name, value));
        let differ = if are_times || self.route.is_volatile() || self.route.is_of_attempt() {
            &mut self.volatile
        } else {
            &mut self.other
        };
        if differ.len() < NAMED {
            differ.insert(self.route.clone());
        }
    }
}
