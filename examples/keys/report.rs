//! What was found, as one document.

use serde::Serialize;

use crate::sharing::Verdict;

/// How many malformed places are named.
const MALFORMED: usize = 10;

/// What was found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Whether nothing has to be done.
    pub(crate) ok: bool,
    pub(crate) events: u64,
    pub(crate) malformed: Malformed,
    pub(crate) key: Option<Key>,
    /// What changes from one delivery to the next.
    pub(crate) volatile: Vec<Volatile>,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) notes: Vec<String>,
    /// Why this is not fine, but for what the counts say.
    pub(crate) problems: Vec<String>,
}

#[derive(Default, Serialize)]
pub(crate) struct Malformed {
    pub(crate) count: u64,
    pub(crate) first: Vec<Fault>,
}

#[derive(Serialize)]
pub(crate) struct Fault {
    #[serde(flatten)]
    pub(crate) at: At,
    pub(crate) why: String,
}

/// Where an event stands.
#[derive(Clone, Serialize)]
pub(crate) struct At {
    pub(crate) file: String,
    pub(crate) line: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Key {
    pub(crate) expression: String,
    pub(crate) fingerprint: Option<String>,
    pub(crate) distinct: u64,
    pub(crate) shared: Shared,
    pub(crate) lacking: Vec<Reason>,
    /// What to write, so that a reused key is an error.
    pub(crate) suggested_fingerprint: Option<String>,
}

/// Keys of several events.
#[derive(Serialize)]
pub(crate) struct Shared {
    pub(crate) keys: u64,
    /// Events of these keys.
    pub(crate) events: u64,
    /// Keys whose events are equal.
    pub(crate) equal: u64,
    /// Keys whose events differ only in what changes on every delivery, or is not in the fingerprint.
    pub(crate) alike: u64,
    /// Keys whose events differ.
    pub(crate) differ: u64,
    pub(crate) groups: Vec<Group>,
}

#[derive(Serialize)]
pub(crate) struct Group {
    /// The start of the hash of a record that nobody has: it tells the groups apart.
    pub(crate) id: String,
    pub(crate) events: u64,
    pub(crate) first: Vec<At>,
    pub(crate) verdict: Verdict,
    /// Where they differ and should not.
    pub(crate) differ: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Reason {
    pub(crate) why: String,
    pub(crate) events: u64,
    pub(crate) first: Vec<At>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own"
)]
pub(crate) struct Volatile {
    pub(crate) path: String,
    /// Known to change on every delivery.
    pub(crate) known: bool,
    pub(crate) time: bool,
    /// Of one attempt, as headers are.
    pub(crate) attempt: bool,
    /// Differs between events that are equal but for it, and for what is known to change.
    pub(crate) alone: bool,
    /// In how many of the compared pairs that share a key it differs.
    pub(crate) differs: u64,
    pub(crate) pairs: u64,
}

#[derive(Serialize)]
pub(crate) struct Candidate {
    pub(crate) key: String,
    pub(crate) events: u64,
    pub(crate) distinct: u64,
    /// Whether `distinct` is counted, and not estimated.
    pub(crate) exact: bool,
    pub(crate) why: &'static str,
}

impl Malformed {
    pub(crate) fn add(&mut self, file: &str, line: u64, why: String) {
        self.count += 1;
        if self.first.len() < MALFORMED {
            let file = file.to_owned();
            self.first.push(Fault {
                at: At { file, line },
                why,
            });
        }
    }
}
