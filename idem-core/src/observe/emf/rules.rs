//! The rules of the [embedded metric format][format] and of what it refers to, each by its name, so that tests can hold lines
//! to them.
//!
//! [format]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A rule that a line can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// It ends with its only line feed.
    OneLine,
    /// An event of CloudWatch Logs has at most 1 MB.
    Size,
    /// The line is a JSON object and nothing else.
    Root,
    /// No member is there twice.
    Once,
    /// `_aws` is an object.
    Metadata,
    /// `Timestamp` is an integer: milliseconds since the epoch.
    Timestamp,
    /// `CloudWatchMetrics` is a list of objects, and not empty.
    Directives,
    /// Objects that the format defines have no other members.
    Members,
    /// `Namespace` has 1 to 255 letters, digits, spaces and `.-_/#:`, not spaces only, and begins neither with `:` nor with
    /// `AWS/`.
    Namespace,
    /// `Dimensions` is a list of lists of names, and not empty.
    Dimensions,
    /// A set of dimensions has at most 30, each once.
    DimensionCount,
    /// A dimension's name has 1 to 250 visible ASCII characters and begins with no colon.
    DimensionName,
    /// A dimension is a member of the root, and a string.
    DimensionTarget,
    /// A dimension's value has 1 to 1,024 ASCII characters, no control characters, not spaces only, and begins with no colon.
    DimensionValue,
    /// `Metrics` is a list of 1 to 100 objects.
    Metrics,
    /// A metric's name has 1 to 255 ASCII characters, and no control characters.
    MetricName,
    /// A metric is a member of the root: a number, or a list of at most 100 numbers.
    MetricTarget,
    /// A metric's value lies between -2^360 and 2^360.
    MetricValue,
    /// `Unit` is one of CloudWatch's.
    Unit,
    /// `StorageResolution` is 1 or 60.
    StorageResolution,
    /// A metric is defined once for a set of dimensions: it would count twice.
    Counted,
    /// What is not there is not written as null.
    Null,
}

const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// The root of a line that breaks no rule.
pub(super) fn checked(line: &[u8]) -> Result<Map<String, Value>, Rule> {
    let (end, text) = line.split_last().ok_or(Rule::OneLine)?;
    check(*end == b'\n' && !text.contains(&b'\n'), Rule::OneLine)?;
    check(line.len() <= 1_000_000, Rule::Size)?;
    let root: Map<String, Value> = serde_json::from_slice(text).map_err(|_| Rule::Root)?;
    // Of two members with one name the second is kept; what is kept is as long as the line only where none was lost.
    let kept = serde_json::to_vec(&root).map_err(|_| Rule::Root)?;
    check(kept.len() == text.len(), Rule::Once)?;
    check(!root.values().any(Value::is_null), Rule::Null)?;

    let metadata = object(root.get("_aws"), Rule::Metadata)?;
    members(metadata, &["Timestamp", "CloudWatchMetrics"])?;
    let timestamp = metadata.get("Timestamp");
    check(timestamp.is_some_and(Value::is_u64), Rule::Timestamp)?;
    let directives = list(metadata.get("CloudWatchMetrics"), Rule::Directives)?;
    check(!directives.is_empty(), Rule::Directives)?;
    let mut counted = BTreeSet::new();
    for directive in directives {
        let directive = object(Some(directive), Rule::Directives)?;
        members(directive, &["Namespace", "Dimensions", "Metrics"])?;
        namespace(directive.get("Namespace"))?;
        let dimensions = list(directive.get("Dimensions"), Rule::Dimensions)?;
        check(!dimensions.is_empty(), Rule::Dimensions)?;
        let metrics = list(directive.get("Metrics"), Rule::Metrics)?;
        check((1..=100).contains(&metrics.len()), Rule::Metrics)?;
        for set in dimensions {
            let set = dimension_set(&root, list(Some(set), Rule::Dimensions)?)?;
            for metric in metrics {
                let name = metric_name(&root, object(Some(metric), Rule::Metrics)?)?;
                check(counted.insert((set.clone(), name)), Rule::Counted)?;
            }
        }
    }
    Ok(root)
}

fn check(holds: bool, rule: Rule) -> Result<(), Rule> {
    if holds { Ok(()) } else { Err(rule) }
}

fn object(value: Option<&Value>, rule: Rule) -> Result<&Map<String, Value>, Rule> {
    value.and_then(Value::as_object).ok_or(rule)
}

fn list(value: Option<&Value>, rule: Rule) -> Result<&Vec<Value>, Rule> {
    value.and_then(Value::as_array).ok_or(rule)
}

fn text(value: Option<&Value>, rule: Rule) -> Result<&str, Rule> {
    value.and_then(Value::as_str).ok_or(rule)
}

fn members(object: &Map<String, Value>, known: &[&str]) -> Result<(), Rule> {
    let is_known = |name: &String| known.contains(&name.as_str());
    check(object.keys().all(is_known), Rule::Members)
}

/// Printable ASCII of some length.
fn is_ascii(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn namespace(value: Option<&Value>) -> Result<(), Rule> {
    let namespace = text(value, Rule::Namespace)?;
    let is_allowed = |char: char| char.is_ascii_alphanumeric() || ".-_/#: ".contains(char);
    check(
        is_ascii(namespace, 255)
            && namespace.chars().all(is_allowed)
            && namespace.contains(|char| char != ' ')
            && !namespace.starts_with(':')
            && !namespace.starts_with("AWS/"),
        Rule::Namespace,
    )
}

fn dimension_set(root: &Map<String, Value>, set: &[Value]) -> Result<BTreeSet<String>, Rule> {
    let mut names = BTreeSet::new();
    for name in set {
        let name = text(Some(name), Rule::Dimensions)?;
        let is_visible = is_ascii(name, 250) && !name.contains(' ');
        check(is_visible && !name.starts_with(':'), Rule::DimensionName)?;
        let value = text(root.get(name), Rule::DimensionTarget)?;
        let is_value = is_ascii(value, 1024) && value.contains(|char| char != ' ');
        check(is_value && !value.starts_with(':'), Rule::DimensionValue)?;
        names.insert(name.to_owned());
    }
    let is_set = names.len() == set.len() && set.len() <= 30;
    check(is_set, Rule::DimensionCount)?;
    Ok(names)
}

fn metric_name(root: &Map<String, Value>, metric: &Map<String, Value>) -> Result<String, Rule> {
    members(metric, &["Name", "Unit", "StorageResolution"])?;
    let name = text(metric.get("Name"), Rule::MetricName)?;
    check(is_ascii(name, 255), Rule::MetricName)?;
    let target = root.get(name).ok_or(Rule::MetricTarget)?;
    let values = target
        .as_array()
        .map_or(std::slice::from_ref(target), |list| list);
    check(values.len() <= 100, Rule::MetricTarget)?;
    for value in values {
        let value = value.as_f64().ok_or(Rule::MetricTarget)?;
        check(value.abs() <= 2_f64.powi(360), Rule::MetricValue)?;
    }
    if let Some(unit) = metric.get("Unit") {
        let unit = text(Some(unit), Rule::Unit)?;
        check(UNITS.contains(&unit), Rule::Unit)?;
    }
    if let Some(resolution) = metric.get("StorageResolution") {
        let resolution = resolution.as_u64();
        check(matches!(resolution, Some(1 | 60)), Rule::StorageResolution)?;
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A line that breaks none of the rules, with all that the format knows.
    fn sound() -> Value {
        json!({
            "_aws": {
                "Timestamp": 1_574_109_732_004_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "lambda-function metrics",
                    "Dimensions": [[], ["functionVersion"]],
                    "Metrics": [
                        { "Name": "time", "Unit": "Milliseconds", "StorageResolution": 60 },
                        { "Name": "sizes" },
                    ],
                }],
            },
            "functionVersion": "$LATEST",
            "time": 100.5,
            "sizes": [1, 2, 3],
            "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee",
        })
    }

    fn line(root: &Value) -> Vec<u8> {
        format!("{root}\n").into_bytes()
    }

    #[test]
    fn a_sound_line_breaks_no_rule() {
        assert!(checked(&line(&sound())).is_ok());
    }

    #[test]
    fn what_is_no_line_of_json_breaks_a_rule() {
        let sound = sound().to_string();
        for (fault, rule) in [
            (sound.clone(), Rule::OneLine),
            (format!("{sound}\n\n"), Rule::OneLine),
            (String::new(), Rule::OneLine),
            (format!("2026-01-01 {sound}\n"), Rule::Root),
            (format!("[{sound}]\n"), Rule::Root),
            (sound.replacen('{', "{\"time\":1,", 1) + "\n", Rule::Once),
        ] {
            assert_eq!(checked(fault.as_bytes()), Err(rule), "{fault}");
        }
        let mut long = self::sound();
        long["requestId"] = "x".repeat(1_000_000).into();
        assert_eq!(checked(&line(&long)), Err(Rule::Size));
    }

    /// Each fault: where, and what stands there instead; `null` for nothing.
    fn faults() -> Vec<(&'static str, Value, Rule)> {
        const DIRECTIVE: &str = "/_aws/CloudWatchMetrics/0";
        const NAMESPACE: &str = "/_aws/CloudWatchMetrics/0/Namespace";
        const DIMENSIONS: &str = "/_aws/CloudWatchMetrics/0/Dimensions";
        const METRICS: &str = "/_aws/CloudWatchMetrics/0/Metrics";
        const METRIC: &str = "/_aws/CloudWatchMetrics/0/Metrics/0";
        let many: Vec<_> = (0..101).collect();
        let metrics: Vec<_> = many.iter().map(|_| json!({ "Name": "time" })).collect();
        vec![
            ("/requestId", Value::Null, Rule::Null),
            ("/_aws", json!("emf"), Rule::Metadata),
            ("/_aws", json!({}), Rule::Timestamp),
            ("/_aws/Timestamp", json!("2019-11-18"), Rule::Timestamp),
            ("/_aws/Timestamp", json!(1.5), Rule::Timestamp),
            ("/_aws/Timestamp", json!(-1), Rule::Timestamp),
            ("/_aws/CloudWatchMetrics", json!([]), Rule::Directives),
            ("/_aws/CloudWatchMetrics", json!({}), Rule::Directives),
            (DIRECTIVE, json!("metrics"), Rule::Directives),
            ("/_aws/Level", json!("info"), Rule::Members),
            (NAMESPACE, json!(""), Rule::Namespace),
            (NAMESPACE, json!("n".repeat(256)), Rule::Namespace),
            (NAMESPACE, json!("näme"), Rule::Namespace),
            (NAMESPACE, json!("a\tb"), Rule::Namespace),
            (NAMESPACE, json!("a,b"), Rule::Namespace),
            (NAMESPACE, json!("  "), Rule::Namespace),
            (NAMESPACE, json!(":a"), Rule::Namespace),
            (NAMESPACE, json!("AWS/Lambda"), Rule::Namespace),
            (NAMESPACE, json!(7), Rule::Namespace),
            (DIMENSIONS, json!([]), Rule::Dimensions),
            (DIMENSIONS, json!(["functionVersion"]), Rule::Dimensions),
            (DIMENSIONS, json!([[1]]), Rule::Dimensions),
            (
                DIMENSIONS,
                json!([vec!["functionVersion"; 31]]),
                Rule::DimensionCount,
            ),
            (DIMENSIONS, json!([["n".repeat(251)]]), Rule::DimensionName),
            (DIMENSIONS, json!([[""]]), Rule::DimensionName),
            (DIMENSIONS, json!([[":a"]]), Rule::DimensionName),
            (DIMENSIONS, json!([["a b"]]), Rule::DimensionName),
            (DIMENSIONS, json!([["version"]]), Rule::DimensionTarget),
            (DIMENSIONS, json!([["time"]]), Rule::DimensionTarget),
            (
                DIMENSIONS,
                json!([["functionVersion"], ["functionVersion"]]),
                Rule::Counted,
            ),
            ("/functionVersion", json!(""), Rule::DimensionValue),
            ("/functionVersion", json!("  "), Rule::DimensionValue),
            ("/functionVersion", json!("vérsion"), Rule::DimensionValue),
            ("/functionVersion", json!("a\tb"), Rule::DimensionValue),
            ("/functionVersion", json!(":a"), Rule::DimensionValue),
            (
                "/functionVersion",
                json!("v".repeat(1025)),
                Rule::DimensionValue,
            ),
            (METRICS, json!([]), Rule::Metrics),
            (METRICS, json!(metrics), Rule::Metrics),
            (METRICS, json!(["time"]), Rule::Metrics),
            (METRIC, json!({ "Name": "sizes" }), Rule::Counted),
            (METRIC, json!({ "Unit": "Count" }), Rule::MetricName),
            (METRIC, json!({ "Name": "" }), Rule::MetricName),
            (METRIC, json!({ "Name": "n".repeat(256) }), Rule::MetricName),
            (METRIC, json!({ "Name": "a\tb" }), Rule::MetricName),
            (METRIC, json!({ "Name": "absent" }), Rule::MetricTarget),
            (METRIC, json!({ "Name": "time", "Unit": "ms" }), Rule::Unit),
            (METRIC, json!({ "Name": "time", "Unit": 1 }), Rule::Unit),
            (
                METRIC,
                json!({ "Name": "time", "StorageResolution": 30 }),
                Rule::StorageResolution,
            ),
            (
                METRIC,
                json!({ "Name": "time", "Value": 30 }),
                Rule::Members,
            ),
            ("/time", json!("100"), Rule::MetricTarget),
            ("/time", json!({ "value": 100 }), Rule::MetricTarget),
            ("/time", json!(1e109), Rule::MetricValue),
            ("/time", json!(-1e109), Rule::MetricValue),
            ("/sizes", json!(many), Rule::MetricTarget),
            ("/sizes", json!([1, "2"]), Rule::MetricTarget),
        ]
    }

    #[test]
    fn each_planted_fault_breaks_its_rule() {
        for (place, fault, rule) in faults() {
            let mut root = sound();
            let (parent, name) = place.rsplit_once('/').unwrap();
            match root.pointer_mut(parent).unwrap() {
                Value::Array(items) => items[name.parse::<usize>().unwrap()] = fault.clone(),
                parent => parent[name] = fault.clone(),
            }
            assert_eq!(checked(&line(&root)), Err(rule), "{place}: {fault}");
        }
    }
}
