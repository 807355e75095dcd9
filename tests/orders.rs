//! The `orders` example, as its user meets it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "support/deliveries.rs"]
mod deliveries;
#[path = "support/example.rs"]
mod example;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use deliveries::{deliveries, file, order_id};
use example::example;
use idem_lambda::Verdict;

#[test]
fn its_own_events_charge_each_order_once() {
    let events = deliveries();
    let orders: BTreeSet<_> = events.iter().filter_map(order_id).collect();

    for arguments in [vec![file().into_os_string()], vec![]] {
        let output = orders_command().args(arguments).output().unwrap();

        let summary = Summary::of(&output);
        assert_eq!(text(&output.stderr), "");
        assert_eq!(summary.deliveries, events.len());
        assert!(summary.deliveries >= 30);
        assert_eq!(summary.rows, summary.deliveries);
        assert_eq!(summary.charged_orders, orders.len());
        assert_eq!(summary.charges, orders.len());
        assert_eq!(summary.ran - summary.failed, orders.len());
        assert!(
            summary.failed > 0 && summary.replayed > 0 && summary.busy > 0 && summary.refused > 0
        );
    }
}

#[test]
fn its_own_events_hold_every_verdict_and_the_table_shows_that_of_each_duplicate() {
    let output = orders_command().output().unwrap();

    let stdout = text(&output.stdout);
    let rows: Vec<Vec<_>> = stdout
        .lines()
        .filter(|line| is_row(line))
        .map(|line| line.split('┆').map(str::trim).collect())
        .collect();
    let mut seen = BTreeSet::new();
    let mut verdicts = BTreeSet::new();
    for (event, row) in deliveries().iter().zip(&rows) {
        let verdict = row[4];
        let is_duplicate = order_id(event).is_some_and(|id| !seen.insert(id));
        assert_eq!(is_duplicate, !verdict.is_empty(), "{row:?}");
        verdicts.extend(Some(verdict).filter(|_| is_duplicate));
    }
    let all: BTreeSet<_> = Verdict::ALL.map(Verdict::as_str).into();
    assert_eq!(verdicts, all);
}

#[test]
fn malformed_lines_are_reported_and_the_rest_goes_on() {
    let mut lines = delivery("r-1", "A-1");
    lines.extend(b"\n");
    lines.extend(b"{\"note\": \"cut off\n");
    lines.extend(delivery("r-2", "A-1"));
    lines.extend(b"\xff\xfe\n");
    lines.extend(b"{\"note\": \"no payload\", \"requestId\": \"r-3\"}\n");
    lines.extend(delivery("r-4", "A-2"));

    let output = with_input(&lines);

    let summary = Summary::of(&output);
    assert_eq!(
        (summary.deliveries, summary.ran, summary.replayed),
        (3, 2, 1)
    );
    assert_eq!((summary.charged_orders, summary.charges), (2, 2));
    let stderr = text(&output.stderr);
    let reported: Vec<_> = stderr
        .lines()
        .map(|line| line.split(" at column").next().unwrap())
        .collect();
    assert_eq!(
        reported,
        [
            "-: line 3: not a delivery",
            "-: line 5: not a delivery",
            "-: line 6: not a delivery",
        ]
    );
    assert!(text(&output.stdout).contains("3 malformed lines were left out"));
}

#[test]
fn no_deliveries_are_no_error() {
    let summary = Summary::of(&with_input(b""));

    assert_eq!((summary.deliveries, summary.charges), (0, 0));
}

#[test]
fn help_names_the_format_of_the_file() {
    let output = orders_command().arg("--help").output().unwrap();

    assert!(output.status.success());
    let help = text(&output.stdout);
    for word in [
        "one JSON document a line",
        r#""note": "#,
        r#""requestId": "#,
        r#""together": "#,
        r#""later": "#,
        r#""payload": {"#,
    ] {
        assert!(help.contains(word), "{word} is missing in:\n{help}");
    }
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let output = orders_command().arg("no-such-file.jsonl").output().unwrap();

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with("error: failed to read no-such-file.jsonl: "),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

/// What the program counts below its table, and the rows in it.
struct Summary {
    rows: usize,
    deliveries: usize,
    ran: usize,
    failed: usize,
    replayed: usize,
    busy: usize,
    refused: usize,
    charged_orders: usize,
    charges: usize,
}

impl Summary {
    /// Reads the summary of a run that went well; its numbers must add up, and no order be charged twice.
    fn of(output: &Output) -> Self {
        let stdout = text(&output.stdout);
        assert!(
            output.status.success(),
            "{stdout}\n{}",
            text(&output.stderr)
        );
        let line = |part: &str| stdout.lines().find(|line| line.contains(part)).unwrap();
        let deliveries = line(" deliveries = ");
        let charges = line("the bank charged ");

        let numbers = numbers(deliveries)
            .chain(numbers(charges))
            .collect::<Vec<_>>();
        let [
            total,
            ran,
            failed,
            replayed,
            busy,
            refused,
            charged_orders,
            times,
            repeated,
        ] = numbers[..]
        else {
            panic!("other numbers than expected in:\n{deliveries}\n{charges}");
        };
        assert_eq!(
            deliveries,
            format!(
                "{total} deliveries = {ran} ran ({failed} of them failed) + {replayed} replayed + {busy} busy + {refused} refused"
            ),
        );
        assert_eq!(
            charges,
            format!(
                "the bank charged {charged_orders} orders {times} times; {repeated} of them more than once"
            ),
        );
        assert_eq!(total, ran + replayed + busy + refused);
        assert!(failed <= ran);
        assert_eq!(repeated, 0);
        Self {
            rows: stdout.lines().filter(|line| is_row(line)).count(),
            deliveries: total,
            ran,
            failed,
            replayed,
            busy,
            refused,
            charged_orders,
            charges: times,
        }
    }
}

/// Whether the line begins a row of the table; those that continue one have no number.
fn is_row(line: &str) -> bool {
    let first_cell = line
        .strip_prefix('│')
        .and_then(|line| line.split('┆').next());
    first_cell.is_some_and(|number| number.trim().parse::<usize>().is_ok())
}

fn numbers(line: &str) -> impl Iterator<Item = usize> {
    let words = line.split(|letter: char| !letter.is_ascii_digit());
    words.filter_map(|word| word.parse().ok())
}

fn delivery(request_id: &str, order_id: &str) -> Vec<u8> {
    let payload = serde_json::json!({
        "orderId": order_id,
        "amountCents": 100,
        "currency": "EUR",
        "customer": "c-1",
    });
    let delivery =
        serde_json::json!({ "note": "an order", "requestId": request_id, "payload": payload });
    format!("{delivery}\n").into_bytes()
}

fn with_input(lines: &[u8]) -> Output {
    let mut orders = orders_command()
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    orders.stdin.take().unwrap().write_all(lines).unwrap();
    orders.wait_with_output().unwrap()
}

fn orders_command() -> Command {
    let mut command = Command::new(example("orders"));
    // With it the program would be the function.
    command.env_remove("AWS_LAMBDA_RUNTIME_API");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
