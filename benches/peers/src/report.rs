//! What was measured: rows, and what follows from them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::figures::Figure;
use crate::roster::{Entry, ours};
use crate::takings::Allocated;
use crate::turn::Call;
use crate::{Result, versions};

/// One subject and one kind of call; nanoseconds a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) entry: Entry,
    pub(crate) call: Call,
    /// The median of the fastest turn.
    pub(crate) fastest: f64,
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) cpu: f64,
    /// Where allocations are counted.
    pub(crate) allocated: Option<Allocated>,
}

pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    pub(crate) versions: BTreeSet<String>,
}

impl Report {
    pub(crate) fn row(&self, entry: Entry, call: Call) -> Result<&Row> {
        let mut rows = self.rows.iter();
        let row = rows.find(|row| row.entry == entry && row.call == call);
        row.ok_or_else(|| format!("no row of {}", entry.name).into())
    }

    /// A row's median and processor time, as multiples of ours.
    pub(crate) fn ratios(&self, row: &Row) -> Result<[f64; 2]> {
        let ours = self.row(ours(row.entry.place), row.call)?;
        Ok([row.median / ours.median, row.cpu / ours.cpu])
    }

    pub(crate) fn to_json(&self) -> Result<String> {
        let rows: Result<Vec<_>> = self.rows.iter().map(|row| self.row_to_json(row)).collect();
        let figures = Figure::all(self)?;
        let figures: Vec<_> = figures.iter().map(Figure::to_json).collect();
        let report = json!({
            "machine": versions::machine(),
            "versions": self.versions,
            "rows": rows?,
            "figures": figures,
        });
        Ok(serde_json::to_string_pretty(&report)? + "\n")
    }

    fn row_to_json(&self, row: &Row) -> Result<Value> {
        let [median_ratio, cpu_ratio] = self.ratios(row)?;
        Ok(json!({
            "place": row.entry.place,
            "subject": row.entry.name,
            "language": row.entry.language,
            "call": row.call,
            "timed": row.entry.pace,
            "fastest_ns": rounded(row.fastest, 1),
            "median_ns": rounded(row.median, 1),
            "p99_ns": rounded(row.p99, 1),
            "cpu_ns": rounded(row.cpu, 1),
            "allocations": row.allocated.map(|allocated| allocated.times),
            "allocated_bytes": row.allocated.map(|allocated| allocated.bytes),
            "median_ratio": rounded(median_ratio, 3),
            "cpu_ratio": rounded(cpu_ratio, 3),
        }))
    }
}

pub(crate) fn rounded(figure: f64, places: i32) -> f64 {
    let shift = 10_f64.powi(places);
    (figure * shift).round() / shift
}
