//! The `keys` example, as its user meets it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "../examples/keys/distinct.rs"]
mod distinct;
#[allow(dead_code, reason = "only places are needed")]
#[path = "../examples/keys/event.rs"]
mod event;
#[path = "support/example.rs"]
mod example;
#[path = "../examples/keys/expression.rs"]
mod expression;
#[path = "../examples/keys/given.rs"]
mod given;
#[allow(dead_code, reason = "the example needs all of it")]
#[path = "../examples/keys/spool.rs"]
mod spool;

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use distinct::Distinct;
use event::Span;
use example::example;
use spool::{Sighting, Spool};

const ORDER_ID: &str = r#"json("$.body", "$.orderId")"#;

#[test]
fn its_own_events_show_redeliveries_a_reuse_and_missing_keys() {
    let output = keys(&["--json", "--key", ORDER_ID], sample());

    let report = report(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report["ok"], false);
    assert_eq!(report["events"], 30);
    let key = &report["key"];
    assert_eq!(key["expression"], ORDER_ID);
    assert_eq!(key["distinct"], 17);
    let shared = &key["shared"];
    assert_eq!(
        ["keys", "events", "equal", "alike", "differ"].map(|name| shared[name].as_u64()),
        [9, 19, 0, 8, 1].map(Some),
    );
    let reuse = &shared["groups"][0];
    assert_eq!(reuse["verdict"], "differ");
    assert_eq!(lines(&reuse["first"]), [12, 22]);
    assert_eq!(
        reuse["differ"],
        json!([
            r#"json("$.body", "$.amountCents")"#,
            r#"header("idempotency-key")"#
        ])
    );
    let fingerprint = &key["suggestedFingerprint"];
    assert_eq!(fingerprint, r#"json("$.body", "$.amountCents")"#);
    let lacking = key["lacking"].as_array().unwrap();
    let lacking: Vec<_> = lacking
        .iter()
        .map(|reason| (reason["why"].as_str().unwrap(), lines(&reason["first"])))
        .collect();
    assert_eq!(
        lacking,
        [
            ("`$.orderId`: an empty string", vec![24]),
            ("`$.orderId`: missing", vec![13]),
            ("`$.orderId`: null", vec![18]),
        ]
    );
    let volatile: Vec<_> = strings(&report["volatile"], "path");
    assert!(volatile.contains(&r#""$.requestContext.requestId""#));
    assert!(volatile.contains(&r#"header("x-amzn-trace-id")"#));
    assert_eq!(
        strings(&report["candidates"], "key")[..2],
        [r#"header("idempotency-key")"#, ORDER_ID]
    );
}

#[test]
fn the_table_says_the_same_in_words() {
    let output = keys(&["--key", ORDER_ID], sample());

    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "");
    for words in [
        "30 events, key = json(\"$.body\", \"$.orderId\")\n",
        "       17  distinct keys\n",
        "        3  events without a key\n",
        "┆ 12, 22  ┆ differ in json(\"$.body\", \"$.amountCents\")",
        "not fine: 3 events would be refused\n",
        "not fine: 1 key shared by events that differ",
        "fingerprint = json(\"$.body\", \"$.amountCents\")\n",
    ] {
        assert!(shown.contains(words), "{words} is missing in:\n{shown}");
    }
}

#[test]
fn no_value_of_an_event_is_shown() {
    fn values(value: &Value, found: &mut HashSet<String>) {
        match value {
            Value::String(text) => match serde_json::from_str(text) {
                Ok(inner @ Value::Object(_)) => values(&inner, found),
                _ => drop(found.insert(text.clone())),
            },
            Value::Array(items) => items.iter().for_each(|item| values(item, found)),
            Value::Object(members) => members.values().for_each(|value| values(value, found)),
            _ => {}
        }
    }
    let mut secrets = HashSet::new();
    for line in std::fs::read_to_string(sample_file()).unwrap().lines() {
        values(&serde_json::from_str(line).unwrap(), &mut secrets);
    }
    // Short ones are words of the report, too.
    secrets.retain(|secret| secret.len() > 5 && secret.contains(|c: char| c.is_ascii_digit()));
    assert!(secrets.len() > 100);

    for arguments in [
        &["--key", ORDER_ID][..],
        &["--key", ORDER_ID, "--json"],
        &["--key", "$.body"],
        &["--json"],
    ] {
        let output = keys(arguments, sample());
        let shown = text(&output.stdout) + &text(&output.stderr);
        for secret in &secrets {
            assert!(!shown.contains(secret), "{secret} is in:\n{shown}");
        }
    }
}

#[test]
fn member_names_that_are_data_are_not_shown() {
    let events = [
        r#"{"id": 1, "cart": {"4111-1111": 1, "ann@example.com": 2}}"#,
        r#"{"id": 1, "cart": {"4111-1111": 2, "eve@example.com": 2}}"#,
    ];
    for arguments in [&["--key", "$.id"][..], &["--key", "$.id", "--json"]] {
        let output = keys(arguments, Input::Text(events.join("\n").as_bytes()));
        let shown = text(&output.stdout);
        assert!(shown.contains("$.cart.*"), "{shown}");
        assert!(
            !shown.contains("4111") && !shown.contains("example.com"),
            "{shown}"
        );
    }
}

#[test]
fn without_a_key_it_suggests_some() {
    let output = keys(&[], sample());

    let shown = text(&output.stdout);
    assert!(output.status.success());
    assert!(shown.contains("Candidates, the best first"), "{shown}");
    assert!(shown.ends_with("try one with --key\n"), "{shown}");
}

#[test]
fn events_of_one_key_that_are_equal_are_fine() {
    let events = br#"{"id": "a", "n": 1}
{"n": 1.0, "id": "a"}
{"id": "b", "n": 1}
"#;
    let output = keys(&["--key", "$.id"], Input::Text(events));

    assert!(output.status.success());
    let shown = text(&output.stdout);
    assert!(shown.starts_with("3 events, key = \"$.id\"\n"), "{shown}");
    assert!(
        shown.contains("        1    by events that are equal\n"),
        "{shown}"
    );
    assert!(shown.contains("fine: every event has a key"), "{shown}");
}

#[test]
fn a_fingerprint_decides_which_events_differ() {
    let events = br#"{"id": "a", "n": 1, "nonce": "x"}
{"id": "a", "n": 1, "nonce": "y"}
{"id": "b", "n": 1, "nonce": "z"}
{"id": "b", "n": 2, "nonce": "z"}
"#;
    let verdicts = |arguments: &[&str]| {
        let report = report(&keys(
            &[arguments, &["--json"]].concat(),
            Input::Text(events),
        ));
        let shared = &report["key"]["shared"];
        ["equal", "alike", "differ"].map(|name| shared[name].as_u64().unwrap())
    };

    assert_eq!(verdicts(&["--key", "$.id"]), [0, 0, 2]);
    assert_eq!(
        verdicts(&["--key", "$.id", "--fingerprint", "$.n"]),
        [0, 1, 1]
    );
    assert_eq!(verdicts(&["--key", r#"("$.id", "$.n")"#]), [0, 0, 1]);
}

#[test]
fn malformed_events_are_named_and_the_rest_goes_on() {
    let events = b"\xef\xbb\xbf{\"id\": 1}\r\n\
        not JSON 4111\n\
        \n\
        {\"id\": 2, \"cut\n\
        {\"id\": 3, \"open\": [\n\
        {\"id\": 4111, nonsense\n\
        {\"id\": 4}{\"id\": 5} {\"id\": 6}\n\
        {\n  \"id\": 7,\n  \"items\": [\n    {\"brace\": \"}\"}\n  ]\n}\n\
        {\n  \"id\": 8,\n  bad\n}\n\
        {\"id\": 9}\n\
        {\"id\": \"\xff\"}\n\
        {\"id\": 10,\n  \"more\": [\n";
    let output = keys(&["--key", "$.id", "--json"], Input::Text(events));

    let report = report(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report["events"], 6);
    assert_eq!(report["key"]["distinct"], 6);
    let malformed = report["malformed"]["first"].as_array().unwrap();
    let malformed: Vec<_> = malformed
        .iter()
        .map(|fault| {
            (
                fault["line"].as_u64().unwrap(),
                fault["why"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        malformed,
        [
            (2, "not JSON at column 2"),
            (4, "cut off"),
            (5, "cut off"),
            (6, "not JSON at column 14"),
            (16, "not JSON at column 3"),
            (19, "not JSON at column 9"),
            (20, "cut off"),
        ]
    );
}

#[test]
fn several_files_are_one_set_of_events() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["one.jsonl", "two.jsonl"].map(|name| folder.path().join(name));
    std::fs::write(&files[0], "{\"id\": 1}\n{\"id\": 2}\n").unwrap();
    std::fs::write(&files[1], "\n{\"id\": 2}\n{}\n").unwrap();
    let [one, two] = files.each_ref().map(|file| file.to_str().unwrap());

    let output = keys(&["--key", "$.id", one, two], Input::None);

    let shown = text(&output.stdout);
    assert!(shown.contains(&format!("{one}:2, {two}:2")), "{shown}");
    assert!(shown.contains(&format!("{two}:3")), "{shown}");
}

#[test]
fn a_stream_is_read_like_a_file() {
    let bytes = std::fs::read(sample_file()).unwrap();
    for arguments in [&["--key", ORDER_ID][..], &["--key", ORDER_ID, "-"]] {
        let streamed = keys(arguments, Input::Text(&bytes));
        let from_file = keys(&["--key", ORDER_ID], sample());
        assert_eq!(text(&streamed.stdout), text(&from_file.stdout));
    }
}

/// Each source of events has its key in another place.
#[test]
fn candidates_stand_where_the_source_puts_them() {
    type Event = fn(usize, String) -> Value;
    let order = |n: usize| json!({ "orderId": format!("A-{n}"), "cents": 100 }).to_string();
    let cases: [(Event, &str); 5] = [
        (
            |n, order| {
                let message = format!("m-{n}");
                let receipt = format!("h-{n}");
                json!({ "Records": [{ "messageId": message, "receiptHandle": receipt, "body": order }] })
            },
            r#"json("$.Records[0].body", "$.orderId")"#,
        ),
        (
            |n, order| {
                let notification = json!({ "MessageId": format!("m-{n}"), "Message": order });
                json!({ "Records": [{ "body": notification.to_string() }] })
            },
            r#"json(json("$.Records[0].body", "$.Message"), "$.orderId")"#,
        ),
        (
            |_, order| json!({ "Records": [{ "kinesis": { "data": STANDARD.encode(order) } }] }),
            r#"json(base64("$.Records[0].kinesis.data"), "$.orderId")"#,
        ),
        (
            |n, _| json!({ "multiValueHeaders": { "Idempotency-Key": [format!("k-{n}")] } }),
            r#"header("idempotency-key")"#,
        ),
        (
            |n, _| json!({ "order id": format!("A-{n}") }),
            r#""$['order id']""#,
        ),
    ];
    for (event, expected) in cases {
        let events: Vec<_> = (0..9).map(|n| event(n, order(n)).to_string()).collect();
        let events = events.join("\n");
        let report_of =
            |arguments: &[&str]| report(&keys(arguments, Input::Text(events.as_bytes())));

        let suggested = report_of(&["--json"]);
        assert_eq!(suggested["candidates"][0]["key"], expected);

        let tried = report_of(&["--json", "--key", expected]);
        assert_eq!(
            (&tried["ok"], &tried["key"]["distinct"]),
            (&json!(true), &json!(9))
        );
    }
}

#[test]
fn what_changes_alone_looks_volatile() {
    let events: Vec<_> = (0..40)
        .map(|n| json!({ "orderId": n % 25, "cents": n % 25 * 7, "deliveryId": n, "sentAt": 1_795_423_860 + n }))
        .map(|event| event.to_string())
        .collect();
    let output = keys(&["--json"], Input::Text(events.join("\n").as_bytes()));

    let report = report(&output);
    assert_eq!(
        strings(&report["volatile"], "path"),
        [r#""$.deliveryId""#, r#""$.sentAt""#]
    );
    assert_eq!(strings(&report["candidates"], "key"), [r#""$.orderId""#]);
}

#[test]
fn batches_and_request_ids_are_pointed_out() {
    let events = br#"{"Records": [{"messageId": "a"}, {"messageId": "b"}]}"#;
    let output = keys(&["--key", "request_id"], Input::Text(events));

    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    assert!(shown.contains("events hold up to 2 records"), "{shown}");
    assert!(
        shown.contains("a file of events has no request ids"),
        "{shown}"
    );
}

#[test]
fn no_events_are_not_fine() {
    for arguments in [&["--key", "$.id"][..], &[]] {
        let output = keys(arguments, Input::Text(b""));

        assert_eq!(output.status.code(), Some(1));
        let shown = text(&output.stdout);
        assert!(shown.starts_with("0 events"), "{shown}");
        assert!(
            shown.ends_with("not fine: there are no events\n"),
            "{shown}"
        );
    }
}

#[test]
fn a_key_that_changes_with_each_delivery_is_not_fine() {
    let messages = lines_of(0..5, |n| {
        let body = json!({ "sentAt": 1_795_423_860 + n, "order": n }).to_string();
        json!({ "Records": [{ "messageId": n, "receiptHandle": format!("h-{n}"), "body": body }] })
    });
    let calls = lines_of(
        0..20,
        |n| json!({ "requestId": format!("r-{n}"), "orderId": n % 10 }),
    );
    for (events, key, problem) in [
        (
            &messages,
            "$.Records[0].receiptHandle",
            "`receiptHandle` changes on every delivery; use `$.Records[0].messageId`, or insist with `volatile(..)`",
        ),
        (
            &messages,
            "$.Records",
            "it can hold `receiptHandle`, which changes on every delivery; use `$.Records[*].messageId`, or insist with \
             `volatile(..)`",
        ),
        (
            &messages,
            r#"json("$.Records[0].body", "$.sentAt")"#,
            "`json(\"$.Records[0].body\", \"$.sentAt\")` is a time that every event has of its own; take what stays, or \
             insist with `volatile(..)`",
        ),
        (
            &calls,
            "$['requestId']",
            "`$['requestId']` changes though all else is equal; take what stays, or insist with `volatile(..)`",
        ),
    ] {
        let output = keys(&["--key", key], Input::Text(events.as_bytes()));
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{shown}");
        assert!(
            shown.ends_with(&format!("not fine: {problem}\n")),
            "{shown}"
        );

        let insisted = if key.starts_with('$') {
            format!("volatile(\"{key}\")")
        } else {
            format!("volatile({key})")
        };
        let output = keys(&["--key", &insisted], Input::Text(events.as_bytes()));
        let shown = text(&output.stdout);
        assert!(output.status.success(), "{shown}");
        assert!(shown.contains(&format!("key = {insisted}\n")), "{shown}");
    }
}

#[test]
fn what_looks_volatile_is_in_no_suggested_fingerprint() {
    let events = lines_of(
        0..50,
        |n| json!({ "orderId": n / 2, "attempt": n % 2, "nonce": n * 7919, "cents": if n == 7 { 1 } else { 2 } }),
    );
    let report = report(&keys(
        &["--key", "$.orderId", "--json"],
        Input::Text(events.as_bytes()),
    ));

    assert_eq!(
        strings(&report["volatile"], "path"),
        [r#""$.attempt""#, r#""$.nonce""#]
    );
    assert_eq!(report["key"]["suggestedFingerprint"], r#""$.cents""#);
}

#[test]
fn a_volatile_fingerprint_is_not_fine() {
    let events = br#"{"id": 1, "requestContext": {"requestId": "a"}}"#;
    let fingerprint = ["--fingerprint", "$.requestContext.requestId", "--json"];
    let output = keys(
        &[&["--key", "$.id"], &fingerprint[..]].concat(),
        Input::Text(events),
    );

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        report(&output)["problems"],
        json!([
            "`requestId` changes on every delivery; take what stays, or insist with `volatile(..)`"
        ])
    );
}

#[test]
fn a_key_of_one_item_of_a_list_is_not_fine() {
    let records = |count: usize, n: usize| {
        let record = |at| json!({ "messageId": format!("m-{n}-{at}") });
        json!({ "Records": (0..count).map(record).collect::<Vec<_>>() })
    };
    let key = ["--key", "$.Records[0].messageId", "--json"];
    let single = keys(
        &key,
        Input::Text(lines_of(0..5, |n| records(1, n)).as_bytes()),
    );
    assert!(single.status.success());

    // The first event does not show it yet.
    let events = lines_of(0..5, |n| records(if n == 0 { 1 } else { 3 }, n));
    let batches = keys(&key, Input::Text(events.as_bytes()));
    assert_eq!(batches.status.code(), Some(1));
    let report = report(&batches);
    assert_eq!(
        report["problems"],
        json!([
            "`$.Records[0].messageId` takes one item of a list of up to 3, and the others go with it; guard each item by itself"
        ])
    );
    assert_eq!(
        report["candidates"][0]["why"],
        "only the first of a list; guard each item by itself"
    );
}

#[test]
fn a_request_that_is_sent_again_with_other_headers_is_the_same() {
    let events = lines_of(0..40, |n| {
        let (order, address) = (n / 2, format!("10.0.0.{n}"));
        json!({
            "headers": {
                "Idempotency-Key": format!("k-{order}"),
                "X-Amzn-Trace-Id": format!("t-{n}"),
                "Authorization": format!("Bearer {n}"),
                "X-Forwarded-For": address,
            },
            "multiValueHeaders": {
                "Idempotency-Key": [format!("k-{order}")],
                "Authorization": [format!("Bearer {n}")],
                "X-Forwarded-For": ["10.1.1.1", address],
            },
            "requestContext": {
                "requestId": format!("r-{n}"),
                "identity": { "sourceIp": address, "user": "u" },
            },
            "body": json!({ "orderId": order, "cents": 7 }).to_string(),
        })
    });
    let arguments = ["--json", "--key", r#"header("idempotency-key")"#];
    let output = keys(&arguments, Input::Text(events.as_bytes()));

    let report = report(&output);
    assert!(output.status.success());
    assert_eq!(report["key"]["shared"]["alike"], 20);
    let volatile = strings(&report["volatile"], "path");
    let named = |path: &str| volatile.iter().filter(|other| **other == path).count();
    assert_eq!(named(r#"header("authorization")"#), 1);
    assert_eq!(named(r#""$.requestContext.identity.sourceIp""#), 1);
    assert_eq!(
        strings(&report["candidates"], "key"),
        [
            r#"header("idempotency-key")"#,
            r#"json("$.body", "$.orderId")"#
        ]
    );
}

#[test]
fn what_is_said_of_a_request_is_no_key_and_no_fingerprint() {
    let events = lines_of(0..40, |n| {
        json!({
            "action": n / 2,
            "headers": { "x-nonce": n, "idempotency-key": n },
            "multiValueHeaders": { "idempotency-key": [n] },
            "requestContext": { "authorizer": { "micros": n } },
        })
    });
    let output = keys(
        &["--json", "--key", "$.action"],
        Input::Text(events.as_bytes()),
    );

    let report = report(&output);
    assert_eq!(
        report["key"]["shared"]["groups"][0]["differ"],
        json!([
            r#"header("idempotency-key")"#,
            r#""$.requestContext.authorizer.micros""#
        ])
    );
    assert_eq!(report["key"]["suggestedFingerprint"], Value::Null);
    assert_eq!(
        strings(&report["candidates"], "key"),
        [r#"header("idempotency-key")"#]
    );
}

#[test]
fn a_coarse_key_makes_no_other_value_volatile() {
    let events = lines_of(
        0..30,
        |n| json!({ "orderId": format!("A-{n}"), "customerId": n % 5, "cents": n * 7 + 1 }),
    );
    let output = keys(
        &["--json", "--key", "$.customerId"],
        Input::Text(events.as_bytes()),
    );

    let report = report(&output);
    assert_eq!(report["key"]["shared"]["differ"], 5);
    assert_eq!(report["volatile"], json!([]));
    assert_eq!(strings(&report["candidates"], "key"), [r#""$.orderId""#]);
}

#[test]
fn a_list_of_events_over_several_lines_is_one() {
    for list in [
        "[\n{\"id\": 1},\n{\"id\": 2}\n]\n",
        "[{\"id\": 1},\n{\n\"id\": 2}\n]",
    ] {
        let output = keys(&["--key", "$.id"], Input::Text(list.as_bytes()));
        assert_eq!(output.status.code(), Some(1));
        let shown = text(&output.stdout);
        assert!(shown.starts_with("1 event,"), "{shown}");
        assert!(
            shown.contains("split a list of events with `jq -c '.[]'`"),
            "{shown}"
        );
    }
}

#[test]
fn what_is_json_but_no_event_is_named() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let events = format!("{{\"id\": 1}},\n{deep}\n{{\"id\": 1e400}}\n{{\"id\": 2}}\n");
    let output = keys(&["--key", "$.id", "--json"], Input::Text(events.as_bytes()));

    let report = report(&output);
    assert_eq!(report["events"], 1);
    assert_eq!(
        strings(&report["malformed"]["first"], "why"),
        [
            "a comma after the event; split a list of events with `jq -c '.[]'`",
            "too deep: more than 127 lists and objects in one another",
            "a number out of range at column 12",
        ]
    );
}

#[test]
fn what_cannot_be_read_is_an_error_of_its_own() {
    let output = keys(&["--key", "$.id", "no-such-file.jsonl"], Input::None);

    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with("error: failed to read no-such-file.jsonl: "),
        "{stderr}"
    );

    let output = keys(&["--key", "jsn(\"$.a\", \"$.b\")"], Input::Text(b""));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("unknown form `jsn` at character 1; did you mean `json`?")
    );
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let mut program = command(&["--key", "$.id"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(program.stdout.take());
    program
        .stdin
        .take()
        .unwrap()
        .write_all(b"{\"id\": 1}\n")
        .unwrap();

    let output = program.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn help_explains_keys_and_exit_statuses() {
    let output = keys(&["--help"], Input::None);

    let help = text(&output.stdout);
    for words in [
        "--key <EXPR>",
        "--fingerprint <EXPR>",
        "--json",
        "header(\"idempotency-key\")",
        "Exit status:\n  0  every event has a key",
    ] {
        assert!(help.contains(words), "{words} is missing in:\n{help}");
    }
}

#[test]
fn an_expression_is_read_as_the_attribute_has_it() {
    for (text, expected) in [
        ("$.orderId", "$.orderId"),
        (" $['a b'] ", "$['a b']"),
        ("\"$.orderId\"", "$.orderId"),
        (r##"r#"$["a"]"#"##, r#"$["a"]"#),
        (r#""$[\"a\"]""#, r#"$["a"]"#),
        ("request_id", "request_id"),
        ("header(\"Idempotency-Key\")", "header(\"Idempotency-Key\")"),
        ("json( \"$.a\" , \"$..b\", )", "json(\"$.a\", \"$..b\")"),
        (
            "json(base64(json(\"$.a\", \"$.b\")), \"$.c\")",
            "json(base64(json(\"$.a\", \"$.b\")), \"$.c\")",
        ),
        (
            "(\"$.a\", (request_id, \"$.b[*]\"),)",
            "(\"$.a\", (request_id, \"$.b[*]\"))",
        ),
        ("(\"$.a\")", "$.a"),
        ("volatile(\"$.a\")", "$.a"),
        ("base64(volatile(\"$.a\"))", "base64(\"$.a\")"),
    ] {
        let given = expression::parse(text).unwrap();
        assert_eq!(given.expression.to_string(), expected, "{text}");
    }
    let given = expression::parse(" $['a b'] ").unwrap();
    assert_eq!(given.text, "\"$['a b']\"");
    let given = expression::parse(r#"(json(volatile("$.a"), "$.b"), "$.c")"#).unwrap();
    let parts = given.parts.iter();
    assert_eq!(
        parts
            .map(|part| (part.expression.to_string(), part.insists))
            .collect::<Vec<_>>(),
        [
            (r#"json("$.a", "$.b")"#.to_owned(), true),
            ("$.c".to_owned(), false)
        ]
    );
}

#[test]
fn a_fault_in_an_expression_is_named_with_its_place() {
    for (text, expected) in [
        (
            "",
            "expected a path in quotes, or a form such as `json(..)` at character 1, found the end",
        ),
        (
            "$.order-id",
            "unexpected `-` at character 8; write `$['order-id']`",
        ),
        (
            "json(\"$.body\", \"orderId\")",
            "in the path at character 16: a path starts with `$`; write `$.orderId`",
        ),
        (
            "json(\"$.body\")",
            "expected `,` at character 14, found `)`",
        ),
        (
            "json(\"$.a\", json(\"$.b\", \"$.c\"))",
            "expected a string in double quotes at character 13, found `j`",
        ),
        (
            "json((\"$.a\", \"$.b\"), \"$.c\")",
            "a tuple at character 6 where one value must be; name one part",
        ),
        (
            "json(\"$.Records[*].body\", \"$.id\")",
            "a path to many nodes at character 6 where one value must be; take one item, or guard each by itself",
        ),
        (
            "headers(\"a\")",
            "unknown form `headers` at character 1; did you mean `header`?",
        ),
        (
            "orderId",
            "expected a path in double quotes at character 1; write `\"$.orderId\"`",
        ),
        (
            "json('$.body', \"$.orderId\")",
            "expected a path in double quotes at character 6; write `\"$.body\"`",
        ),
        (
            "json(\"$.body\", orderId)",
            "expected a path in double quotes at character 16; write `\"$.orderId\"`",
        ),
        (
            "orderId()",
            "unknown form `orderId` at character 1, expected a path in quotes or one of `json`, `base64`, `header`, \
             `request_id`, `volatile`",
        ),
        (
            "header('x')",
            "not a header's name at character 8; write one as in `header(\"idempotency-key\")`",
        ),
        (
            "(\"$.a\", \"$['a']\")",
            "the part at character 9 stands twice in the tuple; remove one",
        ),
        (
            "(header(\"a\"), volatile(header(\"A\")))",
            "the part at character 15 stands twice in the tuple; remove one",
        ),
        (
            "header(\"a b\")",
            "not a header's name at character 8; write one as in `header(\"idempotency-key\")`",
        ),
        ("()", "an empty tuple at character 1; name its parts"),
        (
            "(\"$.ä\", \"$.b\" \"$.c\")",
            "expected `)` at character 15, found `\"`",
        ),
        (
            "|event| event.id",
            "a closure at character 1; only the compiler can read it",
        ),
        ("header(\"a", "the quote at character 8 is never closed"),
        (
            "request_id()",
            "expected the end at character 11, found `(`",
        ),
        ("base64(\"\\q\")", "unknown escape at character 9"),
    ] {
        let fault = expression::parse(text).unwrap_err();
        assert_eq!(fault.to_string(), expected, "{text}");
    }
    let deep = "base64(".repeat(10_000);
    let fault = expression::parse(&deep).unwrap_err().to_string();
    assert_eq!(fault, "more than 32 forms in one another at character 225");
}

#[test]
fn sightings_come_sorted_from_any_number_of_runs() {
    let sighting = |n: u64| Sighting {
        id: u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000).to_be_bytes(),
        source: u32::try_from(n % 3).unwrap(),
        span: Span {
            line: n,
            offset: n * 100,
            length: 7,
        },
        fingerprint: [u8::try_from(n % 256).unwrap(); 16],
    };
    for (count, size) in [
        (0, 10),
        (9, 10),
        (10, 10),
        (11, 10),
        (5_000, 1_700),
        (5_000, 50),
    ] {
        let mut expected: Vec<_> = (0..count).map(sighting).collect();
        let mut spool = Spool::new(size);
        for sighting in &expected {
            spool.push(*sighting).unwrap();
        }
        expected.sort_unstable();

        let mut sorted = spool.sorted().unwrap();
        let found = std::iter::from_fn(|| sorted.next().unwrap());
        assert!(found.eq(expected), "{count} in runs of {size}");
    }
}

#[test]
fn distinct_values_are_counted_exactly_and_then_nearly() {
    let mut distinct = Distinct::default();
    let hash = |n: u64| {
        use std::hash::{DefaultHasher, Hasher};
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(n);
        hasher.finish()
    };
    for n in (0..1_000).chain(0..500) {
        distinct.insert(hash(n));
    }
    assert!(distinct.is_exact());
    assert_eq!(distinct.count(), 1_000);
    for n in 0..100_000 {
        distinct.insert(hash(n));
    }
    assert!(!distinct.is_exact());
    assert!(
        (90_000..110_000).contains(&distinct.count()),
        "{}",
        distinct.count()
    );
}

fn lines_of(numbers: std::ops::Range<usize>, event: impl Fn(usize) -> Value) -> String {
    let lines: Vec<_> = numbers.map(|n| event(n).to_string()).collect();
    lines.join("\n")
}

/// What the program reads.
enum Input<'b> {
    None,
    File(PathBuf),
    Text(&'b [u8]),
}

fn keys(arguments: &[&str], input: Input<'_>) -> Output {
    let mut command = command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    match input {
        Input::None => command.stdin(Stdio::null()).output().unwrap(),
        Input::File(file) => command.arg(file).stdin(Stdio::null()).output().unwrap(),
        Input::Text(text) => {
            let mut program = command.stdin(Stdio::piped()).spawn().unwrap();
            // A program that refuses its arguments reads nothing.
            _ = program.stdin.take().unwrap().write_all(text);
            program.wait_with_output().unwrap()
        }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(example("keys"));
    command.args(arguments);
    command
}

fn sample() -> Input<'static> {
    Input::File(sample_file())
}

fn sample_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/events/checkout.jsonl")
}

fn report(output: &Output) -> Value {
    assert_eq!(text(&output.stderr), "");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn lines(places: &Value) -> Vec<u64> {
    let places = places.as_array().unwrap().iter();
    places.map(|at| at["line"].as_u64().unwrap()).collect()
}

fn strings<'v>(list: &'v Value, member: &str) -> Vec<&'v str> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| item[member].as_str().unwrap()).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
