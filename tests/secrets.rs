//! Nothing of an event, its key or its result stands in what the library tells, on whatever level and however a call ends:
//! spans, events, observers, metrics, errors, records and their timelines.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "secrets/calls.rs"]
mod calls;
#[path = "secrets/handlers.rs"]
mod handlers;
#[path = "secrets/recorder.rs"]
mod recorder;
#[path = "secrets/shop.rs"]
mod shop;
#[path = "secrets/store.rs"]
mod store;
#[path = "secrets/witness.rs"]
mod witness;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idem_lambda::observe::Outcome;
use idem_lambda::{Error, Verdict};
use tracing_subscriber::layer::SubscriberExt;

use shop::{Shop, TTL, now};
use witness::{NUMBER, Witness, secret};

#[test]
fn no_secret_is_told_however_a_call_ends() {
    let witness = Witness::default();
    watch(&witness, || {
        for calls in calls::ALL {
            calls(&witness);
        }
    });
    let leaks = witness.leaks();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));

    assert_eq!(witness.outcomes(), Outcome::ALL);
    assert_eq!(witness.verdicts(), Verdict::ALL);
    assert!(witness.has_heard(&["span: idem idempotent", "handler=", "record="]));
    for outcome in Outcome::ALL {
        let field = format!("outcome=\"{outcome}\"");
        assert!(witness.has_heard(&["event: idem", &field]), "{outcome}");
        let member = format!("\"Outcome\":\"{outcome}\"");
        assert!(witness.has_heard(&["line: {", &member]), "{outcome}");
        let label = format!("outcome = {outcome}");
        assert!(witness.has_heard(&["counter: ", &label]), "{outcome}");
    }
    for fault in FAULTS {
        assert!(witness.has_heard(&["event: idem", fault]), "{fault}");
    }
}

/// What is said of the parts of keys that were at fault.
const FAULTS: [&str; 16] = [
    ": missing",
    ": selects nothing",
    ": null",
    ": an empty string",
    ": an empty list",
    ": an empty object",
    ": a number that is not exact",
    ": nested deeper than 128 levels",
    ": more than one value",
    ": not a string",
    ": not JSON",
    ": half a surrogate pair",
    ": not Base64",
    ": Base64 of what is not UTF-8",
    ": a member whose name is not a string",
    ": its `Serialize` failed",
];

/// An error that says too much, or came from one that does.
#[derive(Debug)]
struct Talks(Option<Box<Talks>>);

impl fmt::Display for Talks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(_) => f.write_str("the bank refused it"),
            None => f.write_str(&secret("error")),
        }
    }
}

impl std::error::Error for Talks {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_deref().map(|source| source as _)
    }
}

#[test]
fn what_a_handler_tells_itself_is_found() {
    type Tell = fn(&str);
    let tells: [(&str, Tell); 14] = [
        ("a text", |secret| tracing::trace!(card = secret)),
        ("a display", |secret| tracing::trace!(card = %secret)),
        ("a debug", |secret| tracing::trace!(card = ?Some(secret))),
        ("a message", |secret| tracing::error!("charging {secret}")),
        (
            "another target",
            |secret| tracing::debug!(target: "aws", secret),
        ),
        ("an error", |_| {
            tracing::warn!(error = &Talks(None) as &dyn std::error::Error);
        }),
        ("a source", |_| {
            tracing::warn!(error = &Talks(Some(Box::new(Talks(None)))) as &dyn std::error::Error);
        }),
        ("a span", |secret| {
            drop(tracing::trace_span!("charge", card = secret));
        }),
        ("a field that comes later", |secret| {
            let span = tracing::trace_span!("charge", card = tracing::field::Empty);
            span.record("card", secret);
        }),
        ("upper case", |secret| {
            tracing::info!("{}", secret.to_uppercase());
        }),
        ("bytes", |secret| tracing::info!(card = ?secret.as_bytes())),
        ("hexadecimal", |secret| {
            let digits = secret.bytes().map(|byte| format!("{byte:02X}"));
            tracing::info!(card = digits.collect::<String>());
        }),
        ("Base64", |secret| {
            for before in ["", "1", "12"] {
                tracing::info!(card = STANDARD.encode(format!("{before}{secret}")));
            }
        }),
        ("a number", |_| tracing::info!(number = NUMBER)),
    ];
    for (way, tell) in tells {
        let witness = Witness::default();
        watch(&witness, || {
            let shop = Shop::new(&witness);
            let key = secret("key");
            let call = shop.runtime.call("charge", &key).ttl(TTL);
            let charged: Result<u32, Error> = now(call.run(async || {
                tell(&secret("card"));
                Ok(1)
            }));
            charged.unwrap();
            shop.look();
        });
        let told = if way == "Base64" { 3 } else { 1 };
        let leaks = witness.leaks();
        assert_eq!(leaks.len(), told, "{way}: {leaks:?}");
    }
}

#[test]
fn what_is_no_event_is_searched_too() {
    let witness = Witness::default();
    witness.note_error(&Talks(Some(Box::new(Talks(None)))));
    witness.note("record", secret("result"));
    witness.note("record", "payments/charge#9f86");
    assert_eq!(witness.leaks().len(), 2);
}

/// Has the witness hear what this thread logs and counts meanwhile.
fn watch(witness: &Witness, calls: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(witness.clone());
    tracing::subscriber::with_default(subscriber, || {
        metrics::with_local_recorder(witness, calls);
    });
}
