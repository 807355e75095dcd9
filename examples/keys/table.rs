//! What was found, for the eye.

use std::io::{Result, Write};

use comfy_table::{Cell, CellAlignment, presets};

use crate::report::{At, Group, Key, Report, Volatile};
use crate::sharing::Verdict;

/// How many places are named in a row.
const PLACES: usize = 5;
/// How many volatile values are shown.
const VOLATILE: usize = 12;

impl Report {
    /// Shows it; with several files, the places of events are named with theirs.
    pub(crate) fn show(&self, out: &mut impl Write, files: usize) -> Result<()> {
        let places = |at: &[At], all: u64| places(at, all, files > 1);
        match &self.key {
            Some(key) => {
                writeln!(
                    out,
                    "{}, key = {}",
                    count(self.events, "event"),
                    key.expression
                )?;
                show_key(out, key, places)?;
            }
            None => writeln!(out, "{}\n", count(self.events, "event"))?,
        }
        show(
            out,
            "Malformed",
            ["line", "why"],
            self.malformed.first.iter().map(|fault| {
                [
                    places(std::slice::from_ref(&fault.at), 1),
                    fault.why.clone(),
                ]
            }),
        )?;
        show(
            out,
            "Looks volatile: no part of a key",
            ["value", "why", "differs, though the key is the same"],
            self.volatile.iter().take(VOLATILE).map(|volatile| {
                let Volatile { differs, pairs, .. } = volatile;
                let differs = match differs {
                    0 => String::new(),
                    _ => format!("in {differs} of {}", count(*pairs, "pair")),
                };
                [volatile.path.clone(), why(volatile).to_owned(), differs]
            }),
        )?;
        if let Some(more @ 1..) = self.volatile.len().checked_sub(VOLATILE) {
            writeln!(out, "and {more} more, which `--json` names\n")?;
        }
        show(
            out,
            "Candidates, the best first",
            ["key =", "events", "distinct", "why"],
            self.candidates.iter().map(|candidate| {
                let about = if candidate.exact { "" } else { "about " };
                [
                    candidate.key.clone(),
                    candidate.events.to_string(),
                    format!("{about}{}", candidate.distinct),
                    candidate.why.to_owned(),
                ]
            }),
        )?;
        for note in &self.notes {
            writeln!(out, "note: {note}")?;
        }
        self.show_end(out)
    }

    fn show_end(&self, out: &mut impl Write) -> Result<()> {
        if let Some(key) = &self.key {
            let lacking = key.lacking.iter().map(|reason| reason.events).sum();
            if lacking > 0 {
                writeln!(
                    out,
                    "not fine: {} would be refused",
                    count(lacking, "event")
                )?;
            }
            if key.shared.differ > 0 {
                let differ = count(key.shared.differ, "key");
                writeln!(
                    out,
                    "not fine: {differ} shared by events that differ; {}",
                    remedy(key)
                )?;
            }
        }
        for problem in &self.problems {
            writeln!(out, "not fine: {problem}")?;
        }
        if self.malformed.count > 0 {
            let malformed = count(self.malformed.count, "malformed event");
            writeln!(out, "not fine: {malformed} left out")?;
        }
        match &self.key {
            Some(_) if self.ok => writeln!(
                out,
                "fine: every event has a key, and keys are shared only by what is the same"
            ),
            None if !self.candidates.is_empty() => writeln!(out, "try one with --key"),
            _ => Ok(()),
        }
    }
}

fn show_key(out: &mut impl Write, key: &Key, places: impl Fn(&[At], u64) -> String) -> Result<()> {
    let alike = match &key.fingerprint {
        Some(fingerprint) => {
            writeln!(out, "fingerprint = {fingerprint}")?;
            "their fingerprints are equal"
        }
        None => "they differ only in what is volatile",
    };
    let shared = &key.shared;
    let lacking: u64 = key.lacking.iter().map(|reason| reason.events).sum();
    writeln!(out)?;
    for (number, what) in [
        (key.distinct, "distinct keys".to_owned()),
        (
            shared.keys,
            format!("of them shared, by {}", count(shared.events, "event")),
        ),
        (shared.equal, "  by events that are equal".to_owned()),
        (shared.alike, format!("  by events that are alike: {alike}")),
        (shared.differ, "  by events that differ".to_owned()),
        (lacking, "events without a key".to_owned()),
    ] {
        writeln!(out, "{number:>9}  {what}")?;
    }
    writeln!(out)?;
    show(
        out,
        "Keys that several events share",
        ["key hash", "events", "lines", "the events"],
        shared.groups.iter().map(|group| {
            let at = places(&group.first, group.events);
            [
                group.id.clone(),
                group.events.to_string(),
                at,
                verdict(group),
            ]
        }),
    )?;
    show(
        out,
        "Events without a key",
        ["why", "events", "lines"],
        key.lacking.iter().map(|reason| {
            let at = places(&reason.first, reason.events);
            [reason.why.clone(), reason.events.to_string(), at]
        }),
    )
}

/// A table with a title, if it has rows.
fn show<const N: usize>(
    out: &mut impl Write,
    title: &str,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<()> {
    let mut table = comfy_table::Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(header);
    for row in rows {
        table.add_row(row.map(|text| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            let alignment = if is_number {
                CellAlignment::Right
            } else {
                CellAlignment::Left
            };
            Cell::new(text).set_alignment(alignment)
        }));
    }
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}\n{table}\n")
}

/// The first of the lines, and whether there are more.
fn places(at: &[At], all: u64, with_files: bool) -> String {
    let shown = at.iter().take(PLACES).map(|at| {
        if with_files {
            format!("{}:{}", at.file, at.line)
        } else {
            at.line.to_string()
        }
    });
    let mut shown: Vec<String> = shown.collect();
    if all > shown.len() as u64 {
        shown.push("..".to_owned());
    }
    shown.join(", ")
}

fn verdict(group: &Group) -> String {
    match group.verdict {
        Verdict::Equal => "equal".to_owned(),
        Verdict::Alike => "alike".to_owned(),
        Verdict::Differ if group.differ.is_empty() => "differ".to_owned(),
        Verdict::Differ => format!("differ in {}", group.differ.join("\nand ")),
    }
}

fn why(volatile: &Volatile) -> &'static str {
    match volatile {
        Volatile { known: true, .. } => "known to change on every delivery",
        Volatile { time: true, .. } => "a time",
        Volatile { attempt: true, .. } => "of one attempt: the next may bring another",
        Volatile { alone: true, .. } => "changes though all else is equal",
        _ => "perhaps; or the key is too coarse",
    }
}

fn remedy(key: &Key) -> String {
    match (&key.fingerprint, &key.suggested_fingerprint) {
        (Some(_), _) => "all but the first are refused".to_owned(),
        (None, Some(fingerprint)) => format!(
            "the first result serves them all.\n  Add what tells them apart to the key or, where that is a mistake of \
             the sender, refuse it:\n  fingerprint = {fingerprint}"
        ),
        (None, None) => "the first result serves them all.\n  Add what tells them apart to the key, or say with \
                         `--fingerprint` what must be equal"
            .to_owned(),
    }
}

fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
