//! What the driver asks of a subject, and what a subject answers: a line of JSON each.

use serde::{Deserialize, Serialize};

/// Calls come in hundreds: the processor's clock is read around each hundred.
pub(crate) const HUNDRED: usize = 100;

/// One turn of a subject: a hundred calls that are not timed, because the subject has waited and its caches are cold, and
/// then those that are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(crate) call: Call,
    pub(crate) pace: Pace,
    /// How many hundreds of calls are timed.
    pub(crate) hundreds: usize,
}

impl Turn {
    /// The calls of one turn, those that are not timed included.
    pub(crate) fn calls(self) -> usize {
        (self.hundreds + 1) * HUNDRED
    }
}

/// Which orders come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    /// New ones.
    First,
    /// Completed ones, in turn.
    Replay,
}

impl Call {
    pub(crate) const ALL: [Self; 2] = [Self::First, Self::Replay];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Replay => "replay",
        }
    }
}

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pace {
    /// Each call by itself.
    Each,
    /// A hundred calls together, which take too little to be timed one by one.
    Hundred,
}

/// The first line of a subject, when the orders to replay are completed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// What the subject is made of: names with versions.
    pub(crate) versions: Vec<String>,
}

/// What a turn took.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// Nanoseconds of time a call: one figure for each that was timed by itself, or for each hundred.
    pub(crate) wall: Vec<f64>,
    /// Nanoseconds of the process's processor time in all hundreds that were timed.
    pub(crate) cpu: u64,
    /// How often the handler ran in the whole turn.
    pub(crate) runs: usize,
    /// In the hundred that was not timed; zero where nothing counts.
    #[serde(default)]
    pub(crate) allocations: usize,
    /// The bytes of these.
    #[serde(default)]
    pub(crate) bytes: usize,
}
