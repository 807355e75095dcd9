//! What is logged of a call, as a subscriber writes it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "support/log.rs"]
mod log;

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use idem_lambda::clock::{Clock, ManualClock, UnixMillis};
use idem_lambda::observe::{EndedCall, Observer};
use idem_lambda::policy::OnError;
use idem_lambda::store::Memory;
use idem_lambda::{Error, Idempotency, Invocation, batch};
use lambda_runtime::{Context, LambdaEvent};
use log::logged;
use serde_json::{Value, json};
use tracing::Level;

const HOUR: Duration = Duration::from_hours(1);

/// A batch of messages with these ids, in the invocation r-1, of which what has an id with `bad` fails.
async fn batch(source: &str, ids: &[&str]) {
    let queue = "arn:aws:sqs:eu-central-1:123456789012:orders";
    let record =
        |id: &&str| json!({ "eventSource": source, "eventSourceARN": queue, "messageId": id });
    let records: Vec<_> = ids.iter().map(record).collect();
    let mut context = Context::default();
    context.request_id = "r-1".into();
    let event = LambdaEvent::new(json!({ "Records": records }), context);
    let function = async |record: LambdaEvent<Value>| {
        let is_bad = record.payload["messageId"]
            .as_str()
            .unwrap()
            .contains("bad");
        if is_bad { Err("4111-1111") } else { Ok(()) }
    };
    _ = batch::run(event, function).await;
}

#[test]
fn a_batch_is_one_event_which_says_how_many_come_again_and_no_error_of_theirs() {
    let lines = logged(Level::INFO, async {
        batch("aws:sqs", &["1", "2"]).await;
        batch("aws:sqs", &["1", "bad 2", "bad 3"]).await;
        batch("aws:s3", &["1", "bad 2"]).await;
        _ = batch::run(
            LambdaEvent::new(json!({}), Context::default()),
            async |_| Ok::<_, ()>(()),
        )
        .await;
    });
    let counts = |line: &Value| {
        let names = [
            "records",
            "failed",
            "in_progress",
            "panicked",
            "unfinished",
            "not_started",
        ];
        names.map(|name| line["fields"][name].as_u64().unwrap())
    };
    let ends = lines
        .iter()
        .filter(|line| !line["fields"]["records"].is_null());
    let [done, failed, whole, unknown] = ends.collect::<Vec<_>>()[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(counts(done), [2, 0, 0, 0, 0, 0]);
    assert_eq!(counts(failed), [3, 2, 0, 0, 0, 0]);
    assert_eq!(counts(whole), [2, 1, 0, 0, 0, 0]);
    assert_eq!(counts(unknown), [0; 6]);
    for line in [done, failed, whole] {
        assert_eq!(line["fields"]["request_id"], "r-1");
        assert_eq!(line["target"], "idem");
    }
    assert_eq!(done["level"], "INFO");
    for line in [failed, whole, unknown] {
        assert_eq!(line["level"], "WARN");
    }
    assert_eq!(
        [done, failed].map(|line| line["fields"].get("reason")),
        [None; 2]
    );
    let why = whole["fields"]["reason"].as_str().unwrap();
    assert!(why.starts_with("1 of 2 records failed"), "{why}");
    let why = unknown["fields"]["reason"].as_str().unwrap();
    assert!(why.starts_with("the event is no batch"), "{why}");
    assert!(!format!("{lines:?}").contains("4111"));
}

#[test]
fn each_record_of_a_batch_that_failed_itself_is_one_warning_which_names_it_and_no_error() {
    const NUMBERS: [&str; 6] = ["busy", "done", "fails", "panics", "hangs", "behind"];
    let lines = logged(Level::WARN, async {
        let clock = ManualClock::at(UnixMillis(1_800_000_000_000));
        let runtime = Idempotency::builder(Memory::new());
        let runtime = runtime.clock(clock.clone()).build();
        let call = || runtime.call("charge", "busy").ttl(HOUR);
        let mut other = pin!(call().run(pending::<Result<(), Error>>));
        let begun = poll_fn(|context| Poll::Ready(other.as_mut().poll(context)));
        assert!(begun.await.is_pending());

        let record = |number: &&str| {
            let group = if *number == "behind" { "hangs" } else { number };
            json!({
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders.fifo",
                "messageId": number,
                "attributes": { "MessageGroupId": group },
            })
        };
        let function = async |record: LambdaEvent<Value>| match record.payload["messageId"]
            .as_str()
            .unwrap()
        {
            "busy" => {
                let call = call().run(async || Ok::<_, Error>(()));
                call.await.map_err(|error| error.to_string())
            }
            "fails" => Err("4111-1111".to_owned()),
            "panics" => panic!("told to panic"),
            "hangs" => {
                clock.advance(HOUR);
                pending().await
            }
            _ => Ok(()),
        };
        for numbers in [&NUMBERS[..1], &NUMBERS[1..]] {
            let records: Vec<_> = numbers.iter().map(record).collect();
            let mut context = Context::default();
            context.request_id = "r-1".into();
            context.deadline = clock.now().after(HOUR).0;
            let event = LambdaEvent::new(json!({ "Records": records }), context);
            _ = runtime.scope(batch::run(event, &function)).await;
        }
    });
    let items: Vec<_> = lines
        .iter()
        .filter(|line| !line["fields"]["item"].is_null())
        .map(|line| {
            assert_eq!(line["target"], "idem");
            assert_eq!(line["fields"].as_object().unwrap().len(), 3);
            assert_eq!(line["fields"]["request_id"], "r-1");
            ["item", "reason"].map(|name| line["fields"][name].as_str().unwrap())
        })
        .collect();
    let told = [
        ["busy", "in_progress"],
        ["fails", "failed"],
        ["panics", "panicked"],
        ["hangs", "unfinished"],
    ];
    assert_eq!(items, told);
    assert!(!format!("{lines:?}").contains("4111"));
}

#[test]
fn a_record_that_failed_and_has_no_identifier_is_one_warning_without_it() {
    let lines = logged(Level::WARN, batch("aws:s3", &["1", "bad 2"]));
    let [record, whole] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(
        record["fields"],
        json!({ "request_id": "r-1", "reason": "failed" })
    );
    assert_eq!(whole["fields"]["failed"], 1);
}

/// One call of `key`, in the invocation r-1.
async fn call(
    runtime: &Idempotency,
    key: &str,
    on_error: OnError,
    body: fn() -> Result<u32, Error>,
) {
    let invocation = Invocation {
        request_id: Some("r-1"),
        ..Invocation::default()
    };
    let call = runtime.call("charge", key).ttl(HOUR).on_error(on_error);
    _ = call.invocation(invocation).run(async || body()).await;
}

fn fails() -> Result<u32, Error> {
    Idempotency::current().map(|_| 0)
}

#[test]
fn what_a_handler_logs_lies_in_the_span_of_its_call_and_the_call_is_one_event_beside_it() {
    let lines = logged(Level::INFO, async {
        let runtime = Idempotency::new(Memory::new());
        call(&runtime, "A-1", OnError::Release, || {
            tracing::info!("charging");
            Ok(1)
        })
        .await;
    });
    let [own, ended] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(own["fields"]["message"], "charging");
    assert_eq!(own["span"]["name"], "idempotent");
    assert_eq!(
        (&ended["target"], &ended["span"]),
        (&"idem".into(), &Value::Null)
    );
    for field in ["handler", "record", "request_id"] {
        assert!(ended["fields"][field].is_string(), "{field}");
        assert_eq!(own["span"][field], ended["fields"][field], "{field}");
    }
    assert_eq!(ended["fields"]["outcome"], "ran");
}

#[test]
fn advice_is_kept_for_an_event_that_is_logged() {
    let lines = logged(Level::WARN, async {
        let runtime = Idempotency::new(Memory::new());
        for (key, on_error) in [("A-1", OnError::Release), ("A-2", OnError::Hold)] {
            call(&runtime, key, on_error, fails).await;
            call(&runtime, key, on_error, || Ok(1)).await;
        }
    });
    let [refused] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(refused["fields"]["outcome"], "refused");
    assert_eq!(refused["fields"]["verdict"], "lambda_retry");
    let advice = refused["fields"]["advice"].as_str().unwrap();
    assert!(advice.contains("MaximumRetryAttempts"), "{advice}");
}

/// Panics when it is told of a call, and once more when it is printed.
struct Broken;

impl Observer for Broken {
    fn call_ended(&self, _: &EndedCall<'_>) {
        panic!("this observer is broken");
    }
}

impl std::fmt::Debug for Broken {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("and it has a secret to keep");
    }
}

#[test]
fn an_observer_that_panics_is_named_by_its_number_and_not_printed() {
    let lines = logged(Level::WARN, async {
        let runtime = Idempotency::builder(Memory::new());
        let runtime = runtime.observer(Broken).build();
        call(&runtime, "A-1", OnError::Release, || Ok(1)).await;
    });
    let [told] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(told["fields"]["message"], "an observer panicked");
    assert_eq!(told["fields"]["observer"], 1);
}
