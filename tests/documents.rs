//! What documents say, against the code.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::fs;
use std::path::Path;

use idem_lambda::Verdict;
use idem_lambda::key::Namespace;
use idem_lambda::observe::Outcome;

const DESIGN: &str = include_str!("../DESIGN.md");

#[test]
fn the_layout_of_keys_stands_in_the_design_as_in_the_docs() {
    let docs = include_str!("../idem-core/src/key.rs").lines();
    let rows: Vec<_> = docs.filter_map(|line| line.strip_prefix("//! |")).collect();
    assert!(rows.len() > 15, "{rows:?}");
    for row in rows {
        assert!(DESIGN.contains(&format!("\n|{row}\n")), "{row}");
    }
}

#[test]
fn the_example_in_the_design_is_its_id() {
    let id = Namespace::new(None, "charge").id_of_value(None, "A-1001");
    let id = id.unwrap().to_string();
    let digest = id.strip_prefix("charge#").unwrap();
    assert!(DESIGN.contains(&format!("`{digest}`")), "{digest}");
}

#[test]
fn each_verdict_and_outcome_has_its_place_in_the_docs_of_the_logs() {
    let logs = include_str!("../src/logs.md");
    for verdict in Verdict::ALL {
        let (_, section) = logs.split_once(&format!("\n## `{verdict}`\n")).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let query = format!("```text\nfilter fields.verdict = \"{verdict}\"\n| ");
        assert!(section.contains(&query), "{verdict}");
    }
    for outcome in Outcome::ALL {
        assert!(logs.contains(&format!("\n| `{outcome}` | ")), "{outcome}");
    }
}

/// All Rust files below this folder, one after another.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_design_names_is_there() {
    let mut code = String::new();
    for folder in ["tests", "idem-core/src", "idem-core/tests"] {
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut code,
        );
    }
    let quoted = DESIGN.split('`').skip(1).step_by(2);
    // The name of a test is a sentence.
    let is_test = |name: &&str| {
        let is_name = |byte: u8| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit();
        name.matches('_').count() >= 4 && name.bytes().all(is_name)
    };
    let named: Vec<_> = quoted.filter(is_test).collect();
    assert!(named.len() > 80, "{}", named.len());
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "{name}");
    }
}
