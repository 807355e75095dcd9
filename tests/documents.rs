//! What documents say of keys, against the code.

use idem_lambda::key::Namespace;

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
