//! Every route from an event to its key comes to the same bytes: those of the plain layout.

use proptest::prelude::*;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json_path::JsonPath;

use super::super::generated::{cases, plain, written};
use super::super::layout::{Canonical, Step};
use super::derived::derived;
use super::{general, id, namespace};
use crate::key::{Expression, Fingerprint, Path, Segment};

/// General paths that meet the names of the generated values.
const GENERAL: &[&str] = &[
    "$..a",
    "$..*",
    "$..[0]",
    "$.a..b",
    "$.a[-1]",
    "$.b.a[-1].a",
    "$[-1]",
    "$.a[0,-1]",
    "$['b','a','b']",
    "$.*[1:]",
    "$.a[::-1]",
    "$.a['7',0]",
    "$.a[?@.a]",
    "$..[?@.b].b",
    "$.*[?@ == null]",
    "$.*[?@.a != $.b]",
    "$.a[?$.b.a]",
    "$.a[?@ == $.a[0]]",
    "$.a[?@ == $['a'][-1]].b",
    "$..[?length(@) > 1]",
    "$.*[?count($..a) > 2]",
    "$[?count($.*) > 2 && !@.a]",
    "$.*[?@.a || value($.*) == @]",
    "$[?@ == $['\u{e9}']].*",
];

/// What is expected of the nodes `nodes` of the path `text`.
fn expected(text: &str, nodes: &[Canonical], many: bool) -> Result<[u8; 32], String> {
    let fault = |place: &str, fault| Err(format!("key `{text}`{place}: {fault}"));
    if nodes.is_empty() {
        return fault("", if many { "selects nothing" } else { "missing" });
    }
    for (index, node) in nodes.iter().enumerate() {
        let place = if many {
            format!(", node {}", index + 1)
        } else {
            String::new()
        };
        if node.is_absent() {
            return fault(
                &place,
                match node {
                    Canonical::Null => "null",
                    Canonical::String(_) => "an empty string",
                    Canonical::List(_) => "an empty list",
                    _ => "an empty object",
                },
            );
        }
    }
    let key = if many {
        Canonical::List(nodes.to_vec())
    } else {
        nodes[0].clone()
    };
    let namespace = namespace();
    let name = namespace.as_str().split_once('/').unwrap().1;
    Ok(key.digest(namespace.function(), name, None))
}

fn actual<P: Serialize>(path: &Expression, payload: &P) -> Result<[u8; 32], String> {
    id(path, payload)
        .map(|id| *id.digest())
        .map_err(|error| error.to_string())
}

fn fingerprint<P: Serialize>(payload: &P) -> [u8; 32] {
    *Fingerprint::of(payload).unwrap().as_bytes()
}

/// A path through `value`: each turn is a step to a member or an item, a wildcard, or a step astray.
fn steps(value: &Canonical, turns: &[u8]) -> Vec<Segment<'static>> {
    let mut here = value;
    let mut steps = Vec::new();
    for turn in turns.iter().copied().map(usize::from) {
        let (children, step) = match here {
            _ if turn % 16 == 0 => (None, Segment::Name("absent")),
            Canonical::Object(members) if !members.is_empty() => {
                let (name, value) = members.iter().nth(turn % members.len()).unwrap();
                (Some(value), Segment::Name(name.clone().leak()))
            }
            Canonical::List(items) if !items.is_empty() => {
                let index = turn % items.len();
                (Some(&items[index]), Segment::Index(index as u64))
            }
            _ => break,
        };
        steps.push(if turn % 4 == 1 {
            Segment::Wildcard
        } else {
            step
        });
        here = children.unwrap_or(&Canonical::Null);
    }
    steps
}

fn text(steps: &[Segment<'_>]) -> &'static str {
    let quoted = |name: &str| serde_json::to_string(name).unwrap();
    let step = |step: &Segment<'_>| match step {
        Segment::Name(name) => format!("[{}]", quoted(name)),
        Segment::Index(index) => format!("[{index}]"),
        _ => "[*]".into(),
    };
    format!("${}", steps.iter().map(step).collect::<String>()).leak()
}

/// The nodes of `path` in `value`, by a query on a tree whose members are sorted.
fn queried(path: &str, value: &Value) -> Vec<Canonical> {
    let path = JsonPath::parse(path).unwrap();
    let node = |node: &Value| Canonical::of_json(&node.to_string()).unwrap();
    path.query(value).all().into_iter().map(node).collect()
}

/// Checks a path by the plain layout, by the streamed and the general route, and on the payload as text.
fn agree<P: Serialize>(payload: &P, turns: &[u8]) -> Result<(&'static str, bool), TestCaseError> {
    let json = serde_json::to_string(payload).unwrap();
    let canonical = Canonical::of_json(&json).unwrap();
    let raw = RawValue::from_string(json).unwrap();
    let segments = steps(&canonical, turns);
    let text = text(&segments);
    let plain: Vec<Step> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Name(name) => Step::Name(name),
            Segment::Index(index) => Step::Index(usize::try_from(*index).unwrap()),
            _ => Step::Wildcard,
        })
        .collect();
    let nodes: Vec<_> = canonical.select(&plain).into_iter().cloned().collect();
    let many = segments.contains(&Segment::Wildcard);
    let expected = expected(text, &nodes, many);

    let streamed = Expression::Path(Path::streamed(text, segments.leak()));
    prop_assert_eq!(&actual(&streamed, payload), &expected);
    prop_assert_eq!(&actual(&streamed, &raw), &expected);
    prop_assert_eq!(&actual(&general(text), payload), &expected);
    prop_assert_eq!(&actual(&general(text), &raw), &expected);
    prop_assert_eq!(fingerprint(payload), canonical.fingerprint());
    Ok((text, many))
}

/// Checks a path by way of a tree.
fn agree_with_tree<P: Serialize>(
    payload: &P,
    turns: &[u8],
    query: &'static str,
) -> Result<(), TestCaseError> {
    let (text, many) = agree(payload, turns)?;
    let mut value = serde_json::to_value(payload).unwrap();
    prop_assert_eq!(fingerprint(payload), fingerprint(&value));
    let is_singular = matches!(query, "$.a[-1]" | "$.b.a[-1].a" | "$[-1]");
    for (path, many) in [(text, many), (query, !is_singular)] {
        let actual = [
            actual(&general(path), payload),
            actual(&general(path), &value),
        ];
        value.sort_all_objects();
        let expected = expected(path, &queried(path, &value), many);
        prop_assert_eq!(&actual[0], &expected);
        prop_assert_eq!(&actual[1], &expected);
    }
    Ok(())
}

fn turns() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..5)
}

fn query() -> impl Strategy<Value = &'static str> {
    prop::sample::select(GENERAL)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn every_route_to_a_shape_is_one(payload in written(), turns in turns()) {
        agree(&payload, &turns)?;
    }

    #[test]
    fn every_route_through_a_tree_is_one(payload in plain(), turns in turns(), query in query()) {
        agree_with_tree(&payload, &turns, query)?;
    }

    #[test]
    fn every_route_to_a_derived_type_is_one(payload in derived(), turns in turns(), query in query()) {
        agree_with_tree(&payload, &turns, query)?;
    }
}
