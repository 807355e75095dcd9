//! When a process is killed, and where it turns out to have been.

use std::fmt;

use crate::line::Stop;
use crate::random::Random;

/// Where the process gets to before it is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// To this step, from which it does not go on.
    At(usize),
    /// To this step, from which it goes on while the killer turns so many times.
    Past(usize, u64),
    /// To this request or its reply.
    Request(Stop),
}

impl Moment {
    pub(crate) fn random(random: &mut Random) -> Self {
        match random.below(5) {
            0 => Self::At(random.index(12)),
            1 | 2 => Self::Past(random.index(12), random.below(1_000_000)),
            3 => Self::Request(Stop::Before(random.index(8))),
            _ => Self::Request(Stop::After(random.index(8))),
        }
    }

    /// One that lands on the same spot on any machine.
    pub(crate) fn exact(random: &mut Random) -> Self {
        loop {
            match Self::random(random) {
                Self::Past(..) => {}
                exact => return exact,
            }
        }
    }

    /// One at which a request is held back, and may arrive late.
    pub(crate) fn before_a_request(random: &mut Random) -> Self {
        Self::Request(Stop::Before(random.index(6)))
    }

    pub(crate) fn stop(self) -> Option<Stop> {
        match self {
            Self::Request(stop) => Some(stop),
            _ => None,
        }
    }
}

/// Where the process was when it died, from what it had said, the ledger and the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    BetweenCalls,
    BeforeClaim,
    BeforeBody,
    BeforeEffect,
    BeforeCompletion,
    BeforeReply,
    InReplay,
}

impl Phase {
    pub(crate) const ALL: [Self; 7] = [
        Self::BetweenCalls,
        Self::BeforeClaim,
        Self::BeforeBody,
        Self::BeforeEffect,
        Self::BeforeCompletion,
        Self::BeforeReply,
        Self::InReplay,
    ];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BetweenCalls => "between two calls",
            Self::BeforeClaim => "before the claim arrives or is refused",
            Self::BeforeBody => "between claim and body",
            Self::BeforeEffect => "in the body, before the effect",
            Self::BeforeCompletion => "between effect and completion",
            Self::BeforeReply => "between completion and its reply",
            Self::InReplay => "while a stored result is replayed",
        })
    }
}
