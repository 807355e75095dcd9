//! The explanations, for the eye and for programs.

use std::collections::BTreeMap;
use std::io::{Result, Write};

use idem_lambda::Verdict;

use crate::play::Played;

pub(crate) fn text(out: &mut impl Write, played: &Played, deliveries: usize) -> Result<()> {
    for duplicate in &played.duplicates {
        let first = duplicate.first_request_id.as_deref();
        writeln!(out, "{}. {}", duplicate.delivery, duplicate.note)?;
        writeln!(out, "   {}: {}", duplicate.verdict, duplicate.outcome)?;
        writeln!(
            out,
            "   shares {} with what came before; the first was request {}",
            duplicate.shares.words(),
            first.unwrap_or("unknown"),
        )?;
        writeln!(out, "   advice: {}\n", duplicate.advice)?;
    }
    for timeline in &played.timelines {
        writeln!(out, "{timeline}\n")?;
    }
    let counts = Verdict::ALL.map(|verdict| {
        let duplicates = played.duplicates.iter();
        let count = duplicates.filter(|it| it.verdict == verdict).count();
        format!("{count} {verdict}")
    });
    writeln!(
        out,
        "{deliveries} deliveries, {} of them duplicates: {}",
        played.duplicates.len(),
        counts.join(", "),
    )
}

pub(crate) fn json(out: &mut impl Write, played: &Played) -> Result<()> {
    for duplicate in &played.duplicates {
        writeln!(out, "{}", serde_json::to_string(duplicate)?)?;
    }
    for timeline in &played.timelines {
        let line = BTreeMap::from([("timeline", timeline)]);
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}
