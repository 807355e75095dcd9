//! What is said where a key comes with another fingerprint.

use std::future::{Future, pending};
use std::pin::pin;
use std::task::{self, Waker};

use idem_lambda::{Error, idempotent};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Runs, runtime};

/// An error that is stored.
#[derive(Debug, Serialize, Deserialize)]
enum Declined {
    Card,
    #[serde(skip)]
    Guard(Error),
}

impl From<Error> for Declined {
    fn from(error: Error) -> Self {
        Self::Guard(error)
    }
}

impl Declined {
    fn of_guard(self) -> Error {
        match self {
            Self::Guard(error) => error,
            Self::Card => panic!("the card was declined"),
        }
    }
}

/// What becomes of a payment stands in its order id.
#[idempotent(
    key = "$.orderId",
    fingerprint = ("$.amount", json("$.body", "$.iban"), |payment| payment["memo"].as_str().map(str::len)),
    ttl = "1h",
    on_error = remember
)]
async fn pay(payment: Value, runs: &Runs) -> Result<u32, Declined> {
    let run = runs.note();
    match payment["orderId"].as_str() {
        Some("hangs") => pending().await,
        Some("declined") => Err(Declined::Card),
        _ => Ok(run),
    }
}

fn payment(id: &str, amount: u32, iban: &str) -> Value {
    let body = json!({ "iban": iban }).to_string();
    json!({ "orderId": id, "amount": amount, "body": body, "memo": "thanks" })
}

/// Makes a first call, which may hang, and gives what is said of a second one.
async fn mismatch(first: Value, second: Value) -> Error {
    let runs = Runs::default();
    let calls = async {
        let mut first = pin!(pay(first, &runs));
        let _ = first
            .as_mut()
            .poll(&mut task::Context::from_waker(Waker::noop()));
        let error = pay(second, &runs).await.unwrap_err().of_guard();
        assert_eq!(runs.note(), 2);
        error
    };
    let error = runtime().scope(calls).await;
    assert!(error.is_mismatch(), "{error}");
    error
}

#[tokio::test]
async fn the_parts_that_differ_are_named_whatever_became_of_the_first_call() {
    for id in ["completes", "hangs", "declined"] {
        let first = payment(id, 4711, "DE89");
        let error = mismatch(first.clone(), payment(id, 4712, "DE89")).await;
        assert_eq!(error.differing(), ["$.amount"], "{id}");
        let error = mismatch(first, payment(id, 4712, "DE88")).await;
        assert_eq!(
            error.differing(),
            ["$.amount", r#"json("$.body", "$.iban")"#],
            "{id}"
        );
    }
}

#[tokio::test]
async fn the_message_says_what_differs_and_what_to_do_and_holds_no_value() {
    let mut second = payment("A-1", 4712, "DE88");
    second["memo"] = json!("");
    let error = mismatch(payment("A-1", 4711, "DE89"), second).await;
    let message = error.to_string();
    let (record, reason) = message.split_once(": ").unwrap();
    assert_eq!(record, error.record().unwrap().to_string());
    assert_eq!(
        reason,
        r#"the key was used before with another fingerprint: `$.amount`, `json("$.body", "$.iban")` and `closure 1` differ; use a new key for a new request"#
    );
    let printed = format!("{error:?}");
    for value in ["4711", "4712", "DE8", "thanks", "A-1"] {
        assert!(!reason.contains(value) && !printed.replace(record, "").contains(value));
    }
}

#[idempotent(key = "$.orderId", fingerprint = "$.amount", ttl = "1h")]
async fn of_one_part(payment: Value) -> Result<(), Error> {
    drop(payment);
    Ok(())
}

#[tokio::test]
async fn a_fingerprint_of_one_part_is_what_differs() {
    let calls = async {
        of_one_part(payment("A-1", 4711, "")).await.unwrap();
        of_one_part(payment("A-1", 4712, "")).await.unwrap_err()
    };
    let error = runtime().scope(calls).await;
    assert_eq!(error.differing(), ["$.amount"]);
    assert!(error.to_string().contains(": `$.amount` differs; "));
}

#[idempotent(key = "$.orderId", fingerprint = ("$.amount", "$.memo"), name = "versions", ttl = "1h")]
async fn of_two_parts(payment: Value) -> Result<(), Error> {
    drop(payment);
    Ok(())
}

#[idempotent(key = "$.orderId", fingerprint = ("$.amount", "$.memo", "$.body"), name = "versions", ttl = "1h")]
async fn of_three_parts(payment: Value) -> Result<(), Error> {
    drop(payment);
    Ok(())
}

#[tokio::test]
async fn after_a_version_with_other_parts_it_cannot_be_told_what_differs() {
    let calls = async {
        of_two_parts(payment("A-1", 4711, "")).await.unwrap();
        of_three_parts(payment("A-1", 4711, "")).await.unwrap_err()
    };
    let error = runtime().scope(calls).await;
    assert!(error.is_mismatch() && error.differing().is_empty());
    assert!(error.to_string().contains(
        r#": what of `("$.amount", "$.memo", "$.body")` differs cannot be told; use a new key"#
    ));
}

#[idempotent(key = "$.Records[0].eventID", fingerprint = ("$.amount", "$.memo"), ttl = "1h")]
async fn of_a_stream(change: Value) -> Result<(), Error> {
    drop(change);
    Ok(())
}

#[idempotent(key = request_id, fingerprint = ("$.amount", "$.memo"), ttl = "1h")]
async fn of_a_request(payment: LambdaEvent<Value>) -> Result<(), Error> {
    drop(payment);
    Ok(())
}

/// What makes marks a secret is the key, and the record says what brought it.
#[tokio::test]
async fn a_record_that_holds_its_key_in_plain_text_has_no_marks_to_try_out() {
    let change = json!({
        "Records": [{ "eventSource": "aws:dynamodb", "eventID": "c4ca4238a0b923820dcc509a6f75849b" }],
        "amount": 4711,
        "memo": "thanks",
    });
    let mut context = Context::default();
    context.request_id = "r-1".to_owned();
    let runtime = runtime();
    for (handler, key) in [
        ("of_a_stream", "c4ca4238a0b923820dcc509a6f75849b"),
        ("of_a_request", "r-1"),
    ] {
        let call = async {
            match handler {
                "of_a_stream" => of_a_stream(change.clone()).await,
                _ => of_a_request(LambdaEvent::new(change.clone(), context.clone())).await,
            }
        };
        runtime.scope(call).await.unwrap();
        let name = format!("{}::{handler}", module_path!());
        let record = runtime.records().find(&name, key).await.unwrap().unwrap();
        assert!(record.fingerprint.is_some());
        assert_eq!(record.marks, None, "{handler}");
    }
}

#[tokio::test]
async fn a_call_without_the_attribute_says_only_that_it_differs() {
    let runtime = runtime();
    let pay = async |cents: u32| {
        let call = runtime
            .call("pay", "A-1")
            .ttl(std::time::Duration::from_hours(1));
        call.fingerprint(&cents)
            .run(async || Ok::<_, Error>(()))
            .await
    };
    pay(4711).await.unwrap();
    let error = pay(4712).await.unwrap_err();
    assert!(error.is_mismatch() && error.differing().is_empty());
    assert!(error.to_string().ends_with(
        ": the key was used before with another fingerprint; use a new key for a new request"
    ));
}
