//! Looks at real events and tells, before anything is deployed, what a key makes of them.
//!
//! `cargo run --example keys -- --key '$.orderId' events.jsonl` counts the distinct keys, names the events that share
//! one or lack one, what in the events is volatile, and what else could be the key. Input of any length takes bounded
//! memory.

mod alone;
mod candidate;
mod difference;
mod distinct;
mod event;
mod expression;
mod findings;
mod given;
mod lacking;
mod progress;
mod report;
mod route;
mod sharing;
mod source;
mod spool;
mod survey;
mod table;
mod text;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use idem_lambda::Invocation;
use idem_lambda::key::Namespace;
use serde_json::Value;

use crate::event::{Events, Found, Span};
use crate::findings::Findings;
use crate::given::Given;
use crate::lacking::Lacking;
use crate::progress::Progress;
use crate::report::{Malformed, Report};
use crate::sharing::Sharing;
use crate::source::Source;
use crate::spool::{Sighting, Spool};
use crate::survey::Survey;

/// There is something to do.
const FINDINGS: u8 = 1;
/// The events could not be looked at.
const TROUBLE: u8 = 2;

fn command() -> Command {
    let expression = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("EXPR")
            .value_parser(expression::parse)
            .help(help)
    };
    Command::new("keys")
        .about("Tells what a key makes of real events: which share one, which lack one, and what could be the key.")
        .arg(expression("key", "The key, as the attribute has it; without it, candidates are suggested"))
        .arg(
            expression("fingerprint", "What must be equal when the key is, as the attribute has it")
                .requires("key"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print one JSON document"),
        )
        .arg(
            Arg::new("files")
                .value_name("FILE")
                .num_args(0..)
                .default_value("-")
                .hide_default_value(true)
                .help("JSON events, one a line or pretty-printed one after the other; `-`, or none, is standard input"),
        )
        .after_help(
            "Keys: '$.orderId'  'json(\"$.body\", \"$.orderId\")'  'header(\"idempotency-key\")'\n      \
             '(\"$.tenant\", \"$.orderId\")'  'json(base64(\"$.data\"), \"$.id\")'  request_id  'volatile(..)'\n\n\
             Exit status:\n\
             \x20 0  every event has a key, of which nothing looks volatile but what `volatile(..)` allows;\n\
             \x20    events of one key differ only in what is volatile, or have one fingerprint\n\
             \x20 1  that is not so, the key takes one item of a longer list, an event is malformed,\n\
             \x20    or there are none\n\
             \x20 2  the events or the arguments could not be read\n\n\
             Neither keys nor values are shown, only hashes, names of members and lines.",
        )
}

fn main() -> ExitCode {
    let arguments = command().get_matches();
    let files: Vec<&String> = arguments.get_many("files").into_iter().flatten().collect();
    if arguments.value_source("files") == Some(ValueSource::DefaultValue)
        && io::stdin().is_terminal()
    {
        command()
            .error(
                ErrorKind::MissingRequiredArgument,
                "no events: name a file, or pipe them in",
            )
            .exit();
    }
    let ended = examine(&arguments, &files).and_then(|report| {
        print(&report, arguments.get_flag("json"), files.len())?;
        Ok(report.ok)
    });
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FINDINGS),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(TROUBLE)
        }
    }
}

fn examine(arguments: &ArgMatches, files: &[&String]) -> io::Result<Report> {
    let mut sources = Vec::new();
    for file in files {
        let failed = |error| io::Error::other(format!("failed to read {file}: {error}"));
        sources.push(Source::open(file).map_err(failed)?);
    }
    let mut examination = Examination {
        key: arguments.get_one("key").cloned(),
        fingerprint: arguments.get_one("fingerprint").cloned(),
        namespace: Namespace::new(None, "keys"),
        survey: Survey::default(),
        malformed: Malformed::default(),
        lacking: Lacking::default(),
        spool: Spool::default(),
    };
    let sizes = sources.iter().map(Source::size);
    let progress = Progress::reading(sizes.sum());
    for (number, source) in (0..).zip(&mut sources) {
        let name = source.name().to_owned();
        let failed = |error| io::Error::other(format!("failed to read {name}: {error}"));
        examination
            .read(number, source, &progress)
            .map_err(failed)?;
    }
    drop(progress);
    examination.report(&mut sources)
}

/// What is known of the events that were read so far.
struct Examination {
    key: Option<Given>,
    fingerprint: Option<Given>,
    namespace: Namespace,
    survey: Survey,
    malformed: Malformed,
    lacking: Lacking,
    spool: Spool,
}

impl Examination {
    fn read(&mut self, number: u32, source: &mut Source, progress: &Progress) -> io::Result<()> {
        let name = source.name().to_owned();
        let mut events = Events::new(source);
        let mut offset = 0;
        while let Some(found) = events.next()? {
            progress.advance(events.offset() - offset);
            offset = events.offset();
            match found {
                Found::Event(event, span) => {
                    self.survey.add(&event);
                    self.sight(&event, number, span)?;
                }
                Found::Malformed(line, why) => self.malformed.add(&name, line, why),
            }
        }
        Ok(())
    }

    fn sight(&mut self, event: &Value, source: u32, span: Span) -> io::Result<()> {
        let Some(Given {
            expression: key, ..
        }) = &self.key
        else {
            return Ok(());
        };
        let invocation = Invocation::default();
        let id = match key.id(&self.namespace, &invocation, event) {
            Ok(id) => id,
            Err(error) => {
                self.lacking
                    .add(&error, &format!("key `{key}`"), source, span.line);
                return Ok(());
            }
        };
        let mut fingerprint = [0; 16];
        if let Some(given) = &self.fingerprint {
            match given.expression.fingerprint(&invocation, event) {
                Ok(hash) => fingerprint.copy_from_slice(&hash.as_bytes()[..16]),
                Err(error) => {
                    self.lacking.add(&error, "", source, span.line);
                    return Ok(());
                }
            }
        }
        let mut half = [0; 16];
        half.copy_from_slice(&id.digest()[..16]);
        self.spool.push(Sighting {
            id: half,
            source,
            span,
            fingerprint,
        })
    }

    fn report(self, sources: &mut [Source]) -> io::Result<Report> {
        let progress = Progress::comparing(self.survey.events() - self.lacking.events);
        let by_fingerprint = self.fingerprint.is_some();
        let sharing = Sharing::of(self.spool.sorted()?, sources, by_fingerprint, &progress)?;
        Ok(Findings {
            sources,
            malformed: self.malformed,
            survey: self.survey,
            key: self.key,
            fingerprint: self.fingerprint,
            sharing,
            lacking: self.lacking,
        }
        .report())
    }
}

fn print(report: &Report, as_json: bool, files: usize) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let printed = if as_json {
        serde_json::to_writer_pretty(&mut out, report)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        report.show(&mut out, files)
    };
    // Whoever stops reading has seen enough.
    match printed.and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
