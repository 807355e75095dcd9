//! What may happen next, and the short words that a schedule is written in.

use std::fmt;

use idem_core::store::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The clocks move to the next moment.
    Tick,
    /// The backend deletes the record, whose time has come.
    Delete,
    Of(u8, Move),
}

/// What happens to one execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Start,
    /// The store carries out its request.
    Arrive,
    /// The same, and a copy of the request goes on travelling.
    ArriveTwice,
    /// The store carries out the n-th of its requests whose reply nobody waits for.
    ArriveLate(u8),
    /// The store refuses its request.
    Refuse(Failure),
    /// The reply arrives.
    Hear,
    /// Request or reply is lost, or too late: it counts as unanswered.
    Miss,
    /// Its body runs up to its effect.
    Affect,
    /// Its body ends.
    Return,
    ReturnUnstorable,
    Fail,
    /// Its timer fires, or the store tells it of a change.
    Wake,
    /// Its question is answered.
    Learn(Answer),
    /// Its process dies, or its future is dropped.
    Vanish,
}

/// What is found out of the execution before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Completed,
    NeverHappened,
    Unknown,
}

/// Those that are written as one word.
const WORDS: [(Move, &str); 17] = [
    (Move::Start, "start"),
    (Move::Arrive, "arrive"),
    (Move::ArriveTwice, "arrive-twice"),
    (Move::Refuse(Failure::Canceled), "refuse-effects"),
    (Move::Refuse(Failure::TooLarge), "refuse-result"),
    (Move::Hear, "hear"),
    (Move::Miss, "miss"),
    (Move::Affect, "affect"),
    (Move::Return, "return"),
    (Move::ReturnUnstorable, "return-unstorable"),
    (Move::Fail, "fail"),
    (Move::Wake, "wake"),
    (Move::Learn(Answer::Completed), "learn-completed"),
    (Move::Learn(Answer::NeverHappened), "learn-never-happened"),
    (Move::Learn(Answer::Unknown), "learn-unknown"),
    (Move::Vanish, "vanish"),
    (Move::ArriveLate(0), "arrive-late"),
];

/// `tick`, `delete`, `A.start`, `B.arrive-late`, `B.arrive-late-2`.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (who, what) = match self {
            Self::Tick => return f.write_str("tick"),
            Self::Delete => return f.write_str("delete"),
            Self::Of(who, what) => (letter(*who), what),
        };
        if let Move::ArriveLate(nth @ 1..) = what {
            return write!(f, "{who}.arrive-late-{}", nth + 1);
        }
        let word = WORDS.iter().find(|(of, _)| of == what);
        write!(f, "{who}.{}", word.map_or("?", |(_, word)| word))
    }
}

impl Action {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "tick" => return Some(Self::Tick),
            "delete" => return Some(Self::Delete),
            _ => {}
        }
        let (who, word) = text.split_once('.')?;
        let who = who.bytes().next()?.checked_sub(b'A')?;
        if let Some(nth) = word.strip_prefix("arrive-late-") {
            return Some(Self::Of(
                who,
                Move::ArriveLate(nth.parse::<u8>().ok()?.checked_sub(1)?),
            ));
        }
        let (what, _) = WORDS.iter().find(|(_, of)| *of == word)?;
        Some(Self::Of(who, *what))
    }
}

pub(crate) fn letter(of: u8) -> char {
    char::from(b'A' + of)
}
