//! The function's log, read for the events of the library.

use std::fs::File;
use std::io::{BufRead, BufReader, Result};
use std::path::Path;

use serde::Deserialize;

/// How the library says that a delivery ended.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Outcome {
    #[serde(rename = "outcome")]
    pub(crate) word: String,
    #[serde(default)]
    pub(crate) request_id: String,
    /// Namespace and hash of the key.
    #[serde(default)]
    pub(crate) record: String,
    /// Why it was refused.
    #[serde(default)]
    pub(crate) reason: String,
    /// Why it came, where it is a duplicate.
    #[serde(default)]
    pub(crate) verdict: String,
}

#[derive(Deserialize)]
struct Line {
    target: String,
    fields: Outcome,
}

/// A log that is still being written.
#[derive(Debug)]
pub(crate) struct Log {
    file: BufReader<File>,
    outcomes: Vec<Outcome>,
}

impl Log {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            file: BufReader::new(File::open(path)?),
            outcomes: Vec::new(),
        })
    }

    /// What the log says of a delivery of this request, with a result or without; `None` where it never came to the
    /// handler. Deliveries of one request at one time are told apart by that.
    pub(crate) fn outcome(
        &mut self,
        request_id: &str,
        has_result: bool,
    ) -> Result<Option<Outcome>> {
        let mut line = String::new();
        while self.file.read_line(&mut line)? > 0 {
            if let Ok(Line { target, fields }) = serde_json::from_str(&line)
                && target == "idem"
            {
                self.outcomes.push(fields);
            }
            line.clear();
        }
        let is_it = |outcome: &Outcome| {
            outcome.request_id == request_id
                && matches!(&*outcome.word, "ran" | "replayed") == has_result
        };
        let found = self.outcomes.iter().position(is_it);
        Ok(found.map(|found| self.outcomes.remove(found)))
    }
}
