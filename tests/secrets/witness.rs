//! Hears all that the library tells, and finds what must not be in it.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idem_lambda::Verdict;
use idem_lambda::key::RecordId;
use idem_lambda::observe::{EndedCall, Observer, Outcome};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, span};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// What every planted text begins with.
const MARK: &str = "s3cr3t";

/// A number that is planted.
pub(crate) const NUMBER: u64 = 4_111_111_111_111_111;

/// A text that must not be told, with where it is planted.
pub(crate) fn secret(place: &str) -> String {
    format!("{MARK}-{place}")
}

/// Keeps all that it is told. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Witness(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    outcomes: BTreeSet<Outcome>,
    verdicts: BTreeSet<Verdict>,
    records: Vec<RecordId>,
}

impl Witness {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap()
    }

    /// Keeps what was told of something.
    pub(crate) fn note(&self, what: &str, told: impl fmt::Display) {
        self.heard().lines.push(format!("{what}: {told}"));
    }

    /// Keeps an error with all that it came from.
    pub(crate) fn note_error(&self, error: &(dyn StdError + 'static)) {
        self.note("error", error_chain(error));
    }

    /// What holds a secret, however it is spelt.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let spellings = spellings();
        let has_secret = |line: &&String| {
            let lower = line.to_lowercase();
            let mut spellings = spellings.iter();
            spellings.any(|secret| line.contains(secret) || lower.contains(secret))
        };
        let heard = self.heard();
        heard.lines.iter().filter(has_secret).cloned().collect()
    }

    /// Whether a line has all these.
    pub(crate) fn has_heard(&self, parts: &[&str]) -> bool {
        let heard = self.heard();
        let has_all = |line: &String| parts.iter().all(|part| line.contains(part));
        heard.lines.iter().any(has_all)
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.heard().outcomes.iter().copied().collect()
    }

    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        self.heard().verdicts.iter().copied().collect()
    }

    /// The records of the calls that have ended since this was asked last.
    pub(crate) fn records(&self) -> Vec<RecordId> {
        std::mem::take(&mut self.heard().records)
    }
}

/// The texts of an error and of what it came from, and their `Debug`.
fn error_chain(error: &(dyn StdError + 'static)) -> String {
    let mut chain = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        write!(chain, "{error} {error:?} ").unwrap();
        next = error.source();
    }
    chain
}

/// How a secret can look: as it is, or as bytes are written.
fn spellings() -> Vec<String> {
    let bytes = MARK.as_bytes();
    let list = |digits: String| digits.trim_matches(['[', ']']).to_owned();
    let decimal = list(format!("{bytes:?}"));
    let hexadecimal = list(format!("{bytes:02x?}")).replace(", ", "");
    let mut spellings = vec![MARK.to_owned(), decimal, hexadecimal, NUMBER.to_string()];
    // In Base64 a text looks differently after none, one and two bytes before it: what is not of it alone is cut off.
    for before in 0..3 {
        let encoded = STANDARD.encode([&vec![0; before], bytes].concat());
        let (start, end) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
        spellings.push(encoded[start..end].to_owned());
    }
    spellings
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}

impl Observer for Witness {
    fn call_ended(&self, call: &EndedCall<'_>) {
        self.note("call", format!("{call:?}"));
        let mut heard = self.heard();
        heard.outcomes.insert(call.outcome);
        heard.verdicts.extend(call.verdict);
        heard.records.extend(call.record.cloned());
    }
}

/// What is written there is a line at a time.
impl io::Write for Witness {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.note("line", String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every level and target is heard.
impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Witness {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        self.note("span", fields.of(attributes.metadata()));
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.note("recorded", fields.0);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.note("event", fields.of(event.metadata()));
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(String);

impl Fields {
    fn of(self, metadata: &tracing::Metadata<'_>) -> String {
        format!("{} {}{}", metadata.target(), metadata.name(), self.0)
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }

    fn record_error(&mut self, field: &Field, value: &(dyn StdError + 'static)) {
        write!(self.0, " {field}={}", error_chain(value)).unwrap();
    }
}
