//! One state: the record, the executions, what is on its way between them, and what only the checks look at.

use idem_core::clock::UnixMillis;
use idem_core::engine::{
    BodyEnd, ClaimRequest, CompleteRequest, Engine, ExtendRequest, Outcome, ReleaseRequest,
    WatchRequest,
};
use idem_core::record::{Owner, Record, Status};
use idem_core::store::{Claimed, Failure, Written};

use super::check::Flaws;
use super::scenario::{START, Scenario};
use super::shared::Shared;

/// The most executions that a scenario has.
pub(crate) const MOST: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// Which of the scenario's moments it is.
    pub(crate) moment: u8,
    pub(crate) record: Option<Shared<Record>>,
    pub(crate) executions: Vec<Shared<Execution>>,
    /// How much may still go wrong.
    pub(crate) crashes: u8,
    pub(crate) duplicates: u8,
    pub(crate) refusals: u8,
    pub(crate) ghost: Ghost,
}

/// What happened, for the checks alone: no step depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ghost {
    /// Whose results a caller has seen: a bit each.
    pub(crate) seen: u8,
    /// Until when the ttl of each execution's result lasts.
    pub(crate) due: [UnixMillis; MOST],
    /// The highest generation whose body started.
    pub(crate) generation: u64,
    /// How many effects happened since the last completion expired.
    pub(crate) effects: u8,
    /// Which checks failed.
    pub(crate) flaws: Flaws,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Execution {
    /// `None` before it begins and once it is over.
    pub(crate) engine: Option<Engine>,
    /// Of its latest claim.
    pub(crate) owner: Owner,
    /// Whether its clock is ahead.
    pub(crate) is_ahead: bool,
    pub(crate) at: At,
    pub(crate) body: Body,
    /// The request whose reply it waits for, on its way to the store.
    pub(crate) sent: Option<Request>,
    /// The reply, on its way back.
    pub(crate) reply: Option<Reply>,
    /// Requests on their way to the store whose reply nobody waits for.
    pub(crate) late: Vec<Request>,
    /// How many of its requests may still stay without an answer.
    pub(crate) unanswered: u8,
    /// Whose result it completes with: its own, or the one that it was told of.
    pub(crate) gives: u8,
    /// For the checks: the generation that it was granted, until when the store leased to it, how the store says it ended, when its body did, and how often
    /// its effect was committed.
    pub(crate) generation: u64,
    pub(crate) leased_until: UnixMillis,
    pub(crate) ended: Option<Status>,
    pub(crate) done_at: UnixMillis,
    pub(crate) commits: u8,
}

/// What an execution does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum At {
    /// It has not begun.
    Idle,
    /// It waits for a reply.
    Waits,
    /// Its body may be polled until this moment; a renewal may be on its way.
    Runs(Option<UnixMillis>),
    /// Another runs, and it waits for a change.
    Watches(WatchRequest),
    /// It asks what became of the execution before, until this moment.
    Asks(Option<UnixMillis>),
    /// It returned.
    Returned(Outcome),
    /// Its process died, or its future was dropped.
    Vanished,
    /// Either.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Body {
    Unstarted,
    Begun,
    /// It had its effect, or staged it to be committed.
    Affected,
    Ended(BodyEnd),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Claim(ClaimRequest),
    /// A read.
    Look,
    /// A claim that has read what it is going to write over: only where claims are no single step.
    Write(ClaimRequest, Option<Shared<Record>>),
    Complete(CompleteRequest),
    Release(ReleaseRequest),
    Extend(ExtendRequest),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Claim,
    Look,
    Complete,
    Release,
    Extend,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reply {
    Claimed(Box<Claimed>),
    Found(Option<Shared<Record>>),
    Written(Verb, Written),
    Failed(Verb, Failure),
}

impl Request {
    pub(crate) fn verb(&self) -> Verb {
        match self {
            Self::Claim(_) | Self::Write(..) => Verb::Claim,
            Self::Look => Verb::Look,
            Self::Complete(_) => Verb::Complete,
            Self::Release(_) => Verb::Release,
            Self::Extend(_) => Verb::Extend,
        }
    }
}

impl Request {
    /// What a claim asks for.
    pub(crate) fn claim(&self) -> Option<&ClaimRequest> {
        match self {
            Self::Claim(request) | Self::Write(request, _) => Some(request),
            _ => None,
        }
    }

    /// Whose claim a write is about.
    pub(crate) fn owner(&self) -> Option<Owner> {
        match self {
            Self::Complete(request) => Some(request.owner),
            Self::Release(request) => Some(request.owner),
            Self::Extend(request) => Some(request.owner),
            Self::Claim(_) | Self::Write(..) | Self::Look => None,
        }
    }
}

impl Reply {
    pub(crate) fn verb(&self) -> Verb {
        match self {
            Self::Claimed(_) => Verb::Claim,
            Self::Found(_) => Verb::Look,
            Self::Written(verb, _) | Self::Failed(verb, _) => *verb,
        }
    }

    /// The record that came back, where the request changed nothing.
    pub(crate) fn found(&self) -> Option<&Record> {
        match self {
            Self::Claimed(claimed) => match &**claimed {
                Claimed::Lost(record) => Some(record),
                Claimed::Granted(_) => None,
            },
            Self::Found(found) => found.as_deref(),
            Self::Written(_, Written::Lost(Some(record))) => Some(record),
            _ => None,
        }
    }
}

/// The owner of the first claim of an execution.
pub(crate) fn owner(of: u8) -> Owner {
    Owner(u128::from(of + 1) << 8)
}

/// Whose claim it is: the execution's first or its next.
pub(crate) fn execution_of(owner: Owner) -> Option<usize> {
    let of = usize::try_from(owner.0 >> 8).ok()?.checked_sub(1)?;
    (of < MOST).then_some(of)
}

impl World {
    /// The start, with the clocks of these executions ahead: a bit each.
    pub(crate) fn new(scenario: &Scenario, ahead: u8) -> Self {
        let execution = |of: u8| {
            Shared::new(Execution {
                engine: None,
                owner: owner(of),
                is_ahead: ahead >> of & 1 == 1,
                at: At::Idle,
                body: Body::Unstarted,
                sent: None,
                reply: None,
                late: Vec::new(),
                unanswered: scenario.unanswered,
                gives: of,
                generation: 0,
                leased_until: UnixMillis(0),
                ended: None,
                done_at: UnixMillis(0),
                commits: 0,
            })
        };
        Self {
            moment: 0,
            record: scenario.found_at_the_start().map(Shared::new),
            executions: (0..scenario.executions).map(execution).collect(),
            crashes: scenario.crashes,
            duplicates: scenario.duplicates,
            refusals: scenario.refusals,
            ghost: Ghost::default(),
        }
    }

    pub(crate) fn now(&self, scenario: &Scenario) -> UnixMillis {
        scenario.clock(self.moment, false)
    }

    pub(crate) fn found(&self) -> Option<&Record> {
        self.record.as_deref()
    }

    pub(crate) fn clock(&self, scenario: &Scenario, execution: &Execution) -> UnixMillis {
        scenario.clock(self.moment, execution.is_ahead)
    }
}

impl Scenario {
    /// What a clock shows at this moment.
    pub(crate) fn clock(&self, moment: u8, is_ahead: bool) -> UnixMillis {
        let now = UnixMillis(START.0 + self.moments[usize::from(moment)]);
        if is_ahead { now.after(self.skew) } else { now }
    }
}
