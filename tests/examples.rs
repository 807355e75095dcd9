//! The examples, as their user meets them.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "support/example.rs"]
mod example;

use std::process::{Command, Output};

use example::example;
use idem_lambda::batch;

/// What it printed.
fn printed(output: &Output) -> String {
    let (out, errors) = (&output.stdout, &output.stderr);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(errors)
    );
    String::from_utf8(out.clone()).unwrap()
}

/// In an environment that leads to no account.
fn program(name: &str) -> Command {
    let mut command = Command::new(example(name));
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

#[test]
fn orders_on_dynamodb_are_charged_once_in_two_requests_and_replayed_in_one() {
    let printed = printed(&program("dynamodb").output().unwrap());
    let rows = printed.lines().filter_map(|line| {
        let cells: Vec<_> = line.split('┆').map(str::trim).collect();
        (cells.len() == 6).then_some(cells)
    });
    let mut counts = [0; 4];
    for cells in rows {
        let (count, requests) = match cells[3] {
            "ran" | "ran, failed" => (0, "2"),
            // Nobody was there to write how it ended.
            "ran, timed out" => (0, "1"),
            "replayed" => (1, "1"),
            "busy" => (2, "1"),
            "refused" if cells[5].contains("another fingerprint") => (3, "1"),
            "refused" => (3, "0"),
            _ => continue,
        };
        counts[count] += 1;
        assert_eq!(cells[4], requests, "{cells:?}");
    }
    assert_eq!(counts, [25, 14, 4, 4], "{printed}");
    assert!(printed.contains("18 orders were charged 18 times; 0 of them more than once"));
    let records = printed.lines().filter(|line| line.contains("┆ COMPLETED "));
    // The last delivery has left one that failed.
    assert_eq!(records.count(), 17);
}

#[test]
fn transfers_are_made_exactly_once_though_their_process_is_killed() {
    let printed = printed(&program("transfer").output().unwrap());
    // Every seventh begun: a killed transfer is begun again, unless it was committed before the kill arrived.
    let kills = (5..=7).find(|kills| printed.contains(&format!("was killed {kills} times")));
    assert!(kills.is_some(), "{printed}");
    let killed = printed.lines().filter(|line| line.ends_with(", killed"));
    assert_eq!(Some(killed.count()), kills, "{printed}");
    assert!(printed.contains("alice had 1000 and has 610; bob had 0 and has 390"));
    assert!(
        printed.contains(
            "refused t-20: the transaction was cancelled: write 0: ConditionalCheckFailed"
        )
    );
}

#[test]
fn a_batch_reports_what_failed_and_charges_an_order_of_two_messages_once() {
    let printed = printed(&program("batch").output().unwrap());
    let answers = printed
        .lines()
        .filter_map(|line| line.split_once("answer: "));
    let reported = |(_, answer): (&str, &str)| {
        let answer: batch::Response = serde_json::from_str(answer).unwrap();
        let failures = answer.failures().iter();
        failures
            .map(|failure| failure.identifier().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let reported: Vec<_> = answers.map(reported).collect();
    // The message that is at work elsewhere is answered first.
    assert_eq!(reported, ["m-3 m-4", "m-4", "m-6", ""], "{printed}");
    assert!(
        printed
            .contains("m-6 {\"orderId\":\"A-1004\",\"steps\":5}: comes again: at work elsewhere")
    );
    let charges = "charges: A-1001, A-1003, A-1002, A-1004\n";
    assert!(printed.ends_with(charges), "{printed}");
}

/// Started as a function, it fails in its init phase, and says what to do.
#[test]
fn a_function_without_table_region_or_credentials_says_what_to_set() {
    let table = ("IDEM_TABLE", "orders");
    let region = ("AWS_REGION", "eu-central-1");
    for (environment, advice) in [
        (&[][..], "set the environment variable IDEM_TABLE"),
        (&[table], "set the environment variable AWS_REGION"),
        (
            &[table, region],
            "give the function a role, or set AWS_ACCESS_KEY_ID",
        ),
    ] {
        let mut function = program("dynamodb");
        function.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
        let output = function.envs(environment.iter().copied()).output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(advice), "{said}");
    }
}

#[test]
fn a_client_of_the_gateway_example_gets_each_order_once_through_every_gateway() {
    let printed = printed(&program("gateway").output().unwrap());
    // Five gateways, each with the attribute and the layer.
    assert_eq!(printed.matches(": 201, replayed, ").count(), 10 * 3);
    assert_eq!(printed.matches("was used for another request").count(), 10);
    assert_eq!(printed.matches("was not kept").count(), 10 * 2);
}

#[test]
fn a_client_of_the_http_example_orders_once_per_key() {
    let printed = printed(&program("http").output().unwrap());
    assert_eq!(printed.matches("(replayed)").count(), 3, "{printed}");
    assert!(printed.ends_with("9 requests, 2 orders\n"), "{printed}");
}
