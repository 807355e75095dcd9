//! Metrics for CloudWatch on the standard output.

mod dimension;
mod line;
#[cfg(test)]
mod rules;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use self::line::Line;
use super::{EndedCall, Observer};
use crate::error::{Error, Kind};

/// Writes one line of CloudWatch's [embedded metric format][format] per call, to the standard output: CloudWatch Logs, where
/// Lambda sends it, makes metrics of it. No agent, no request and no further permission is needed.
///
/// What begins with a capital in such a line is a metric or a dimension; what else is there, for searching with Logs Insights,
/// is named as in the `tracing` event. Only what there is of a call is there. The [table](super#metrics) has all metrics.
///
/// # Example: metrics of a Lambda function
///
/// ```
/// # #[cfg(feature = "memory")] {
/// # use idem_core as idem_lambda;
/// use idem_lambda::{Idempotency, observe::Emf, store::Memory};
///
/// let idempotency = Idempotency::builder(Memory::new())
///     .observer(Emf::new().namespace("Shop/Idempotency")?)
///     .build();
/// # }
/// # Ok::<(), idem_core::Error>(())
/// ```
///
/// A replay then writes, in one line:
///
/// ```json
/// {
///   "_aws": {
///     "Timestamp": 1800000000030,
///     "CloudWatchMetrics": [
///       {
///         "Namespace": "Shop/Idempotency",
///         "Dimensions": [["Handler"], ["Handler", "Outcome"]],
///         "Metrics": [{ "Name": "Calls", "Unit": "Count" }]
///       },
///       {
///         "Namespace": "Shop/Idempotency",
///         "Dimensions": [["Handler"], ["Handler", "Verdict"]],
///         "Metrics": [{ "Name": "Duplicates", "Unit": "Count" }]
///       },
///       {
///         "Namespace": "Shop/Idempotency",
///         "Dimensions": [["Handler"]],
///         "Metrics": [{ "Name": "StoreTime", "Unit": "Milliseconds" }]
///       }
///     ]
///   },
///   "Handler": "orders/charge",
///   "Outcome": "replayed",
///   "Verdict": "client_retry",
///   "Calls": 1,
///   "Duplicates": 1,
///   "StoreTime": 30.0,
///   "record": "orders/charge#072d990223f58e21ca611bb9e8b8666c71de5bc96dfbf62adb2f13b78c8b9fe7",
///   "request_id": "8f507cfc-xmpl-4697-b07a-ac58fc914c95",
///   "first_request_id": "1d0a6dfe-xmpl-4d2f-8a44-5a3c4e6f1b02",
///   "advice": "the caller sent it again: make its SDK's read timeout longer than the function's duration, or call asynchronously; behind a queue or stream, give the handler the whole record, whose id tells a redelivery"
/// }
/// ```
///
/// # What it costs
///
/// CloudWatch bills each metric of each set of dimensions. A handler makes one of `Calls` and one more for each outcome that
/// occurs, one of `Duplicates` and one more for each verdict that occurs, and one of each measure: twelve where calls run,
/// are replayed, are busy and fail, and duplicates are concurrent and sent again; 23 at most. In shadow mode there is one
/// more of `Calls` for each outcome that calls would have had. Record, request id, reason and advice are no dimensions.
///
/// Logs are billed by size, and a line has about a kilobyte. It says what the `tracing` event says: a subscriber that leaves out
/// the target `idem` below `warn` does not log both.
///
/// # What it leaves out
///
/// - A handler's name is visible ASCII in a dimension: other characters, and `%`, are percent-encoded (`caf%C3%A9`), and
///   what is over 1,024 bytes then is cut off. An empty name is `-`.
/// - A line of more than 256 KiB, which CloudWatch may not take, is written without what is only for searching: names and
///   request ids may be of any length outside Lambda.
/// - What cannot be written is lost: a call matters more than its metrics.
/// - In a function whose log format is JSON and whose application log level is above `INFO`, Lambda drops the lines: it takes
///   what has no `level` for `INFO`.
///
/// [format]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
pub struct Emf {
    namespace: Cow<'static, str>,
    out: Out,
}

enum Out {
    Standard,
    Other(Mutex<Box<dyn Write + Send>>),
}

impl Emf {
    /// Metrics in the namespace `Idem`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            namespace: Cow::Borrowed("Idem"),
            out: Out::Standard,
        }
    }

    /// Metrics in this namespace.
    ///
    /// # Errors
    ///
    /// [`is_not_configured`](Error::is_not_configured): CloudWatch does not take it. It has 1 to 255 ASCII letters, digits,
    /// spaces and `.-_/#:`, not spaces only, and begins neither with `:` nor with `AWS/`.
    pub fn namespace(self, namespace: impl Into<Cow<'static, str>>) -> Result<Self, Error> {
        let namespace = namespace.into();
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" .-_/#:".contains(&byte);
        let is_taken = (1..=255).contains(&namespace.len())
            && namespace.bytes().all(is_allowed)
            && !namespace.trim().is_empty()
            && !namespace.starts_with(':')
            && !namespace.starts_with("AWS/");
        if !is_taken {
            return Err(Error::new(Kind::NotConfigured(
                "not a CloudWatch namespace; write 1 to 255 letters, digits, spaces and `.-_/#:`, with neither `:` nor `AWS/` at the start, as in `Shop/Idempotency`",
            )));
        }
        Ok(Self { namespace, ..self })
    }

    /// Writes the lines there instead of to the standard output: each with one call of [`Write::write_all`], and then
    /// flushes.
    #[must_use]
    pub fn to(self, out: impl Write + Send + 'static) -> Self {
        let out = Out::Other(Mutex::new(Box::new(out)));
        Self { out, ..self }
    }
}

impl Default for Emf {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Emf {
    fn call_ended(&self, call: &EndedCall<'_>) {
        let line = Line::new(&self.namespace, call).json();
        // The call matters more than its metrics.
        _ = match &self.out {
            Out::Standard => write(&mut io::stdout().lock(), &line),
            Out::Other(out) => {
                let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
                write(&mut **out, &line)
            }
        };
    }
}

/// Writes a whole line at once: lines of concurrent calls must not mix.
fn write(out: &mut dyn Write, line: &[u8]) -> io::Result<()> {
    out.write_all(line)?;
    out.flush()
}

impl fmt::Debug for Emf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emf")
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::clock::UnixMillis;
    use crate::key::{Namespace, RecordId};
    use crate::observe::{Measures, Outcome};
    use crate::verdict::Verdict;

    /// The line of a call, which breaks no rule.
    #[track_caller]
    fn line(call: &EndedCall<'_>) -> serde_json::Map<String, Value> {
        let line = Line::new("Idem", call).json();
        match rules::checked(&line) {
            Ok(root) => root,
            Err(rule) => panic!("{rule:?}: {}", String::from_utf8_lossy(&line)),
        }
    }

    /// A call of which only this is known.
    fn call(handler: &str, outcome: Outcome) -> EndedCall<'_> {
        EndedCall {
            at: UnixMillis(1_800_000_000_000),
            handler,
            record: None,
            request_id: None,
            outcome,
            reason: None,
            verdict: None,
            first_request_id: None,
            advice: None,
            shadow: None,
            measures: Measures::default(),
        }
    }

    /// The metrics of a line, each with its unit and its sets of dimensions.
    fn metrics(line: &serde_json::Map<String, Value>) -> Vec<(&str, &str, &Value)> {
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        let metrics = directives.iter().flat_map(|directive| {
            let metrics = directive["Metrics"].as_array().unwrap().iter();
            metrics.map(|metric| {
                let text = |name| metric[name].as_str().unwrap();
                (text("Name"), text("Unit"), &directive["Dimensions"])
            })
        });
        metrics.collect()
    }

    fn id(handler: &str) -> RecordId {
        Namespace::new(None, handler)
            .id_of_value(None, "A-1001")
            .unwrap()
    }

    #[test]
    fn a_call_of_which_nothing_else_is_known_is_counted() {
        let line = line(&call("charge", Outcome::Refused));
        assert_eq!(
            metrics(&line),
            [(
                "Calls",
                "Count",
                &json!([["Handler"], ["Handler", "Outcome"]])
            )]
        );
        let mut names: Vec<_> = line.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["Calls", "Handler", "Outcome", "_aws"]);
    }

    #[test]
    fn times_are_milliseconds_with_their_fraction() {
        let line = line(&EndedCall {
            measures: Measures {
                store: Duration::from_nanos(3_250_001),
                waiting: Duration::from_secs(2),
                lease_left: Some(Duration::ZERO),
                stored_bytes: Some(0),
            },
            ..call("charge", Outcome::Ran)
        });
        assert_eq!(line["StoreTime"], json!(3.250_001));
        assert_eq!(line["WaitTime"], json!(2000.0));
        // A lease that was over is worth knowing.
        assert_eq!(line["LeaseLeft"], json!(0.0));
        assert_eq!(line["StoredBytes"], json!(0));
    }

    #[test]
    fn in_shadow_mode_what_would_have_been_is_a_dimension() {
        let line = line(&EndedCall {
            shadow: Some(Outcome::Replayed),
            verdict: Some(Verdict::ClientRetry),
            ..call("charge", Outcome::Ran)
        });
        assert_eq!(line["Shadow"], "replayed");
        let sets = json!([["Handler"], ["Handler", "Outcome"], ["Handler", "Shadow"]]);
        assert_eq!(metrics(&line)[0], ("Calls", "Count", &sets));
        let sets = json!([["Handler"], ["Handler", "Verdict"]]);
        assert_eq!(metrics(&line)[1], ("Duplicates", "Count", &sets));
    }

    #[test]
    fn a_line_that_would_be_too_long_has_the_metrics_all_the_same() {
        let (handler, request_id) = ("h".repeat(300_000), "r".repeat(2_000_000));
        for call in [
            EndedCall {
                request_id: Some(&request_id),
                ..call("charge", Outcome::Ran)
            },
            EndedCall {
                record: Some(&id(&handler)),
                ..call(&handler, Outcome::Ran)
            },
        ] {
            let line = line(&call);
            assert_eq!(line["Calls"], 1);
            assert!(!line.contains_key("request_id") && !line.contains_key("record"));
        }
    }

    #[test]
    fn every_metric_stands_in_the_docs_with_its_unit() {
        let line = line(&EndedCall {
            verdict: Some(Verdict::Concurrent),
            measures: Measures {
                store: Duration::from_millis(1),
                waiting: Duration::from_millis(1),
                lease_left: Some(Duration::ZERO),
                stored_bytes: Some(0),
            },
            ..call("charge", Outcome::Ran)
        });
        let docs = include_str!("../observe.rs");
        let metrics = metrics(&line);
        for (name, unit, _) in &metrics {
            assert!(docs.contains(&format!("| `{name}` | {unit} |")), "{name}");
        }
        assert_eq!(metrics.len(), 6);
    }

    /// Text as it may come: any characters, and long.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![".{0,40}", "[ -~]{0,40}", ".{300,1500}", "\\PC{0,9}"]
    }

    fn duration() -> impl Strategy<Value = Duration> {
        let parts = (any::<u64>(), 0..1_000_000_000_u32);
        prop_oneof![
            Just(Duration::ZERO),
            Just(Duration::MAX),
            parts.prop_map(|(seconds, nanos)| Duration::new(seconds, nanos)),
            any::<u32>().prop_map(|nanos| Duration::from_nanos(nanos.into())),
        ]
    }

    fn measures() -> impl Strategy<Value = Measures> {
        let lease_left = proptest::option::of(duration());
        let stored_bytes = proptest::option::of(any::<u64>());
        (duration(), duration(), lease_left, stored_bytes).prop_map(
            |(store, waiting, lease_left, stored_bytes)| Measures {
                store,
                waiting,
                lease_left,
                stored_bytes,
            },
        )
    }

    proptest! {
        #[test]
        fn every_line_breaks_no_rule(
            (at, handler, outcome) in (any::<u64>(), text(), proptest::sample::select(&Outcome::ALL)),
            texts in proptest::array::uniform3(proptest::option::of(text())),
            verdict in proptest::option::of(proptest::sample::select(&Verdict::ALL)),
            shadow in proptest::option::of(proptest::sample::select(&Outcome::ALL)),
            (has_record, measures) in (any::<bool>(), measures()),
        ) {
            let record = has_record.then(|| id(&handler));
            let [request_id, first_request_id, reason] = &texts;
            let line = line(&EndedCall {
                at: UnixMillis(at),
                record: record.as_ref(),
                request_id: request_id.as_deref(),
                reason: reason.as_deref(),
                verdict,
                first_request_id: first_request_id.as_deref(),
                advice: verdict.map(|verdict| verdict.advice(None)),
                shadow,
                measures,
                ..call(&handler, outcome)
            });
            prop_assert_eq!(line.get("reason").and_then(Value::as_str), reason.as_deref());
        }

        #[test]
        fn a_namespace_is_taken_where_cloudwatch_takes_it(
            namespace in prop_oneof![
                "[A-Za-z0-9 ._/#:-]{0,6}", ".{0,3}", "(AWS/|aws/|AWS|:)[a-z]{0,3}", "[a-z]{250,260}",
            ],
        ) {
            let line = Line::new(&namespace, &call("charge", Outcome::Ran)).json();
            let is_sound = rules::checked(&line).is_ok();
            let taken = Emf::new().namespace(namespace);
            prop_assert_eq!(taken.is_ok(), is_sound, "{:?}", taken);
            if let Err(error) = taken {
                prop_assert!(error.is_not_configured());
            }
        }
    }
}
