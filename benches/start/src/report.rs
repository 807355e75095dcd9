//! What the starts took, in Markdown.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Result;
use crate::start::Start;

/// What is reported of a start.
type Figure = fn(&Start) -> Duration;

const FIGURES: [(&str, Figure); 4] = [
    ("time to the first poll", |start| start.poll.time),
    ("processor time to the first poll", |start| {
        start.poll.processor
    }),
    ("time to the first reply", |start| start.reply.time),
    ("processor time to the first reply", |start| {
        start.reply.processor
    }),
];

/// The first program is what the others are compared with, start by start.
pub(crate) fn report(programs: &[PathBuf], starts: &[Vec<Start>]) -> Result<()> {
    println!("| program | MB |\n|---|--:|");
    for program in programs {
        println!("| {} | {:.2} |", name(program), megabytes(program)?);
    }
    let bare = &starts[0];
    for (title, figure) in FIGURES {
        println!("\n| {title}, ms | median | more | fastest |\n|---|--:|--:|--:|");
        for (program, starts) in programs.iter().zip(starts) {
            let more = starts.iter().zip(bare);
            let more = more.map(|(start, bare)| millis(figure(start)) - millis(figure(bare)));
            let figures = sorted(starts.iter().map(|start| millis(figure(start))));
            println!(
                "| {} | {:.2} | {:+.2} | {:.2} |",
                name(program),
                median(&figures),
                median(&sorted(more)),
                figures.first().copied().unwrap_or_default(),
            );
        }
    }
    println!(
        "\n{} starts each, in turn; *more* is the median of what a start takes more than that of `{}` in the same round",
        bare.len(),
        name(&programs[0]),
    );
    Ok(())
}

fn name(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn megabytes(program: &Path) -> Result<f64> {
    Ok(fs::metadata(program)?.len() as f64 / 1e6)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
