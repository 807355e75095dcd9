//! What came of a handler's crashes.

use std::error::Error as StdError;
use std::fmt;

use super::attempt::Ended;
use super::{Fault, Verb};
use crate::clock::UnixMillis;
use crate::key::RecordId;

/// Before or after a store call takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// The store never hears of the call.
    Before,
    /// The call takes effect, and the process dies before it learns of it.
    After,
}

impl Moment {
    pub(super) fn fault(self) -> Fault {
        match self {
            Self::Before => Fault::SilentBefore,
            Self::After => Fault::SilentAfter,
        }
    }
}

/// When the process died.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disturbance {
    pub(super) at: usize,
    pub(super) verb: Verb,
    pub(super) moment: Moment,
}

/// What came of calls that nothing happened to.
pub(super) struct Undisturbed {
    /// What the first asked of the store.
    pub(super) calls: Vec<Verb>,
    claimed: Vec<RecordId>,
    effects: u32,
}

impl Undisturbed {
    pub(super) fn judge(calls: &[Ended; 3]) -> Result<Self, Broken> {
        let [first, duplicates @ ..] = calls;
        let mut faults = Vec::new();
        if first.seen.calls.is_empty() {
            faults.push(
                "it asks nothing of the store: is it guarded, by the runtime of its scope?".into(),
            );
        } else if let Err(error) = &first.result {
            faults.push(format!("the first call has no result, but {error}"));
        }
        faults.extend(changes(first, duplicates));
        let all: Vec<_> = calls.iter().collect();
        faults.extend(repetitions(&all, &first.seen.claimed));
        faults.dedup();
        if !faults.is_empty() {
            let faults = faults.join("; ");
            return Err(Broken(format!("without any crash: {faults}")));
        }
        Ok(Self {
            calls: first.seen.calls.clone(),
            claimed: first.seen.claimed.clone(),
            effects: first.effects,
        })
    }
}

/// A crash, and what followed.
#[derive(Clone, Debug)]
pub struct Point {
    crash: Disturbance,
    runs: usize,
    effects: u32,
    usual_effects: u32,
    is_held: bool,
    faults: Vec<String>,
}

impl Point {
    /// At which store call of the handler the process died, counted from 1.
    #[must_use]
    pub fn call(&self) -> usize {
        self.crash.at + 1
    }

    /// What was asked of the store in that call.
    #[must_use]
    pub fn verb(&self) -> Verb {
        self.crash.verb
    }

    /// Whether it died before or after that call took effect.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.crash.moment
    }

    /// How often the handler ran, the crashed call and all later ones together. Of handlers inside handlers each counts.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// How many effects there were, in all these calls together.
    #[must_use]
    pub fn effects(&self) -> u32 {
        self.effects
    }

    /// Whether a policy holds the record until a person has looked.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether there were more effects than in a call that nothing happens to.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.effects > self.usual_effects
    }

    pub(super) fn judge(
        usual: &Undisturbed,
        crash: Disturbance,
        crashed: &Ended,
        calls: &[Ended; 3],
    ) -> Self {
        let [retry, duplicates @ ..] = calls;
        let all: Vec<_> = std::iter::once(crashed).chain(calls).collect();
        let is_held = all.iter().any(|call| call.seen.is_held);
        let mut faults = Vec::new();
        if let (Err(error), false) = (&retry.result, is_held) {
            faults.push(if retry.seen.is_busy {
                format!("the key stays blocked after lease and margin: {error}")
            } else {
                format!("the retry has no result, but {error}")
            });
        }
        faults.extend(changes(retry, duplicates));
        faults.extend(repetitions(&all, &usual.claimed));
        faults.dedup();
        let granted: usize = all.iter().map(|call| call.seen.granted.len()).sum();
        // A process that dies after its claim took effect never learns that it was to run.
        let never_ran = crash.verb == Verb::Claim && crash.moment == Moment::After;
        Self {
            crash,
            runs: granted.saturating_sub(usize::from(never_ran)),
            effects: all.iter().map(|call| call.effects + call.strays()).sum(),
            usual_effects: usual.effects,
            is_held,
            faults,
        }
    }
}

/// What is wrong with the results of duplicates.
fn changes(first: &Ended, duplicates: &[Ended]) -> Vec<String> {
    let change = |duplicate: &Ended| match (&first.result, &duplicate.result) {
        (Ok(result), Ok(other)) if result != other => {
            Some("a duplicate gets another result".to_owned())
        }
        (Ok(_), Err(error)) => Some(format!("a duplicate loses the result: {error}")),
        (Err(_), Ok(_)) => {
            Some("a duplicate gets a result that the call before did not get".into())
        }
        _ => None,
    };
    duplicates.iter().filter_map(change).collect()
}

/// What happens again in these calls and must not, and what happens where it must not. They may ask for these records.
fn repetitions(calls: &[&Ended], ids: &[RecordId]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut completed: Vec<&(RecordId, Option<u64>)> = Vec::new();
    for call in calls {
        let seen = &call.seen;
        let is_completed = |(id, at): &(RecordId, UnixMillis)| {
            let lasts = |until: Option<u64>| until.is_none_or(|until| until * 1000 > at.0);
            completed
                .iter()
                .any(|(completed, until)| completed == id && lasts(*until))
        };
        if seen.granted.iter().any(is_completed) {
            faults.push("what is completed runs again".to_owned());
        }
        if seen.granted.is_empty() && call.effects > 0 {
            faults.push(
                "an effect happens though nothing runs: it is outside what is guarded".into(),
            );
        }
        if seen.claimed.iter().any(|id| !ids.contains(id)) {
            faults.push("the key changes from call to call".to_owned());
        }
        if call.strays() > 0 {
            faults.push(
                "an effect happens when the call is over: it is spawned and not awaited".into(),
            );
        }
        completed.extend(&seen.completed);
    }
    faults
}

/// What came of all crashes of a handler. It prints as a table.
#[derive(Clone, Debug)]
pub struct Report(Vec<Point>);

impl Report {
    pub(super) fn judged(points: Vec<Point>) -> Result<Self, Broken> {
        let report = Self(points);
        if report.0.iter().any(|point| !point.faults.is_empty()) {
            return Err(Broken(report.to_string()));
        }
        Ok(report)
    }

    /// Every crash, and what followed.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// The crashes after which there were more effects than without: those outside the store are not promised once.
    #[must_use]
    pub fn repeats(&self) -> Vec<&Point> {
        self.0.iter().filter(|point| point.repeats()).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("crash              runs  effects")?;
        for point in &self.0 {
            let moment = match point.moment() {
                Moment::Before => "before",
                Moment::After => "after",
            };
            let (call, verb) = (point.call(), point.verb());
            let (runs, effects) = (point.runs, point.effects);
            write!(
                f,
                "\n{moment:<6} {call:>2} {verb:<8} {runs:>5} {effects:>8}"
            )?;
            if point.repeats() {
                f.write_str("  effects repeat")?;
            }
            if point.is_held {
                f.write_str("  held")?;
            }
            for fault in &point.faults {
                write!(f, "\n    broken: {fault}")?;
            }
        }
        Ok(())
    }
}

/// A handler that breaks what is promised, and how. It prints as the [`Report`], or says what is wrong without any crash.
pub struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As it displays: a test that unwraps it shows the report.
impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for Broken {}
