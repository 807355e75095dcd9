//! One call in the embedded metric format.

use std::fmt::Display;
use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::dimension::Dimension;
use crate::observe::{EndedCall, Measures, Outcome};
use crate::verdict::Verdict;

/// What CloudWatch Logs has always taken of one event; today it is more.
const LONGEST: usize = 256 * 1024;
/// What most lines fit into.
const USUAL: usize = 1024;

/// The names of dimensions.
const HANDLER: &str = "Handler";
const OUTCOME: &str = "Outcome";
const SHADOW: &str = "Shadow";
const VERDICT: &str = "Verdict";

/// A metric, as its definition has it.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

const CALLS: Metric = Metric {
    name: "Calls",
    unit: "Count",
};
const DUPLICATES: Metric = Metric {
    name: "Duplicates",
    unit: "Count",
};
const STORE_TIME: Metric = Metric {
    name: "StoreTime",
    unit: "Milliseconds",
};
const WAIT_TIME: Metric = Metric {
    name: "WaitTime",
    unit: "Milliseconds",
};
const LEASE_LEFT: Metric = Metric {
    name: "LeaseLeft",
    unit: "Milliseconds",
};
const STORED_BYTES: Metric = Metric {
    name: "StoredBytes",
    unit: "Bytes",
};

/// The value of a metric.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Value {
    Whole(u64),
    Millis(f64),
}

impl Value {
    fn millis(duration: Duration) -> Self {
        Self::Millis(duration.div_duration_f64(Duration::from_millis(1)))
    }
}

/// What was measured. A call that did not ask the store, or did not wait, has no time of it.
fn measured(measures: &Measures) -> [Option<(Metric, Value)>; 4] {
    let spent = |duration: Duration| (!duration.is_zero()).then(|| Value::millis(duration));
    [
        (STORE_TIME, spent(measures.store)),
        (WAIT_TIME, spent(measures.waiting)),
        (LEASE_LEFT, measures.lease_left.map(Value::millis)),
        (STORED_BYTES, measures.stored_bytes.map(Value::Whole)),
    ]
    .map(|(metric, value)| Some((metric, value?)))
}

/// The line of a call.
pub(super) struct Line<'a> {
    namespace: &'a str,
    call: &'a EndedCall<'a>,
    /// Whether it has what is only for searching.
    is_full: bool,
}

impl<'a> Line<'a> {
    pub(super) fn new(namespace: &'a str, call: &'a EndedCall<'a>) -> Self {
        Self {
            namespace,
            call,
            is_full: true,
        }
    }

    /// With its end; empty where it cannot be written.
    pub(super) fn json(mut self) -> Vec<u8> {
        let mut json = Vec::with_capacity(USUAL);
        for is_full in [true, false] {
            self.is_full = is_full;
            json.clear();
            if serde_json::to_writer(&mut json, &self).is_err() {
                return Vec::new();
            }
            if json.len() < LONGEST {
                break;
            }
        }
        json.push(b'\n');
        json
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            namespace, call, ..
        } = *self;
        let verdict = call.verdict.map(Verdict::as_str);
        let shadow = call.shadow.map(Outcome::as_str);
        let measured = measured(&call.measures);
        let metadata = Metadata {
            timestamp: call.at.0,
            directives: Present([
                Some(Directive {
                    namespace,
                    dimensions: Present([
                        Some(&[HANDLER]),
                        Some(&[HANDLER, OUTCOME]),
                        shadow.is_some().then_some(&[HANDLER, SHADOW]),
                    ]),
                    metrics: Present([Some(CALLS), None, None, None]),
                }),
                verdict.map(|_| Directive {
                    namespace,
                    dimensions: Present([Some(&[HANDLER]), Some(&[HANDLER, VERDICT]), None]),
                    metrics: Present([Some(DUPLICATES), None, None, None]),
                }),
                measured.iter().any(Option::is_some).then(|| Directive {
                    namespace,
                    dimensions: Present([Some(&[HANDLER]), None, None]),
                    metrics: Present(measured.map(|measure| measure.map(|(metric, _)| metric))),
                }),
            ]),
        };
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("_aws", &metadata)?;
        line.serialize_entry(HANDLER, &Dimension(call.handler))?;
        line.serialize_entry(OUTCOME, call.outcome.as_str())?;
        entry(&mut line, VERDICT, verdict)?;
        entry(&mut line, SHADOW, shadow)?;
        line.serialize_entry(CALLS.name, &1)?;
        entry(&mut line, DUPLICATES.name, verdict.map(|_| 1))?;
        for (metric, value) in measured.into_iter().flatten() {
            line.serialize_entry(metric.name, &value)?;
        }
        if self.is_full {
            entry(&mut line, "record", call.record.map(Shown))?;
            entry(&mut line, "request_id", call.request_id)?;
            entry(&mut line, "first_request_id", call.first_request_id)?;
            entry(&mut line, "reason", call.reason)?;
            entry(&mut line, "advice", call.advice)?;
        }
        line.end()
    }
}

fn entry<M: SerializeMap>(
    line: &mut M,
    name: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => line.serialize_entry(name, &value),
        None => Ok(()),
    }
}

/// What instructs CloudWatch.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: u64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: Present<Directive<'a>, 3>,
}

/// Metrics that have their sets of dimensions in common.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: Present<&'static [&'static str], 3>,
    metrics: Present<Metric, 4>,
}

/// A list of those that there are.
struct Present<T, const N: usize>([Option<T>; N]);

impl<T: Serialize, const N: usize> Serialize for Present<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().flatten())
    }
}

/// What is written as it is shown.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
