//! The path checker: it accepts what `serde_json_path` accepts, and a path selects the same nodes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic;
use std::sync::LazyLock;

use idem_core::key::path::{self, Parsed, Step};
use idem_core::key::{Expression, Path, Segment};
use serde_json::{Value, json};
use serde_json_path::JsonPath;

use crate::layout::Canonical;
use crate::{digest, expected};

/// How many filters and parentheses `serde_json_path` reads in no time.
const NESTING: usize = 8;

/// A path that runs is kept for good, so that only one of so many does.
const ONE_OF: u64 = 32;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "a": [1, "x", { "a": 2, "b": "x", "c": [true, 1.5] }, [3, [4]]],
        "b": { "a": { "b": "y", "d": "xx" }, "b": [5, 6, 7], "0": "z" },
        "c": "x",
        "\u{e9}": { "1": 8 },
    })
});

pub fn check(text: &str) {
    match path::parse(text) {
        Ok(parsed) => {
            let query = JsonPath::parse(text).expect("it accepts what is accepted here");
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            if hasher.finish() % ONE_OF == 0 {
                run(text.to_owned().leak(), parsed, &query);
            }
        }
        Err(fault) => {
            assert!(fault.to_string().chars().count() <= 140, "{fault}");
            // The time that it takes doubles with each level, and nesting is a limit of ours.
            if fault.kind() != "nesting" && text.matches(['?', '(']).count() <= NESTING {
                assert_ne!(accepts(text), Some(true), "{fault}");
            }
        }
    }
}

/// Whether `serde_json_path` accepts a path; `None` where it panics, as over an unfinished escape.
fn accepts(text: &str) -> Option<bool> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let accepts = panic::catch_unwind(|| JsonPath::parse(text).is_ok());
    panic::set_hook(hook);
    accepts.ok()
}

fn run(text: &'static str, parsed: Parsed, query: &JsonPath) {
    let node = |node: &&Value| Canonical::of_json(&node.to_string()).expect("it is exact");
    let nodes: Vec<_> = query.query(&DOCUMENT).all().iter().map(node).collect();
    let one = nodes.first().and_then(expected);
    let many = (!nodes.is_empty())
        .then(|| expected(&Canonical::List(nodes.clone())))
        .flatten();
    let many = many.filter(|_| nodes.iter().all(|node| !node.is_absent()));

    let general = digest(&Expression::Path(Path::general(text)), &*DOCUMENT);
    assert!(general == one && nodes.len() <= 1 || general == many);
    if let Parsed::Streamed(steps) = parsed {
        let segments = steps.into_iter().map(|step| match step {
            Step::Name(name) => Segment::Name(name.leak()),
            Step::Index(index) => Segment::Index(index),
            Step::Wildcard => Segment::Wildcard,
        });
        let streamed = Path::streamed(text, segments.collect::<Vec<_>>().leak());
        assert_eq!(digest(&Expression::Path(streamed), &*DOCUMENT), general);
    }
}
