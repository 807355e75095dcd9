//! Has all subjects take turns, and writes down what they took.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::emulator::Emulator;
use crate::peer::Peer;
use crate::report::{Report, Row};
use crate::roster::{Entry, Language, Place, ROSTER};
use crate::takings::Takings;
use crate::turn::{Call, HUNDRED, Pace, Turn};
use crate::{Result, chart, client, events, table, versions};

#[derive(Debug)]
pub(crate) struct Settings {
    /// An interpreter with Powertools.
    python: PathBuf,
    /// Where the programs in other languages are: in Node's case beside its packages.
    python_program: PathBuf,
    node_program: PathBuf,
    events: PathBuf,
    results: PathBuf,
    /// The first is not counted: what is compiled while it runs is compiled in it.
    rounds: usize,
    is_quick: bool,
}

impl Settings {
    pub(crate) fn from_arguments(arguments: &[&str]) -> Result<Self> {
        let ([python, house, work], is_quick) = match *arguments {
            [python, house, work] => ([python, house, work], false),
            [python, house, work, "--quick"] => ([python, house, work], true),
            _ => return Err("the only setting is `--quick`".into()),
        };
        let (house, work) = (PathBuf::from(house), PathBuf::from(work));
        Ok(Self {
            python: python.into(),
            python_program: house.join("python.py"),
            node_program: work.join("node/typescript.mjs"),
            events: work.join("events.jsonl"),
            results: if is_quick { work } else { house },
            rounds: if is_quick { 2 } else { 31 },
            is_quick,
        })
    }

    /// Turns are short and many, so that all subjects meet the same of what else the machine does.
    fn hundreds(&self, entry: Entry) -> usize {
        match (entry.place, entry.pace) {
            _ if self.is_quick => 1,
            (_, Pace::Hundred) => 20,
            (Place::Memory, Pace::Each) => 5,
            (Place::DynamoDb, Pace::Each) => 2,
        }
    }

    fn turn(&self, entry: Entry, call: Call) -> Turn {
        Turn {
            call,
            pace: entry.pace,
            hundreds: self.hundreds(entry),
        }
    }

    /// The new orders that a subject can need, and one to look at its requests.
    fn fresh(&self) -> usize {
        let most = ROSTER.map(|entry| self.turn(entry, Call::First).calls());
        self.rounds * most.into_iter().max().unwrap_or_default() + 1
    }

    fn command(&self, entry: Entry) -> Result<Command> {
        let mut command = match entry.language {
            Language::Rust => {
                let mut command = Command::new(env::current_exe()?);
                command.arg("subject");
                command
            }
            Language::TypeScript => {
                let mut command = Command::new("node");
                // The AWS SDK warns that Node 20 is old.
                command.arg("--no-warnings").arg(&self.node_program);
                command
            }
            Language::Python => {
                let mut command = Command::new(&self.python);
                // Leaves no bytecode among the sources.
                command.arg("-B").arg(&self.python_program);
                command
            }
        };
        command.arg(entry.subject).arg(&self.events);
        Ok(command)
    }

    /// The same in the program that counts allocations.
    fn counting(&self, entry: Entry) -> Result<Command> {
        let mut command = Command::new(env::current_exe()?.with_file_name("counted"));
        command.args(["subject", entry.subject]).arg(&self.events);
        Ok(command)
    }
}

pub(crate) fn measure(settings: &Settings) -> Result<()> {
    events::write(&settings.events, settings.fresh())?;
    let emulator = emulator_with_table()?;
    let mut versions = BTreeSet::from_iter(versions::of_rust()?);
    let mut rows = Vec::new();
    for place in Place::ALL {
        rows.extend(rounds(settings, &emulator.endpoint, place, &mut versions)?);
    }
    let report = Report { rows, versions };
    fs::write(settings.results.join("results.json"), report.to_json()?)?;
    fs::write(settings.results.join("chart.svg"), chart::draw(&report)?)?;
    print!("{}", table::markdown(&report)?);
    Ok(())
}

fn emulator_with_table() -> Result<Emulator> {
    let emulator = Emulator::start()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(client::create_table(&emulator.endpoint))?;
    Ok(emulator)
}

/// All subjects of one place, a turn each in every round.
fn rounds(
    settings: &Settings,
    endpoint: &str,
    place: Place,
    versions: &mut BTreeSet<String>,
) -> Result<Vec<Row>> {
    let mut peers = Vec::new();
    for entry in ROSTER.into_iter().filter(|entry| entry.place == place) {
        let (peer, ready) = Peer::start(entry, settings.command(entry)?, endpoint)?;
        versions.extend(ready.versions);
        peers.push((entry, peer, Call::ALL.map(Takings::new)));
    }
    for round in 0..settings.rounds {
        eprintln!(
            "{}, round {} of {}",
            place.title(),
            round + 1,
            settings.rounds
        );
        for (entry, peer, takings) in &mut peers {
            for takings in takings {
                let turn = settings.turn(*entry, takings.call);
                let taken = peer.take(turn)?;
                if round > 0 {
                    takings.add(taken, turn.hundreds * HUNDRED);
                }
            }
        }
    }
    // Another, because the orders come again.
    let counting = emulator_with_table()?;
    let mut rows = Vec::new();
    for (entry, _, mut takings) in peers {
        if entry.language == Language::Rust {
            count(settings, &counting.endpoint, entry, &mut takings)?;
        }
        rows.extend(takings.map(|takings| takings.into_row(entry)));
    }
    Ok(rows)
}

/// Has the same calls made in a program that counts their allocations.
fn count(settings: &Settings, endpoint: &str, entry: Entry, takings: &mut [Takings]) -> Result<()> {
    let (mut peer, _) = Peer::start(entry, settings.counting(entry)?, endpoint)?;
    for takings in takings {
        let taken = peer.take(Turn {
            hundreds: 0,
            ..settings.turn(entry, takings.call)
        })?;
        takings.count(&taken);
    }
    Ok(())
}
