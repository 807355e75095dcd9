//! The side of a turn that asks: a subject's process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::de::DeserializeOwned;

use crate::Result;
use crate::client::ENDPOINT;
use crate::roster::Entry;
use crate::turn::{Call, Ready, Taken, Turn};

/// A subject that takes turns, ended when dropped.
pub(crate) struct Peer {
    entry: Entry,
    process: Child,
    turns: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a subject over this endpoint, and waits until it is ready.
    pub(crate) fn start(
        entry: Entry,
        mut command: Command,
        endpoint: &str,
    ) -> Result<(Self, Ready)> {
        // What Lambda sets. Powertools' ids begin with the function's name: so none of two subjects are the same.
        let name = format!("{:?}-{}", entry.language, entry.subject);
        let mut process = command
            .env(ENDPOINT, endpoint)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env_remove("AWS_PROFILE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let turns = process.stdin.take().ok_or("a subject has no input")?;
        let answers = process.stdout.take().ok_or("a subject has no output")?;
        let mut peer = Self {
            entry,
            process,
            turns,
            answers: BufReader::new(answers),
        };
        let ready = peer.answer()?;
        Ok((peer, ready))
    }

    /// One turn, whose handler ran as often as it should.
    pub(crate) fn take(&mut self, turn: Turn) -> Result<Taken> {
        writeln!(self.turns, "{}", serde_json::to_string(&turn)?)?;
        let taken: Taken = self.answer()?;
        let runs = match turn.call {
            Call::Replay if self.entry.guards => 0,
            _ => turn.calls(),
        };
        if taken.runs != runs {
            let Entry { name, language, .. } = self.entry;
            let (ran, call) = (taken.runs, turn.call);
            return Err(format!("{name} ({language:?}), {call:?}: {ran} runs of {runs}").into());
        }
        Ok(taken)
    }

    fn answer<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            let Entry { name, language, .. } = self.entry;
            return Err(format!("{name} ({language:?}) has ended").into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
