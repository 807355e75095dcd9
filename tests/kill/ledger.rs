//! The effects, on disk: a line for each, in the order in which they happened.
//!
//! A line is one `write` to a file that is opened to append. The kernel has it from then on, so that it survives
//! SIGKILL of the process; it is not synced, and a loss of power may take it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// One run of a handler for one key: which process, and which of its calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Effect {
    pub(crate) key: String,
    pub(crate) run: u32,
    pub(crate) call: usize,
}

pub(crate) struct Ledger(File);

impl Ledger {
    pub(crate) fn open(path: &Path) -> Self {
        Self(OpenOptions::new().append(true).open(path).unwrap())
    }

    pub(crate) fn note(&mut self, effect: &Effect) {
        let line = format!("{}\n", serde_json::to_string(effect).unwrap());
        let written = self.0.write(line.as_bytes()).unwrap();
        assert_eq!(written, line.len(), "a line is one write");
    }

    pub(crate) fn read(path: &Path) -> Vec<Effect> {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }
}
