//! Metrics for CloudWatch, as they are written.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use idem_core::clock::{Clock, ManualClock};
use idem_core::observe::Emf;
use idem_core::store::Memory;
use idem_core::{Builder, Error, Idempotency, Invocation};
use serde_json::Value;
use support::slow::Slow;
use support::{Runs, START, TTL, World, now, quick, secs};

/// Keeps each piece that is written.
#[derive(Clone, Debug, Default)]
struct Paper(Arc<Mutex<Vec<Vec<u8>>>>);

impl Write for Paper {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(piece.to_vec());
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    /// Each piece, which should be one line.
    #[track_caller]
    fn lines(&self) -> Vec<Value> {
        let pieces = std::mem::take(&mut *self.0.lock().unwrap());
        let line = |piece: &Vec<u8>| {
            let (end, text) = piece.split_last().unwrap();
            assert_eq!(*end, b'\n');
            assert!(!text.contains(&b'\n'));
            serde_json::from_slice(text).unwrap()
        };
        pieces.iter().map(line).collect()
    }
}

/// A runtime that writes on paper.
fn writing(builder: Builder) -> (Idempotency, Paper) {
    let paper = Paper::default();
    let runtime = builder.observer(Emf::new().to(paper.clone())).build();
    (runtime, paper)
}

/// The JSON that the documentation of the type shows.
fn documented() -> Value {
    let source = include_str!("../src/observe/emf.rs");
    let (_, example) = source.split_once("/// ```json\n").unwrap();
    let (example, _) = example.split_once("/// ```\n").unwrap();
    serde_json::from_str(&example.replace("///", "")).unwrap()
}

#[test]
fn the_line_in_the_documentation_is_what_a_replay_writes() {
    let (clock, paper) = (ManualClock::at(START), Paper::default());
    let emf = Emf::new().namespace("Shop/Idempotency").unwrap();
    let runtime = Idempotency::builder(Slow::new(&clock, Duration::from_millis(30)))
        .clock(clock.clone())
        .function("orders")
        .observer(emf.to(paper.clone()))
        .build();
    let deliver = |request_id| {
        let invocation = Invocation {
            request_id: Some(request_id),
            deadline: Some(clock.now().after(secs(10))),
            ..Default::default()
        };
        let call = runtime.call("charge", "A-1001").ttl(TTL);
        now(call
            .invocation(invocation)
            .run(async || Ok::<_, Error>(4200)))
        .unwrap();
    };
    deliver("1d0a6dfe-xmpl-4d2f-8a44-5a3c4e6f1b02");
    clock.set(START);
    deliver("8f507cfc-xmpl-4697-b07a-ac58fc914c95");
    let [_, replay] = <[Value; 2]>::try_from(paper.lines()).unwrap();
    assert_eq!(replay, documented(), "{replay:#}");
}

#[test]
fn a_first_run_is_written_with_what_it_left() {
    let world = World::new();
    let (runtime, paper) = writing(world.builder());
    now(quick(&runtime, world.invocation(), &Runs::default())).unwrap();
    let [line] = <[Value; 1]>::try_from(paper.lines()).unwrap();
    assert_eq!(line["Outcome"], "ran");
    assert_eq!(
        line["LeaseLeft"], 11_000.0,
        "ten seconds and the kill grace"
    );
    assert_eq!(line["StoredBytes"], 7, "the JSON of \"run 1\"");
    for absent in [
        "Verdict",
        "Duplicates",
        "Shadow",
        "StoreTime",
        "WaitTime",
        "reason",
    ] {
        assert!(line.get(absent).is_none(), "{absent}: {line:#}");
    }
}

#[test]
fn in_shadow_mode_the_outcome_that_would_have_been_is_written() {
    let world = World::new();
    let (runtime, paper) = writing(world.builder().shadow());
    let runs = Runs::default();
    for _ in 0..2 {
        now(quick(&runtime, world.invocation(), &runs)).unwrap();
    }
    let [first, second] = <[Value; 2]>::try_from(paper.lines()).unwrap();
    assert!(first.get("Shadow").is_none(), "{first:#}");
    assert_eq!(second["Outcome"], "ran");
    assert_eq!(second["Shadow"], "replayed");
}

#[test]
fn neither_key_nor_payload_is_written() {
    let world = World::new();
    let (runtime, paper) = writing(world.builder());
    for key in ["4111-1111-1111-1111", ""] {
        let call = runtime.call("charge", key).ttl(TTL);
        _ = now(call.run(async || Ok::<_, Error>("4111-1111-1111-1111".to_owned())));
    }
    let pieces = paper.0.lock().unwrap().concat();
    let text = String::from_utf8(pieces).unwrap();
    assert!(
        text.lines().count() == 2 && !text.contains("4111"),
        "{text}"
    );
}

/// Takes nothing.
#[derive(Debug)]
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[test]
fn a_line_that_cannot_be_written_changes_nothing_for_the_caller() {
    let (world, runs) = (World::new(), Runs::default());
    let runtime = world.builder().observer(Emf::new().to(Full)).build();
    for _ in 0..2 {
        let result = now(quick(&runtime, world.invocation(), &runs));
        assert_eq!(result.unwrap(), "run 1");
    }
}

/// Has this binary write lines instead of testing.
const WRITES: &str = "IDEM_TEST_WRITES_LINES";
const THREADS: u32 = 8;
const CALLS: u32 = 200;

#[test]
fn lines_of_concurrent_calls_do_not_mix_on_the_standard_output() {
    if std::env::var_os(WRITES).is_some() {
        return write_lines();
    }
    let name = "lines_of_concurrent_calls_do_not_mix_on_the_standard_output";
    let mut itself = Command::new(std::env::current_exe().unwrap());
    // With more than one thread the harness says the test's name only once it is done.
    itself.args(["--exact", name, "--test-threads", "2"]);
    let output = itself.env(WRITES, "1").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| line.contains("_aws"));
    let mut ids: Vec<String> = lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["request_id"].as_str().unwrap().to_owned()
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), (THREADS * CALLS) as usize);
}

fn write_lines() {
    let builder = Idempotency::builder(Memory::new());
    let runtime = builder.observer(Emf::new()).build();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let runtime = &runtime;
            scope.spawn(move || {
                for call in 0..CALLS {
                    let request_id = format!("request {call} of thread {thread}");
                    let invocation = Invocation {
                        request_id: Some(&request_id),
                        ..Default::default()
                    };
                    let call = runtime.call("charge", &request_id).ttl(TTL);
                    let call = call.invocation(invocation);
                    now(call.run(async || Ok::<_, Error>(1))).unwrap();
                }
            });
        }
    });
}
