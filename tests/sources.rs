//! The example of each event source: what it plays, and the function that it is behind the real Lambda runtime.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "support/example.rs"]
mod example;
#[path = "sources/function.rs"]
mod function;
#[path = "../examples/orders/platform.rs"]
mod platform;

use std::process::Command;

use example::example;
use function::Function;
use serde_json::{Value, json};

/// An event as its source sends it.
macro_rules! sample {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("data/", $name, ".json"))).unwrap()
    };
}

/// `event` with other members at these pointers.
fn changed<const N: usize>(event: &Value, members: [(&str, &str); N]) -> Value {
    let mut event = event.clone();
    for (pointer, member) in members {
        *event.pointer_mut(pointer).unwrap() = json!(member);
    }
    event
}

/// What an example plays: of each delivery the outcome and the verdict, and the line at the end.
fn played(name: &str) -> (Vec<String>, String) {
    let output = Command::new(example(name))
        .env_remove("AWS_LAMBDA_RUNTIME_API")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    let last = lines.pop().unwrap().to_owned();
    // The words about a delivery begin behind two columns.
    let became = |line: &&str| line[..25].split_whitespace().collect::<Vec<_>>().join(" ");
    (lines.iter().map(became).collect(), last)
}

/// Ends the function: of its calls these were logged, each with handler, request, outcome, verdict and the request of the
/// first attempt.
async fn assert_told<const N: usize>(function: Function, told: [[&str; 5]; N]) {
    let ended = function.end().await;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let ended = ended.iter().map(|ended| {
        [
            ended.handler.clone(),
            ended.request_id.clone(),
            ended.outcome.clone(),
            text(&ended.verdict),
            text(&ended.first_request_id),
        ]
    });
    assert_eq!(ended.collect::<Vec<_>>(), told);
}

#[test]
fn step_functions_plays_a_charge_in_each_execution() {
    let (became, last) = played("step_functions");
    assert_eq!(
        became,
        [
            "failed",
            "ran client_retry",
            "replayed client_retry",
            "replayed client_retry",
            "ran"
        ]
    );
    assert_eq!(last, "5 invocations in 2 executions: 2 charges");
}

#[test]
fn eventbridge_plays_a_mail_for_each_thing_that_happened() {
    let (became, last) = played("eventbridge");
    assert_eq!(
        became,
        [
            "failed",
            "ran lambda_retry",
            "replayed redelivery",
            "replayed client_retry",
            "replayed redelivery",
            "ran"
        ]
    );
    assert_eq!(
        last,
        "6 deliveries, 2 things that happened to an order: 2 mails"
    );
}

#[test]
fn cognito_plays_a_mail_for_each_thing_that_a_user_did() {
    let (became, last) = played("cognito");
    assert_eq!(
        became,
        [
            "ran",
            "replayed concurrent",
            "replayed concurrent",
            "ran",
            "ran late_arrival"
        ]
    );
    assert_eq!(last, "5 calls, 3 things that a user did: 3 mails");
}

#[test]
fn invocation_plays_a_charge_for_the_order_and_a_clean_up_for_each_task() {
    let (became, last) = played("invocation");
    assert_eq!(
        became,
        [
            "failed",
            "ran lambda_retry",
            "replayed client_retry",
            "ran",
            "replayed queue_duplicate",
            "replayed queue_duplicate",
            "ran"
        ]
    );
    assert_eq!(
        last,
        "7 deliveries of an order and of 2 tasks: 1 charge, 2 clean-ups"
    );
}

#[tokio::test]
async fn a_task_of_step_functions_answers_a_retry_of_its_state_like_the_first() {
    const HANDLER: &str = "step_functions/step_functions::charge";
    let mut function = Function::start("step_functions").await;
    let task = sample!("step-functions");
    let mut retry = task.clone();
    retry["retryCount"] = json!(1);
    let another = changed(&task, [("/execution", "arn:another")]);

    let first = function.deliver("r-1", &task).await;
    assert_eq!(function.deliver("r-2", &retry).await, first);
    assert_eq!(function.deliver("r-3", &task).await, first);
    assert_ne!(function.deliver("r-4", &another).await, first);

    assert_eq!(first, r#"{"orderId":"A-1001","cents":4200,"charge":1}"#);
    let told = [
        [HANDLER, "r-1", "ran", "", ""],
        [HANDLER, "r-2", "replayed", "client_retry", "r-1"],
        [HANDLER, "r-3", "replayed", "client_retry", "r-1"],
        [HANDLER, "r-4", "ran", "", ""],
    ];
    assert_told(function, told).await;
}

#[tokio::test]
async fn a_target_of_eventbridge_answers_whatever_comes_again_like_the_first() {
    const HANDLER: &str = "eventbridge/eventbridge::tell_customer";
    let mut function = Function::start("eventbridge").await;
    let placed = sample!("eventbridge");
    let put_again = changed(
        &placed,
        [
            ("/id", "b5a1c6f0-2f0d-4d0e-9a55-6f7b8c9d0e1f"),
            ("/time", "2024-10-30T07:31:34Z"),
        ],
    );
    let paid = changed(&placed, [("/detail-type", "OrderPaid")]);

    let first = function.deliver("r-1", &placed).await;
    assert_eq!(function.deliver("r-1", &placed).await, first);
    assert_eq!(function.deliver("r-2", &placed).await, first);
    assert_eq!(function.deliver("r-3", &put_again).await, first);
    assert_ne!(function.deliver("r-4", &paid).await, first);

    let told = [
        [HANDLER, "r-1", "ran", "", ""],
        [HANDLER, "r-1", "replayed", "queue_duplicate", "r-1"],
        [HANDLER, "r-2", "replayed", "redelivery", "r-1"],
        [HANDLER, "r-3", "replayed", "client_retry", "r-1"],
        [HANDLER, "r-4", "ran", "", ""],
    ];
    assert_told(function, told).await;
}

#[tokio::test]
async fn a_trigger_of_cognito_answers_each_attempt_with_the_event() {
    const HANDLER: &str = "cognito/cognito::tell_user";
    let mut function = Function::start("cognito").await;
    let sign_up = sample!("cognito");
    let reset = changed(
        &sign_up,
        [("/triggerSource", "PostConfirmation_ConfirmForgotPassword")],
    );

    for (request_id, event) in [
        ("r-1", &sign_up),
        ("r-2", &sign_up),
        ("r-3", &sign_up),
        ("r-4", &reset),
    ] {
        let answer = function.deliver(request_id, event).await;
        // As JSON: the type has a user's attributes in a map that keeps no order.
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer, *event, "{request_id}");
    }

    let told = [
        [HANDLER, "r-1", "ran", "", ""],
        [HANDLER, "r-2", "replayed", "client_retry", "r-1"],
        [HANDLER, "r-3", "replayed", "client_retry", "r-1"],
        [HANDLER, "r-4", "ran", "", ""],
    ];
    assert_told(function, told).await;
}

#[tokio::test]
async fn an_asynchronous_function_knows_an_order_by_its_id_and_a_task_by_its_invocation() {
    const HANDLER: &str = "invocation/invocation::charge";
    const CLEAN_UP: &str = "invocation/invocation::clean_up";
    let mut function = Function::start("invocation").await;
    let order = sample!("direct");
    let task = json!({ "task": "clean-up" });

    let charge = function.deliver("r-1", &order).await;
    assert_eq!(function.deliver("r-1", &order).await, charge);
    assert_eq!(function.deliver("r-2", &order).await, charge);
    let clean_up = function.deliver("r-3", &task).await;
    assert_eq!(function.deliver("r-3", &task).await, clean_up);
    assert_ne!(function.deliver("r-4", &task).await, clean_up);

    let told = [
        [HANDLER, "r-1", "ran", "", ""],
        [HANDLER, "r-1", "replayed", "queue_duplicate", "r-1"],
        [HANDLER, "r-2", "replayed", "client_retry", "r-1"],
        [CLEAN_UP, "r-3", "ran", "", ""],
        [CLEAN_UP, "r-3", "replayed", "queue_duplicate", "r-3"],
        [CLEAN_UP, "r-4", "ran", "", ""],
    ];
    assert_told(function, told).await;
}
