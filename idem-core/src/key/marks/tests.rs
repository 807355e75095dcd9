//! What marks tell, and to whom.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::event::Invocation;
use crate::key::layout::Canonical;
use crate::key::{Input, Namespace, Path, RecordId, Segment};

const ORDER_ID: Expression =
    Expression::Path(Path::streamed("$.orderId", &[Segment::Name("orderId")]));
const AMOUNT: Expression = Expression::Path(Path::streamed("$.amount", &[Segment::Name("amount")]));
static CURRENCY: Expression =
    Expression::Path(Path::streamed("$.currency", &[Segment::Name("currency")]));
static PAYMENT: Expression = Expression::Tuple(&[
    AMOUNT,
    CURRENCY,
    Expression::Tuple(&[
        Expression::Path(Path::general("$.to")),
        Expression::Path(Path::general("$.items[*].id")),
    ]),
]);

fn payment() -> Value {
    json!({ "orderId": "A-1001", "amount": 42, "currency": "EUR", "to": "shop", "items": [{ "id": 1 }] })
}

/// The payment, with this in its place.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut payload = payment();
    for (name, value) in changes {
        payload[*name] = value.clone();
    }
    payload
}

fn namespace() -> Namespace {
    Namespace::new(None, "charge")
}

fn marks_of(fingerprint: &Expression, id: &RecordId, input: &Input<'_>) -> Option<Marks> {
    Marks::of(fingerprint, &ORDER_ID, id, input)
}

/// The marks of a call in `namespace`, of `tenant`.
fn marks_in(
    namespace: &Namespace,
    tenant: Option<&str>,
    fingerprint: &Expression,
    payload: &Value,
) -> Option<Marks> {
    let input = Input {
        invocation: Invocation {
            tenant,
            ..Invocation::default()
        },
        payload,
        values: &[],
    };
    let id = ORDER_ID.id_in(namespace, &input).unwrap();
    marks_of(fingerprint, &id, &input)
}

fn marks(fingerprint: &Expression, payload: &Value) -> Option<Marks> {
    marks_in(&namespace(), None, fingerprint, payload)
}

/// What is said of a payment after another one.
fn said(fingerprint: &'static Expression, first: &Value, second: &Value) -> String {
    let (first, second) = (marks(fingerprint, first), marks(fingerprint, second));
    differing(fingerprint, first.as_ref(), second.as_ref()).to_string()
}

#[test]
fn each_part_that_differs_is_named() {
    for (changes, expected) in [
        (&[("amount", json!(43))][..], "`$.amount` differs"),
        (&[("currency", json!("USD"))], "`$.currency` differs"),
        (
            &[("amount", json!(43)), ("currency", json!("USD"))],
            "`$.amount` and `$.currency` differ",
        ),
        (
            &[
                ("amount", json!(43)),
                ("currency", json!("USD")),
                ("to", json!("pub")),
            ],
            r#"`$.amount`, `$.currency` and `("$.to", "$.items[*].id")` differ"#,
        ),
    ] {
        assert_eq!(said(&PAYMENT, &payment(), &with(changes)), expected);
        assert_eq!(said(&PAYMENT, &with(changes), &payment()), expected);
    }
}

#[test]
fn a_part_that_is_a_tuple_is_one_part() {
    let items = json!([{ "id": 1 }, { "id": 2 }]);
    for changes in [
        &[("to", json!("pub"))][..],
        &[("items", items.clone())],
        &[("to", json!("pub")), ("items", items)],
    ] {
        assert_eq!(
            said(&PAYMENT, &payment(), &with(changes)),
            r#"`("$.to", "$.items[*].id")` differs"#
        );
    }
}

#[test]
fn the_parts_are_given_as_the_attribute_has_them() {
    let changed = with(&[("amount", json!(43)), ("to", json!("pub"))]);
    let (first, second) = (marks(&PAYMENT, &payment()), marks(&PAYMENT, &changed));
    let difference = differing(&PAYMENT, first.as_ref(), second.as_ref());
    let parts: Vec<_> = difference.parts().collect();
    assert_eq!(parts, ["$.amount", r#"("$.to", "$.items[*].id")"#]);
}

#[test]
fn null_is_a_value_like_any_other() {
    let null = with(&[("amount", Value::Null)]);
    for value in [json!(0), json!(false), json!(""), json!([]), json!({})] {
        let other = with(&[("amount", value)]);
        assert_eq!(said(&PAYMENT, &null, &other), "`$.amount` differs");
    }
    assert_eq!(marks(&PAYMENT, &null), marks(&PAYMENT, &null));
}

#[test]
fn a_part_that_is_absent_leaves_no_marks_to_compare() {
    let mut payload = payment();
    payload.as_object_mut().unwrap().remove("currency");
    assert_eq!(marks(&PAYMENT, &payload), None);
}

#[test]
fn a_fingerprint_of_one_part_has_no_marks_and_is_what_differs() {
    static ONE: Expression = Expression::Tuple(&[AMOUNT]);
    for fingerprint in [&AMOUNT, &ONE] {
        assert_eq!(marks(fingerprint, &payment()), None);
        let difference = differing(fingerprint, None, None);
        assert_eq!(difference.to_string(), "`$.amount` differs");
    }
}

#[test]
fn a_closure_is_named_by_its_number() {
    static CLOSURES: Expression =
        Expression::Tuple(&[AMOUNT, Expression::Value(0), Expression::Value(1)]);
    let [first, second] = [2, 3].map(|value| {
        let payload = &payment();
        let input = Input {
            invocation: Invocation::default(),
            payload,
            values: &[&1, &value],
        };
        let id = ORDER_ID.id_in(&namespace(), &input).unwrap();
        marks_of(&CLOSURES, &id, &input)
    });
    let difference = differing(&CLOSURES, first.as_ref(), second.as_ref());
    assert_eq!(difference.to_string(), "`closure 2` differs");
}

#[test]
fn where_marks_are_missing_or_tell_nothing_the_whole_fingerprint_is_named() {
    static TWO: Expression = Expression::Tuple(&[AMOUNT, CURRENCY]);
    let changed = with(&[("amount", json!(43))]);
    let (three, two) = (marks(&PAYMENT, &payment()), marks(&TWO, &changed));
    let cannot_tell = r#"what of `("$.amount", "$.currency")` differs cannot be told"#;
    for (stored, asked) in [
        (None, None),
        (None, two.as_ref()),
        (two.as_ref(), None),
        // What a version with more parts wrote.
        (three.as_ref(), two.as_ref()),
        (two.as_ref(), two.as_ref()),
        (Some(&Marks::from_bytes([1, 2, 3])), two.as_ref()),
        (Some(&Marks::from_bytes([])), two.as_ref()),
    ] {
        let difference = differing(&TWO, stored, asked);
        assert_eq!(difference.to_string(), cannot_tell);
        assert_eq!(difference.parts().count(), 0);
    }
    // What a version with several wrote, where there is one now.
    assert_eq!(
        differing(&AMOUNT, two.as_ref(), None).to_string(),
        "what of `$.amount` differs cannot be told"
    );
}

#[test]
fn parts_beyond_the_sixteenth_have_no_mark() {
    static PARTS: [Expression; 18] = {
        let mut parts = [AMOUNT; 18];
        parts[15] = CURRENCY;
        parts[16] = Expression::Path(Path::general("$.to"));
        parts
    };
    static MANY: Expression = Expression::Tuple(&PARTS);
    let first = marks(&MANY, &payment()).unwrap();
    assert_eq!(first.as_bytes().len(), 32);
    let changed = with(&[("currency", json!("USD"))]);
    assert_eq!(said(&MANY, &payment(), &changed), "`$.currency` differs");
    let changed = with(&[("to", json!("pub"))]);
    assert_eq!(
        said(&MANY, &payment(), &changed),
        format!("what of `{MANY}` differs cannot be told")
    );
}

#[test]
fn equal_parts_have_other_marks_under_another_key_namespace_or_tenant_and_in_another_place() {
    static TWICE: Expression = Expression::Tuple(&[AMOUNT, AMOUNT]);
    let other_key = with(&[("orderId", json!("A-1002"))]);
    let all = [
        marks(&TWICE, &payment()),
        marks(&TWICE, &other_key),
        marks_in(&Namespace::new(None, "refund"), None, &TWICE, &payment()),
        marks_in(&namespace(), Some("blue"), &TWICE, &payment()),
    ];
    let all: Vec<_> = all.iter().flatten().flat_map(Marks::of_parts).collect();
    assert_eq!(all.len(), 8);
    for (index, mark) in all.iter().enumerate() {
        assert!(!all[..index].contains(mark), "{index}");
    }
}

/// What a store has kept is compared with what later versions make. Computed apart, from the documents.
#[test]
fn the_layout_of_marks_stays_as_it_is() {
    let marks = marks(&PAYMENT, &payment()).unwrap();
    assert_eq!(marks.as_bytes(), [0xf3, 0x16, 0xa1, 0xb8, 0x9d, 0xd3]);
}

/// Whichever way a path finds its nodes.
#[test]
fn marks_are_what_the_documents_say() {
    static ALL: Expression = Expression::Path(Path::streamed(
        "$.items.*",
        &[Segment::Name("items"), Segment::Wildcard],
    ));
    static PARTS: Expression = Expression::Tuple(&[AMOUNT, ALL]);
    let payload = with(&[("items", json!({ "b": 1.5, "a": [null, "x"] }))]);
    let id = namespace().id_of_value(None, "A-1001").unwrap();
    let canonical = |json: &str| Canonical::of_json(json).unwrap().bytes();
    let by_hand = |place: u8, part: &str| {
        let mut bytes = [&[16][..], b"idem-lambda mark", &[1]].concat();
        bytes.resize(64, 0);
        bytes.extend(id.digest());
        bytes.extend(canonical(r#""A-1001""#));
        bytes.push(place);
        bytes.extend(canonical(part));
        Sha256::digest(bytes)[..2].to_vec()
    };
    let expected = [by_hand(0, "42"), by_hand(1, r#"[[null, "x"], 1.5]"#)].concat();
    assert_eq!(marks(&PARTS, &payload).unwrap().as_bytes(), expected);
}

#[test]
fn nothing_of_marks_can_be_printed() {
    let marks = marks(&PAYMENT, &payment()).unwrap();
    assert_eq!(format!("{marks:?}"), "Marks(..)");
    let difference = differing(&PAYMENT, Some(&marks), None);
    assert_eq!(
        format!("{difference:?}"),
        format!("Difference({difference})")
    );
}
