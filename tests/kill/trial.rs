//! One process after another over the same table and ledger, each killed at its moment.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;

use idem_lambda::clock::UnixMillis;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::emulator::{Emulator, Found, State};
use crate::ledger::{Effect, Ledger};
use crate::line::{Line, deliver};
use crate::moment::{Moment, Phase};
use crate::random::Random;
use crate::verdict::{Verdict, free_at};
use crate::worker::{JOB, Job, LEASE, MARGIN, Sabotage, Step, WORKER};

const START: UnixMillis = UnixMillis(1_800_000_000_000);
/// How many keys without a result a process is given.
const OPEN: usize = 3;
/// How often every result is asked for once more at the end.
const REPLAYS: u32 = 3;

pub(crate) struct Trial {
    random: Random,
    sabotage: Option<Sabotage>,
    emulator: Emulator,
    ledger: PathBuf,
    _directory: TempDir,
    keys: Vec<String>,
    /// The time of each run.
    times: Vec<UnixMillis>,
    /// Requests of the dead that are still under way, and the run before which they arrive.
    late: Vec<(usize, Vec<u8>)>,
    verdict: Verdict,
}

/// What a process got to.
struct Reached {
    steps: Vec<Step>,
    was_killed: bool,
}

impl Trial {
    pub(crate) async fn new(seed: u64, sabotage: Option<Sabotage>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ledger = directory.path().join("ledger");
        std::fs::write(&ledger, "").unwrap();
        Self {
            random: Random::of(seed),
            sabotage,
            emulator: Emulator::open(&directory.path().join("dynamodb")).await,
            ledger,
            _directory: directory,
            keys: Vec::new(),
            times: Vec::new(),
            late: Vec::new(),
            verdict: Verdict::default(),
        }
    }

    /// Kills so many processes, each at a moment of this kind, then looks what there is.
    pub(crate) async fn run(
        mut self,
        kills: usize,
        moment: impl Fn(&mut Random) -> Moment,
    ) -> Verdict {
        let mut is_reopened = false;
        while self.verdict.killed() < kills {
            if !is_reopened && self.verdict.killed() >= kills / 2 {
                self.emulator = self.emulator.reopen().await;
                is_reopened = true;
            }
            // The same moment again, or the first at which what a killed process held is free.
            if self.random.below(4) > 0 {
                self.move_on();
            }
            let keys = self.some_keys();
            let moment = moment(&mut self.random);
            self.process(keys, Some(moment)).await;
        }
        for _ in 0..=REPLAYS {
            self.late.iter_mut().for_each(|(before, _)| *before = 0);
            self.move_on();
            self.process(self.keys.clone(), None).await;
        }
        let (ledger, committed) = (Ledger::read(&self.ledger), self.emulator.committed().await);
        self.verdict.close(&self.keys, &ledger, &committed);
        self.verdict
    }

    fn now(&self) -> UnixMillis {
        self.times.last().copied().unwrap_or(START)
    }

    fn move_on(&mut self) {
        let now = self.now().after(LEASE).after(MARGIN);
        // A run that is not started is a time at which nothing happened.
        self.times.push(now);
    }

    /// Every key without a result, new ones, and one that has its result.
    fn some_keys(&mut self) -> Vec<String> {
        let (done, mut keys): (Vec<_>, Vec<_>) =
            (self.keys.iter().cloned()).partition(|key| self.verdict.has_result(key));
        while keys.len() < OPEN {
            let handler = ["charge", "transfer"][self.keys.len() % 2];
            let size = ["small", "small", "large"][self.random.index(3)];
            let key = format!("{handler}-{}-{size}", self.keys.len());
            self.keys.push(key.clone());
            keys.push(key);
        }
        if !done.is_empty() {
            keys.push(done[self.random.index(done.len())].clone());
        }
        for last in (1..keys.len()).rev() {
            keys.swap(last, self.random.index(last + 1));
        }
        keys
    }

    /// Runs a process until it is killed or has called for all of these keys.
    async fn process(&mut self, keys: Vec<String>, moment: Option<Moment>) {
        let now = self.now();
        let run = self.times.len();
        self.times.push(now);
        for (_, request) in self.late.extract_if(.., |(before, _)| *before <= run) {
            deliver(self.emulator.address, &request).await;
            self.verdict.arrived_late();
        }
        let before = self.emulator.records().await;
        let job = Job {
            run: u32::try_from(run).unwrap(),
            now: now.0,
            endpoint: String::new(),
            ledger: self.ledger.clone(),
            keys,
            sabotage: self.sabotage,
        };
        let (job, reached) = self.until_killed(job, moment).await;
        let mut open = None;
        for step in reached.steps {
            match step {
                Step::Called(call) => open = Some((call, false)),
                Step::Begun(call) => {
                    let key = &job.keys[call];
                    open = Some((call, true));
                    let free_at = free_at(before.get(key), &self.times);
                    self.verdict.began(key, now, free_at);
                }
                Step::Paid(_) => {}
                Step::Ended(call, end) => {
                    let key = &job.keys[call];
                    open = None;
                    let free_at = free_at(before.get(key), &self.times);
                    self.verdict.ended(key, now, free_at, end);
                }
            }
        }
        if !reached.was_killed {
            return;
        }
        let Some((call, has_begun)) = open else {
            return self.verdict.was_killed(Phase::BetweenCalls, None);
        };
        let effect = Effect {
            key: job.keys[call].clone(),
            run: job.run,
            call,
        };
        let after = self.emulator.records().await;
        let found = |records: &HashMap<String, Found>| {
            let found = records.get(&effect.key)?;
            Some((found.claimed_by == (effect.run, effect.call), found.state))
        };
        let phase = match (found(&before), found(&after)) {
            _ if Ledger::read(&self.ledger).contains(&effect) => match found(&after) {
                Some((true, State::Completed)) => Phase::BeforeReply,
                _ => Phase::BeforeCompletion,
            },
            _ if has_begun => Phase::BeforeEffect,
            (_, Some((true, _))) => Phase::BeforeBody,
            (Some((_, State::Completed)), _) => Phase::InReplay,
            _ => Phase::BeforeClaim,
        };
        self.verdict.was_killed(phase, Some(effect));
    }

    /// Runs a process until it is killed or has done its job.
    async fn until_killed(&mut self, mut job: Job, moment: Option<Moment>) -> (Job, Reached) {
        let mut line = Line::to(self.emulator.address, moment.and_then(Moment::stop)).await;
        job.endpoint = format!("http://{}", line.address);
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", WORKER, "--ignored", "--nocapture"])
            .env(JOB, serde_json::to_string(&job).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut go = process.stdin.take().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut steps: Vec<Step> = Vec::new();
        let was_killed = loop {
            let text = tokio::select! {
                text = said.next_line() => text.unwrap(),
                held = &mut line.stopped, if moment.is_some() => {
                    if let Some(request) = held.unwrap() && self.random.below(4) > 0 {
                        let before = job.run as usize + 1 + self.random.index(12);
                        self.late.push((before, request));
                    }
                    break true;
                }
            };
            let Some(text) = text else {
                break false;
            };
            let Ok(step) = serde_json::from_str(&text) else {
                continue;
            };
            let number = steps.len();
            steps.push(step);
            match moment {
                Some(Moment::At(at)) if at == number => break true,
                Some(Moment::Past(at, turns)) if at == number => {
                    go.write_all(b"\n").await.unwrap();
                    (0..turns).for_each(|_| std::hint::spin_loop());
                    break true;
                }
                _ => go.write_all(b"\n").await.unwrap(),
            }
        };
        if was_killed {
            process.kill().await.unwrap();
            // What it had said all the same.
            while let Some(text) = said.next_line().await.unwrap() {
                steps.extend(serde_json::from_str::<Step>(&text));
            }
        } else {
            assert!(
                process.wait().await.unwrap().success(),
                "the process failed"
            );
        }
        (job, Reached { steps, was_killed })
    }
}
