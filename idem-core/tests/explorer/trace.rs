//! A schedule, as one reads it and as one replays it.

use std::fmt::Write as _;

use idem_core::record::{Owner, Record, Status};

use super::action::{Action, Move, letter};
use super::check::Check;
use super::forget::forget;
use super::scenario::Scenario;
use super::search::Finding;
use super::turn;
use super::world::{At, Execution, Reply, Request, World, execution_of};

/// A replayed schedule.
pub(crate) struct Replayed {
    /// The first check that failed.
    pub(crate) check: Option<Check>,
    /// What happened, line by line.
    pub(crate) trace: String,
}

/// Replays a schedule: `"A B:ahead | A.start A.arrive .."`, that is, whose clocks are ahead, and what happens.
pub(crate) fn replay(scenario: &Scenario, schedule: &str) -> Replayed {
    let (ahead, actions) = schedule
        .split_once('|')
        .unwrap_or_else(|| panic!("a schedule should say whose clocks are ahead: {schedule}"));
    let bit = |letter: &str| 1 << (letter.as_bytes()[0] - b'A');
    let ahead = ahead.split_whitespace().map(bit).sum();
    let actions = actions
        .split_whitespace()
        .map(|word| Action::parse(word).unwrap_or_else(|| panic!("no action is called {word}")));
    run(scenario, World::new(scenario, ahead), actions)
}

fn run(scenario: &Scenario, start: World, actions: impl IntoIterator<Item = Action>) -> Replayed {
    let mut world = start;
    let mut trace = String::new();
    let failed = |world: &World| {
        Check::ALL
            .into_iter()
            .find(|check| !check.holds(scenario, world))
    };
    for action in actions {
        let after = turn::after(scenario, &world, action)
            .unwrap_or_else(|| panic!("{action} cannot happen here:\n{trace}"));
        line(&mut trace, scenario, &world, action, &after);
        world = forget(scenario, after);
        if let Some(check) = failed(&world) {
            _ = writeln!(trace, "        {} fails here", check.name());
            return Replayed {
                check: Some(check),
                trace,
            };
        }
    }
    Replayed { check: None, trace }
}

/// The schedule of a finding, as [`replay`] reads it.
pub(crate) fn schedule(finding: &Finding) -> String {
    let mut schedule = String::new();
    for (of, execution) in (0..).zip(&finding.start.executions) {
        if execution.is_ahead {
            _ = write!(schedule, "{} ", letter(of));
        }
    }
    schedule.push('|');
    for action in &finding.schedule {
        _ = write!(schedule, " {action}");
    }
    schedule
}

/// The finding as a text: the trace, and the test that replays it.
pub(crate) fn report(scenario: &Scenario, finding: &Finding) -> String {
    let schedule = schedule(finding);
    let trace = replay(scenario, &schedule).trace;
    let (check, name, length) = (finding.check, scenario.name, finding.schedule.len());
    format!(
        "{check} fails in `{name}` after {length} actions:\n{trace}\n#[test]\nfn found() {{\n    \
         let replayed = replay(\n        \"{name}\",\n        \"{schedule}\",\n    );\n    \
         assert_eq!(replayed.check.map(Check::name), None, \"{{}}\", replayed.trace);\n}}\n"
    )
}

fn line(trace: &mut String, scenario: &Scenario, before: &World, action: Action, after: &World) {
    let at = scenario.moments[usize::from(after.moment)];
    let what = match action {
        Action::Tick => format!("the clocks show {at} ms"),
        Action::Delete => "the backend deletes the record".to_owned(),
        Action::Of(who, what) => {
            let of = usize::from(who);
            let sentence = sentence(what, &before.executions[of], &after.executions[of]);
            format!("{} {sentence}", letter(who))
        }
    };
    _ = write!(trace, "{at:>6}  {what}");
    if before.record != after.record {
        let record = after.found().map_or("nothing".to_owned(), describe);
        _ = write!(trace, "; the record: {record}");
    }
    trace.push('\n');
}

fn sentence(what: Move, before: &Execution, after: &Execution) -> String {
    let request = |request: Option<&Request>| {
        request.map_or("nothing".to_owned(), |request| {
            format!("{:?}", request.verb()).to_lowercase()
        })
    };
    let sent = request(before.sent.as_ref());
    let reply = before.reply.as_ref().map_or(String::new(), answer);
    let then = next_of(after);
    let ahead = if before.is_ahead {
        ", its clock ahead"
    } else {
        ""
    };
    match what {
        Move::Start => format!("begins{ahead}, {then}"),
        Move::Arrive => format!(
            "has its {sent} carried out: {}",
            after.reply.as_ref().map_or(String::new(), answer)
        ),
        Move::ArriveTwice => format!(
            "has its {sent} carried out, while a copy of it travels on: {}",
            after.reply.as_ref().map_or(String::new(), answer)
        ),
        Move::ArriveLate(nth) => format!(
            "has its late {} carried out",
            request(before.late.get(usize::from(nth)))
        ),
        Move::Refuse(failure) => format!("has its {sent} refused: {failure:?}"),
        Move::Hear => format!("hears: {reply}, and {then}"),
        Move::Miss => format!("hears nothing, and {then}"),
        Move::Affect => "has its effect".to_owned(),
        Move::Return => format!("has a result, {then}"),
        Move::ReturnUnstorable => format!("has a result that cannot be stored, {then}"),
        Move::Fail => format!("fails, {then}"),
        Move::Wake => format!("is woken by its timer, {then}"),
        Move::Learn(answer) => format!("learns of the execution before: {answer:?}, {then}"),
        Move::Vanish => "vanishes".to_owned(),
    }
}

fn next_of(execution: &Execution) -> String {
    match (execution.at, &execution.sent) {
        (At::Returned(outcome), _) => format!("returns {outcome:?}"),
        (At::Asks(_), _) => "asks what became of the execution before".to_owned(),
        (At::Watches(_), _) => "waits for the other".to_owned(),
        (At::Runs(_), None) => "runs its body".to_owned(),
        (_, Some(Request::Claim(request))) => format!(
            "sends a claim ({}, leased until {})",
            name(request.terms.owner),
            time(request.lease_until.0)
        ),
        (_, Some(request)) => format!("sends a {:?}", request.verb()).to_lowercase(),
        (at, None) => format!("{at:?}"),
    }
}

fn answer(reply: &Reply) -> String {
    match (reply, reply.found()) {
        (Reply::Found(Some(found)), _) => describe(found),
        (Reply::Found(None), _) => "nothing".to_owned(),
        (_, Some(found)) => format!("lost to {}", describe(found)),
        (Reply::Failed(_, failure), None) => format!("{failure:?}"),
        (Reply::Claimed(_), None) => "granted".to_owned(),
        (Reply::Written(_, written), None) => format!("{written:?}").to_lowercase(),
    }
}

fn describe(record: &Record) -> String {
    let mut text = format!("{:?} of {}", record.status, name(record.owner));
    if record.status == Status::InProgress {
        _ = write!(text, " until {}", time(record.lease_until.0));
    }
    if let Some(result) = &record.result {
        _ = write!(text, ", the result of {}", letter(result.as_bytes()[0]));
    }
    text
}

/// `A1` is the first claim of A, `A2` its second.
fn name(owner: Owner) -> String {
    match execution_of(owner).and_then(|of| u8::try_from(of).ok()) {
        Some(of) => format!("{}{}", letter(of), (owner.0 & 0xFF) + 1),
        None => "an outsider".to_owned(),
    }
}

fn time(at: u64) -> String {
    format!("{} ms", at.saturating_sub(super::scenario::START.0))
}
