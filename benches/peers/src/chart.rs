//! The report as a picture, for light and dark pages alike.

use std::fmt::Write;

use crate::Result;
use crate::report::{Report, Row};
use crate::roster::{Entry, Place, ours};
use crate::turn::Call;
use crate::unit::{digits, time};

const WIDTH: f64 = 760.0;
/// Where bars begin, and how long the longest is: the rest is for the words beside it.
const BARS: f64 = 220.0;
const LONGEST: f64 = 400.0;
const BAR: f64 = 11.0;
const ENTRY: f64 = 34.0;
const TITLE: f64 = 34.0;

/// Opens a picture whose text and bars are told apart on either background.
const STYLE: &str = "<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.first { fill: #4078c0 }
.replay { fill: #8fb5e3 }
.ours.first { fill: #c2571a }
.ours.replay { fill: #eda36f }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
</style>
";

pub(crate) fn draw(report: &Report) -> Result<String> {
    let mut body = String::new();
    let mut y = 0.0;
    for place in Place::ALL {
        y += TITLE;
        let (what, figure): (_, fn(&Row) -> f64) = match place {
            Place::Memory => ("Records in memory: time of a call, median", |row| {
                row.median
            }),
            Place::DynamoDb => ("Records in DynamoDB: processor time of a call", |row| {
                row.cpu
            }),
        };
        writeln!(
            body,
            r#"<text class="title" x="8" y="{}">{what}</text>"#,
            y - 12.0
        )?;
        let entries = entries(report, place);
        let rows = report
            .rows
            .iter()
            .filter(|row| entries.contains(&row.entry));
        let most = rows.map(figure).fold(0.0, f64::max);
        for entry in entries {
            draw_entry(&mut body, report, entry, y, figure, LONGEST / most)?;
            y += ENTRY;
        }
    }
    y += 22.0;
    writeln!(
        body,
        r#"<text x="{BARS}" y="{}">upper bar: first call; lower bar: replay; ×: beside idem-lambda</text>"#,
        y - 8.0
    )?;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" width=\"{WIDTH}\" height=\"{y}\" \
         role=\"img\">\n<title>What a guarded call costs</title>\n{STYLE}{body}</svg>\n"
    ))
}

/// Those whose records are where the others' are.
fn entries(report: &Report, place: Place) -> Vec<Entry> {
    let mut entries: Vec<_> = report
        .rows
        .iter()
        .map(|row| row.entry)
        .filter(|entry| entry.place == place && entry.is_drawn())
        .collect();
    entries.dedup();
    entries
}

/// Two bars and their words, from `y` down.
fn draw_entry(
    body: &mut String,
    report: &Report,
    entry: Entry,
    y: f64,
    figure: fn(&Row) -> f64,
    scale: f64,
) -> Result<()> {
    let name = entry.name.replace('`', "");
    writeln!(body, r#"<text x="8" y="{}">{name}</text>"#, y + 15.0)?;
    for (call, class, y) in [
        (Call::First, "first", y),
        (Call::Replay, "replay", y + BAR + 2.0),
    ] {
        let row = report.row(entry, call)?;
        let ours = report.row(ours(entry.place), call)?;
        let (whose, times) = if row.entry == ours.entry {
            ("ours ", String::new())
        } else {
            ("", format!(", {} ×", digits(figure(row) / figure(ours))))
        };
        let width = (figure(row) * scale).max(1.0);
        writeln!(
            body,
            r#"<rect class="{whose}{class}" x="{BARS}" y="{y}" width="{width:.1}" height="{BAR}"/><text x="{:.1}" y="{}">{}{times}</text>"#,
            BARS + width + 6.0,
            y + BAR - 1.0,
            time(figure(row)),
        )?;
    }
    Ok(())
}
