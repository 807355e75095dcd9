//! The golden vectors of `tests/data/keys.jsonl`: once released, the id of a key stays what it is.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use idem_core::Invocation;
use idem_core::key::path::{self, Parsed, Step};
use idem_core::key::{Expression, Fingerprint, Namespace, Path, Segment};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

const VECTORS: &str = include_str!("data/keys.jsonl");
/// The version that the vectors are of. Another layout of keys needs another, and vectors of its own.
const LAYOUT: u8 = 1;

/// The first line of the file.
#[derive(Deserialize)]
struct Seal {
    layout: u8,
    vectors: usize,
    sha256: String,
}

/// A key and an event, and the id that they make or the words why there is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector<'v> {
    #[serde(rename = "about")]
    _about: String,
    function: Option<String>,
    /// Without a name it is the vector of a fingerprint.
    name: Option<String>,
    tenant: Option<String>,
    request_id: Option<String>,
    key: Value,
    #[serde(rename = "type")]
    type_name: Option<String>,
    /// Whether `serde_json::Value` may round the event's numbers, or not take it at all.
    #[serde(default)]
    raw: bool,
    /// How often the text `x` is repeated wherever it stands in the event by itself.
    times: Option<usize>,
    #[serde(borrow)]
    event: &'v RawValue,
    id: Option<String>,
    fault: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Order {
    lines: Vec<Line>,
    customer: Customer,
    note: Option<String>,
    amount: f64,
    quantity: i8,
    #[serde(rename = "orderId")]
    id: String,
}

#[derive(Deserialize, Serialize)]
struct Customer {
    #[serde(rename = "e-mail")]
    e_mail: String,
    id: u64,
}

#[derive(Deserialize, Serialize)]
struct Line {
    count: i32,
    sku: char,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Gateway {
    version: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    body: String,
    is_base64_encoded: bool,
}

#[derive(Deserialize, Serialize)]
struct Batch<R> {
    #[serde(rename = "Records")]
    records: Vec<R>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: String,
    body: String,
}

#[derive(Deserialize, Serialize)]
struct StreamRecord {
    kinesis: Kinesis,
    #[serde(rename = "eventID")]
    event_id: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Kinesis {
    data: String,
    sequence_number: String,
}

#[derive(Deserialize, Serialize)]
struct Wide {
    id: u128,
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// The path of a vector; a general one is an object that says what it selects, for those who do not run it.
fn path(path: &Value) -> Path {
    let text = path.get("query").unwrap_or(path).as_str().unwrap();
    let text: &'static str = text.to_owned().leak();
    match path::parse(text).unwrap() {
        Parsed::Streamed(steps) => {
            assert!(path.is_string(), "{text}");
            let segments = steps.into_iter().map(|step| match step {
                Step::Name(name) => Segment::Name(name.leak()),
                Step::Index(index) => Segment::Index(index),
                Step::Wildcard => Segment::Wildcard,
            });
            Path::streamed(text, segments.collect::<Vec<_>>().leak())
        }
        Parsed::General => {
            assert!(path.is_object(), "{text}");
            Path::general(text)
        }
    }
}

fn expression(key: &Value) -> Expression {
    match key {
        Value::String(word) if word == "request_id" => Expression::RequestId,
        Value::Array(parts) => {
            Expression::Tuple(parts.iter().map(expression).collect::<Vec<_>>().leak())
        }
        Value::Object(form) if form.contains_key("json") => {
            Expression::Json(leaked(expression(&form["json"][0])), path(&form["json"][1]))
        }
        Value::Object(form) if form.contains_key("base64") => {
            Expression::Base64(leaked(expression(&form["base64"])))
        }
        Value::Object(form) if form.contains_key("header") => {
            Expression::Header(form["header"].as_str().unwrap().to_owned().leak())
        }
        _ => Expression::Path(path(key)),
    }
}

impl Vector<'_> {
    /// The event's text.
    fn text(&self) -> String {
        let text = self.event.get();
        match self.times {
            Some(times) => text.replace("\"x\"", &format!("\"{}\"", "x".repeat(times))),
            None => text.to_owned(),
        }
    }

    fn expected(&self) -> Result<&str, &str> {
        match (&self.id, &self.fault) {
            (Some(id), None) => Ok(id),
            (None, Some(fault)) => Err(fault),
            _ => panic!("either an id or a fault"),
        }
    }

    fn outcome<P: Serialize>(&self, payload: &P) -> Result<String, String> {
        let invocation = Invocation {
            request_id: self.request_id.as_deref(),
            tenant: self.tenant.as_deref(),
            deadline: None,
        };
        let is_value = self.key == "value";
        let made = if let Some(name) = &self.name {
            let namespace = Namespace::new(self.function.as_deref(), name);
            let id = if is_value {
                namespace.id_of_value(invocation.tenant, payload)
            } else {
                expression(&self.key).id(&namespace, &invocation, payload)
            };
            id.map(|id| id.to_string())
        } else {
            let fingerprint = if is_value {
                Fingerprint::of(payload)
            } else {
                expression(&self.key).fingerprint(&invocation, payload)
            };
            fingerprint.map(|fingerprint| hex(fingerprint.as_bytes()))
        };
        made.map_err(|error| error.to_string())
    }

    fn typed(&self, text: &str) -> Option<Result<String, String>> {
        Some(match self.type_name.as_deref()? {
            "Order" => self.outcome(&serde_json::from_str::<Order>(text).unwrap()),
            "Gateway" => self.outcome(&serde_json::from_str::<Gateway>(text).unwrap()),
            "Queue" => self.outcome(&serde_json::from_str::<Batch<Message>>(text).unwrap()),
            "Stream" => self.outcome(&serde_json::from_str::<Batch<StreamRecord>>(text).unwrap()),
            "Wide" => self.outcome(&serde_json::from_str::<Wide>(text).unwrap()),
            other => panic!("no type `{other}`"),
        })
    }

    /// How the vector fails, in words.
    fn faults(&self) -> String {
        let mut faults = String::new();
        let expected = self.expected();
        let mut check = |event, outcome: Result<String, String>| {
            let actual = outcome.as_deref().map_err(String::as_str);
            if actual != expected {
                write!(faults, "\n  as {event}: {actual:?} is not {expected:?}").unwrap();
            }
        };
        let text = self.text();
        let raw: Box<RawValue> = serde_json::from_str(&text).unwrap();
        check("a raw value", self.outcome(&raw));
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => {
                let outcome = self.outcome(&value);
                let rounded = |fault: &String| fault.contains("not exact");
                if !(self.raw && outcome.as_ref().is_err_and(rounded)) {
                    check("a value", outcome);
                }
            }
            Err(error) => assert!(self.raw, "{error}"),
        }
        if let Some(outcome) = self.typed(&text) {
            check("a type", outcome);
        }
        faults
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn every_vector_has_its_id() {
    let mut faults = String::new();
    for (at, line) in VECTORS.lines().enumerate().skip(1) {
        let vector: Vector = serde_json::from_str(line).unwrap();
        let found = vector.faults();
        if !found.is_empty() {
            write!(faults, "\nline {}, {line}:{found}", at + 1).unwrap();
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// Records in stores are named by these ids: a vector that changes is a layout that changes, and needs a new version.
/// `scripts/keys.py --seal` adds vectors, and refuses to change one. The words of a fault may change.
#[test]
fn no_vector_was_changed_without_a_new_layout() {
    let (seal, vectors) = VECTORS.split_once('\n').unwrap();
    let seal: Seal = serde_json::from_str(seal).unwrap();
    assert_eq!(seal.layout, LAYOUT, "vectors of another layout");
    assert_eq!(seal.vectors, vectors.lines().count(), "unsealed vectors");
    let mut sealed = Sha256::new();
    for line in vectors.lines() {
        let (line, _) = line.split_once(", \"fault\": ").unwrap_or((line, ""));
        sealed.update(line);
        sealed.update("\n");
    }
    let changed = "a vector was changed: restore it, or raise the version of the layout";
    assert_eq!(seal.sha256, hex(&sealed.finalize()), "{changed}");
}
