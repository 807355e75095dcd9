//! The figures that the house is built to show, and what they should be.

use serde_json::{Value, json};

use crate::Result;
use crate::report::{Report, Row, rounded};
use crate::roster::{
    BARE, Entry, OURS, OURS_IN_MEMORY, PYTHON, PYTHON_IN_MEMORY, SDK, TYPESCRIPT,
    TYPESCRIPT_IN_MEMORY,
};
use crate::turn::Call;

pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) target: Target,
    pub(crate) is: f64,
}

/// No more, or no less.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    pub(crate) fn all(report: &Report) -> Result<Vec<Self>> {
        let mut figures = Vec::new();
        for (call, least) in [(Call::First, 0.45), (Call::Replay, 0.3)] {
            let ours = report.row(OURS_IN_MEMORY, call)?.median;
            figures.push(Self {
                name: format!("in memory, {}, over the handler alone, µs", call.title()),
                target: Target::AtMost(least),
                is: (ours - report.row(BARE, call)?.median) / 1_000.0,
            });
        }
        let memory: [(Entry, f64); 2] = [(TYPESCRIPT_IN_MEMORY, 26.0), (PYTHON_IN_MEMORY, 45.0)];
        for (peer, times) in memory {
            for call in Call::ALL {
                figures.push(Self {
                    name: format!("in memory, {}, time: {} / ours", call.title(), peer.name),
                    target: Target::AtLeast(times),
                    is: ratio(report, peer, OURS_IN_MEMORY, call, |row| row.median)?,
                });
            }
        }
        for (call, most) in [(Call::First, 1.03), (Call::Replay, 1.05)] {
            figures.push(Self {
                name: format!("DynamoDB, {}, CPU: ours / {}", call.title(), SDK.name),
                target: Target::AtMost(most),
                is: ratio(report, OURS, SDK, call, |row| row.cpu)?,
            });
        }
        for (peer, first, replay) in [(TYPESCRIPT, 10.0, 12.0), (PYTHON, 13.0, 14.0)] {
            for (call, times) in [(Call::First, first), (Call::Replay, replay)] {
                figures.push(Self {
                    name: format!("DynamoDB, {}, CPU: {} / ours", call.title(), peer.name),
                    target: Target::AtLeast(times),
                    is: ratio(report, peer, OURS, call, |row| row.cpu)?,
                });
            }
        }
        Ok(figures)
    }

    pub(crate) fn to_json(&self) -> Value {
        let is = rounded(self.is, 3);
        match self.target {
            Target::AtMost(most) => json!({ "figure": self.name, "at_most": most, "is": is }),
            Target::AtLeast(least) => json!({ "figure": self.name, "at_least": least, "is": is }),
        }
    }
}

fn ratio(
    report: &Report,
    of: Entry,
    to: Entry,
    call: Call,
    figure: impl Fn(&Row) -> f64,
) -> Result<f64> {
    Ok(figure(report.row(of, call)?) / figure(report.row(to, call)?))
}
