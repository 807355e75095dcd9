//! The `explain` example, as its user meets it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "support/deliveries.rs"]
mod deliveries;
#[path = "support/example.rs"]
mod example;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use deliveries::{deliveries, order_id};
use example::example;
use idem_lambda::Verdict;
use serde_json::Value;

#[test]
fn every_duplicate_has_a_verdict_and_advice_and_all_verdicts_occur() {
    let lines = json();
    let explained: Vec<_> = lines
        .iter()
        .filter(|line| line["verdict"].is_string())
        .collect();

    let mut seen = BTreeSet::new();
    let mut duplicates = Vec::new();
    for (number, delivery) in (1..).zip(deliveries()) {
        if order_id(&delivery).is_some_and(|id| !seen.insert(id)) {
            duplicates.push(number);
        }
    }
    let numbers: Vec<_> = explained
        .iter()
        .map(|line| line["delivery"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, duplicates);
    let mut verdicts = BTreeSet::new();
    for line in explained {
        let verdict = line["verdict"].as_str().unwrap();
        verdicts.insert(verdict);
        assert!(line["advice"].as_str().unwrap().len() > 20, "{line}");
        let shares = line["shares"].as_str().unwrap();
        match verdict {
            "lambda_retry" | "queue_duplicate" => assert_eq!(shares, "request_id", "{line}"),
            "redelivery" => assert_eq!(shares, "message", "{line}"),
            "client_retry" | "abandoned" => assert_eq!(shares, "key", "{line}"),
            _ => {}
        }
    }
    let all: BTreeSet<_> = Verdict::ALL.map(Verdict::as_str).into();
    assert_eq!(verdicts, all);
}

#[test]
fn records_that_were_tried_more_than_once_have_their_timelines() {
    let lines = json();
    let timelines: Vec<_> = lines.iter().map(|line| &line["timeline"]).collect();
    let timelines: Vec<_> = timelines
        .into_iter()
        .filter(|timeline| timeline.is_object())
        .collect();
    assert!(timelines.len() > 3);
    for timeline in &timelines {
        assert!(timeline["attempts"].as_u64().unwrap() > 1, "{timeline}");
    }
    let ended = |word| {
        let mut attempts = timelines
            .iter()
            .flat_map(|timeline| timeline["known"].as_array().unwrap());
        attempts.any(|attempt| attempt["ended"] == word)
    };
    assert!(ended("disappeared") && ended("released") && ended("completed"));
}

#[test]
fn the_text_says_the_same_and_neither_order_nor_receipt() {
    let output = explain(&[]).output().unwrap();

    let shown = text(&output.stdout);
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "");
    for verdict in Verdict::ALL {
        assert!(
            shown.contains(&format!("   {verdict}: ")),
            "{verdict} is missing in:\n{shown}"
        );
    }
    assert_eq!(
        shown.matches("   advice: ").count(),
        json()
            .iter()
            .filter(|line| line["advice"].is_string())
            .count()
    );
    assert!(
        shown.contains("  1  2026-01-05T09:00:39.000Z  disappeared: no end was recorded by "),
        "{shown}"
    );
    for id in deliveries().iter().filter_map(order_id) {
        assert!(!shown.contains(&id), "{id}");
    }
}

#[test]
fn malformed_lines_are_reported_and_the_rest_is_explained() {
    let order = r#"{"note": "an order", "requestId": "r-1", "payload": {"orderId": "A-1", "amountCents": 1, "currency": "EUR", "customer": "c-1"}}"#;
    let output = explained(&format!("{order}\n{{\"note\": \n{order}\n"));

    assert!(text(&output.stderr).starts_with("-: line 2: not a delivery"));
    let lines = documents(&output);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["verdict"], "queue_duplicate");
}

#[test]
fn what_is_shared_agrees_with_the_verdict_also_after_several_attempts() {
    let order = r#"{"orderId": "A-1", "amountCents": 1, "currency": "EUR", "customer": "c-1", "failTimes": 2}"#;
    let direct = |request_id| {
        format!(r#"{{"note": "direct", "requestId": "{request_id}", "payload": {order}}}"#)
    };
    let queued = |request_id, message| {
        let body = Value::from(order);
        format!(
            r#"{{"note": "queued", "requestId": "{request_id}", "payload": {{"Records": [{{"messageId": "{message}", "eventSource": "aws:sqs", "body": {body}}}]}}}}"#
        )
    };
    let deliveries = [
        direct("r-1"),
        queued("r-2", "m-1"),
        queued("r-3", "m-1"),
        queued("r-3", "m-1"),
        // Another message of the same batch.
        queued("r-3", "m-2"),
    ];
    let lines = documents(&explained(&deliveries.join("\n")));

    let seen: Vec<_> = lines
        .iter()
        .filter_map(|line| Some((line["verdict"].as_str()?, line["shares"].as_str()?)))
        .collect();
    let expected = [
        ("client_retry", "key"),
        ("redelivery", "message"),
        ("queue_duplicate", "request_id"),
        ("client_retry", "key"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let output = explain(&["no-such-file.jsonl"]).output().unwrap();

    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: failed to read no-such-file.jsonl: "));
}

#[test]
fn help_names_its_arguments() {
    let output = explain(&["--help"]).output().unwrap();

    let help = text(&output.stdout);
    assert!(output.status.success());
    assert!(help.contains("[FILE]") && help.contains("--json"), "{help}");
}

fn json() -> Vec<Value> {
    let output = explain(&["--json"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    documents(&output)
}

/// What is explained of these deliveries.
fn explained(deliveries: &str) -> Output {
    let mut child = explain(&["--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(deliveries.as_bytes()).unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

fn documents(output: &Output) -> Vec<Value> {
    let lines = text(&output.stdout);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn explain(arguments: &[&str]) -> Command {
    let mut command = Command::new(example("explain"));
    command.args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
