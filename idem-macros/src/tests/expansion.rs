//! Whole expansions, to be read.

use std::path::Path;

use super::{assert_is_file, read, uses};
use crate::expand;

/// Expands what stands in `<name>.rs`, and compares with `<name>.expanded.rs`.
fn snapshot(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/expansion");
    let source = read(&folder.join(format!("{name}.rs")));
    let found = uses(source.parse().unwrap());
    let expanded = found
        .into_iter()
        .map(|found| expand(found.arguments, found.item));
    let expanded = syn::parse2(expanded.collect()).unwrap();
    let expanded = prettyplease::unparse(&expanded);
    assert_is_file(&folder.join(format!("{name}.expanded.rs")), &expanded);
}

#[test]
fn shortest_handler() {
    snapshot("shortest");
}

#[test]
fn every_argument() {
    snapshot("arguments");
}

#[test]
fn policies_and_a_question() {
    snapshot("policies");
}

#[test]
fn every_form_of_a_key() {
    snapshot("keys");
}

#[test]
fn pattern_in_place_of_the_event() {
    snapshot("pattern");
}

#[test]
fn handler_of_responses() {
    snapshot("responses");
}

#[test]
fn generic_handler() {
    snapshot("generic");
}

#[test]
fn wrong_attribute_leaves_the_function() {
    snapshot("fault");
}
