//! The report in Markdown.

use std::fmt::{Result, Write};

use crate::figures::{Figure, Target};
use crate::report::{Report, Row};
use crate::roster::Place;
use crate::turn::Pace;
use crate::unit::{digits, time};

pub(crate) fn markdown(report: &Report) -> crate::Result<String> {
    let mut text = String::new();
    for place in Place::ALL {
        writeln!(
            text,
            "| {} | call | fastest | median | p99 | CPU | allocations | bytes | median / ours | CPU / ours |",
            place.title()
        )?;
        writeln!(text, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for row in report.rows.iter().filter(|row| row.entry.place == place) {
            write_row(&mut text, row, report.ratios(row)?)?;
        }
        writeln!(text)?;
    }
    writeln!(
        text,
        "A call each; fastest is the median of the fastest turn; * were timed in hundreds, and their p99 is of the hundreds' means.\n"
    )?;
    writeln!(text, "| figure | target | is |\n|---|--:|--:|")?;
    for Figure { name, target, is } in Figure::all(report)? {
        let target = match target {
            Target::AtMost(most) => format!("≤ {most}"),
            Target::AtLeast(least) => format!("≥ {least}"),
        };
        writeln!(text, "| {name} | {target} | {} |", digits(is))?;
    }
    let versions: Vec<_> = report.versions.iter().map(String::as_str).collect();
    writeln!(
        text,
        "\n{}; {}",
        crate::versions::machine(),
        versions.join(", ")
    )?;
    Ok(text)
}

fn write_row(text: &mut String, row: &Row, [median_ratio, cpu_ratio]: [f64; 2]) -> Result {
    let star = match row.entry.pace {
        Pace::Each => "",
        Pace::Hundred => " *",
    };
    let (times, bytes) = match row.allocated {
        Some(allocated) => (digits(allocated.times), format!("{:.0}", allocated.bytes)),
        None => (String::new(), String::new()),
    };
    writeln!(
        text,
        "| {} | {}{star} | {} | {} | {} | {} | {times} | {bytes} | {} | {} |",
        row.entry.name,
        row.call.title(),
        time(row.fastest),
        time(row.median),
        time(row.p99),
        time(row.cpu),
        digits(median_ratio),
        digits(cpu_ratio),
    )
}
