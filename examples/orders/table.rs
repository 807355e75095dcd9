//! What became of each delivery, for the eye.

use std::collections::BTreeMap;
use std::io::{Result, Write};

use comfy_table::presets;
use serde::Deserialize;

use crate::delivery::Delivery;
use crate::log::Outcome;
use crate::order::Receipt;
use crate::platform::Answer;
use crate::sandbox;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_message: String,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Happened {
    Ran,
    Failed,
    TimedOut,
    Unknown,
    Replayed,
    Busy,
    Refused,
}

/// One delivery, and what became of it.
pub(crate) struct Row {
    note: String,
    request: String,
    key: String,
    verdict: String,
    happened: Happened,
    result: String,
}

impl Row {
    pub(crate) fn new(delivery: &Delivery, answer: &Answer, outcome: Option<Outcome>) -> Self {
        let outcome = outcome.unwrap_or_default();
        let happened = match outcome.word.as_str() {
            "ran" => Happened::Ran,
            "failed" => Happened::Failed,
            "superseded" | "unknown" => Happened::Unknown,
            "replayed" => Happened::Replayed,
            "busy" => Happened::Busy,
            // Nothing was logged.
            "" if is_timeout(answer) => Happened::TimedOut,
            _ => Happened::Refused,
        };
        let result = match answer {
            Answer::Response(json) => serde_json::from_str(json).map_or_else(
                |_| json.clone(),
                |receipt: Receipt| format!("{}, {} cents", receipt.charge_id, receipt.amount_cents),
            ),
            Answer::Error(_) if !outcome.reason.is_empty() => outcome.reason,
            Answer::Error(_) if happened == Happened::Busy => "already in progress".to_owned(),
            Answer::Error(json) => message(json).unwrap_or_else(|| json.clone()),
        };
        let hash = outcome.record.split_once('#').map_or("", |(_, hash)| hash);
        Self {
            // Nothing in a file may steer the terminal.
            note: delivery.note.replace(char::is_control, " "),
            request: delivery.request_id.chars().take(8).collect(),
            key: hash.chars().take(12).collect(),
            verdict: outcome.verdict,
            happened,
            result,
        }
    }
}

fn is_timeout(answer: &Answer) -> bool {
    matches!(answer, Answer::Error(json) if message(json).as_deref() == Some(sandbox::TIMED_OUT))
}

fn message(json: &str) -> Option<String> {
    let failure: Failure = serde_json::from_str(json).ok()?;
    Some(failure.error_message)
}

/// All deliveries.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }

    /// Shows the table and a summary; `charges` is what the bank knows, `malformed` how many lines were no delivery.
    pub(crate) fn show(
        &self,
        out: &mut impl Write,
        charges: &BTreeMap<String, usize>,
        malformed: usize,
    ) -> Result<()> {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
            "#",
            "delivery",
            "request",
            "key hash",
            "why it came",
            "what happened",
            "result",
        ]);
        for (number, row) in (1_usize..).zip(&self.0) {
            let happened = match row.happened {
                Happened::Ran => "ran",
                Happened::Failed => "ran, failed",
                Happened::TimedOut => "ran, timed out",
                Happened::Unknown => "ran, unknown",
                Happened::Replayed => "replayed",
                Happened::Busy => "busy",
                Happened::Refused => "refused",
            };
            table.add_row([
                &number.to_string(),
                &row.note,
                &row.request,
                &row.key,
                &row.verdict,
                happened,
                &row.result,
            ]);
        }
        writeln!(out, "{table}\n")?;

        let count = |happened| self.0.iter().filter(|row| row.happened == happened).count();
        let failed = count(Happened::Failed) + count(Happened::TimedOut);
        writeln!(
            out,
            "{} deliveries = {} ran ({failed} of them failed) + {} replayed + {} busy + {} refused",
            self.0.len(),
            count(Happened::Ran) + failed + count(Happened::Unknown),
            count(Happened::Replayed),
            count(Happened::Busy),
            count(Happened::Refused),
        )?;
        let repeated = charges.values().filter(|times| **times > 1).count();
        writeln!(
            out,
            "the bank charged {} orders {} times; {repeated} of them more than once",
            charges.len(),
            charges.values().sum::<usize>(),
        )?;
        if malformed > 0 {
            writeln!(out, "{malformed} malformed lines were left out")?;
        }
        Ok(())
    }
}
