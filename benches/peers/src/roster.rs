//! Who takes part.

use serde::Serialize;

use self::Language::{Python, Rust, TypeScript};
use self::Place::{DynamoDb, Memory};
use crate::turn::Pace;

/// Where records are kept; figures of one place are compared with one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    Memory,
    DynamoDb,
}

impl Place {
    pub(crate) const ALL: [Self; 2] = [Self::Memory, Self::DynamoDb];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Memory => "in memory",
            Self::DynamoDb => "DynamoDB",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    Rust,
    TypeScript,
    Python,
}

/// One subject, in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) language: Language,
    /// What its program calls it.
    pub(crate) subject: &'static str,
    pub(crate) place: Place,
    pub(crate) pace: Pace,
    /// Whether a replay leaves the handler alone.
    pub(crate) guards: bool,
}

impl Entry {
    const fn new(
        name: &'static str,
        place: Place,
        language: Language,
        subject: &'static str,
    ) -> Self {
        Self {
            name,
            language,
            subject,
            place,
            pace: Pace::Each,
            guards: true,
        }
    }

    /// Whether the chart has it: only what guards, and keeps its records where the others do.
    pub(crate) fn is_drawn(self) -> bool {
        self.guards && self.subject != "cache"
    }

    const fn in_hundreds(mut self) -> Self {
        self.pace = Pace::Hundred;
        self
    }

    const fn unguarded(mut self) -> Self {
        self.guards = false;
        self
    }
}

pub(crate) const BARE: Entry = Entry::new("the handler alone, Rust", Memory, Rust, "handler")
    .in_hundreds()
    .unguarded();
pub(crate) const OURS_IN_MEMORY: Entry =
    Entry::new("idem-lambda, `Memory`", Memory, Rust, "memory").in_hundreds();
pub(crate) const TYPESCRIPT_IN_MEMORY: Entry = Entry::new(
    "Powertools TypeScript, a `Map`",
    Memory,
    TypeScript,
    "memory",
);
pub(crate) const PYTHON_IN_MEMORY: Entry =
    Entry::new("Powertools Python, a `dict`", Memory, Python, "memory");
pub(crate) const SDK: Entry = Entry::new("the requests alone, Rust", DynamoDb, Rust, "sdk");
pub(crate) const OURS: Entry = Entry::new("idem-lambda, `DynamoDb`", DynamoDb, Rust, "dynamodb");
pub(crate) const TYPESCRIPT: Entry =
    Entry::new("Powertools TypeScript", DynamoDb, TypeScript, "dynamodb");
pub(crate) const PYTHON: Entry = Entry::new("Powertools Python", DynamoDb, Python, "dynamodb");

/// All, in the order of the table.
pub(crate) const ROSTER: [Entry; 16] = [
    BARE,
    Entry::new(
        "the handler and a hash of its key, Rust",
        Memory,
        Rust,
        "hash",
    )
    .in_hundreds()
    .unguarded(),
    OURS_IN_MEMORY,
    Entry::new("`cached`", Memory, Rust, "cached").in_hundreds(),
    Entry::new("`moka`", Memory, Rust, "moka").in_hundreds(),
    Entry::new("`idempotent`", Memory, Rust, "idempotent").in_hundreds(),
    Entry::new(
        "the handler alone, TypeScript",
        Memory,
        TypeScript,
        "handler",
    )
    .in_hundreds()
    .unguarded(),
    TYPESCRIPT_IN_MEMORY,
    Entry::new("the handler alone, Python", Memory, Python, "handler")
        .in_hundreds()
        .unguarded(),
    PYTHON_IN_MEMORY,
    SDK,
    OURS,
    TYPESCRIPT,
    Entry::new(
        "Powertools TypeScript, local cache",
        DynamoDb,
        TypeScript,
        "cache",
    ),
    PYTHON,
    Entry::new("Powertools Python, local cache", DynamoDb, Python, "cache"),
];

/// What an entry's figures are divided by.
pub(crate) fn ours(place: Place) -> Entry {
    match place {
        Memory => OURS_IN_MEMORY,
        DynamoDb => OURS,
    }
}
