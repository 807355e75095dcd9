//! Generated shapes.

use proptest::prelude::*;

use super::shape::{Shape, string};

/// Few names, so that paths meet them.
const NAMES: [&str; 4] = ["a", "b", "7", "\u{e9}"];

fn name() -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(&NAMES[..])
}

/// What `serde_json::Value` holds as it is.
fn leaf() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        Just(Shape::None),
        Just(Shape::UnitStruct),
        name().prop_map(Shape::UnitVariant),
        any::<bool>().prop_map(Shape::Bool),
        any::<i8>().prop_map(Shape::I8),
        any::<i64>().prop_map(Shape::I64),
        any::<i64>().prop_map(|value| Shape::I128(value.into())),
        any::<u8>().prop_map(Shape::U8),
        any::<u64>().prop_map(Shape::U64),
        any::<u64>().prop_map(|value| Shape::U128(value.into())),
        any::<i16>().prop_map(|value| Shape::F32(f32::from(value) / 4.0)),
        any::<i32>().prop_map(|value| Shape::F64(f64::from(value) / 10.0)),
        Just(Shape::F64(-0.0)),
        any::<char>().prop_map(Shape::Char),
        ".{0,3}".prop_map(Shape::Str),
        ".{0,3}".prop_map(Shape::Displayed),
        prop::collection::vec(any::<u8>(), 0..3).prop_map(Shape::Bytes),
    ]
}

fn member_name() -> impl Strategy<Value = Shape> {
    prop_oneof![
        4 => name().prop_map(string),
        1 => Just(Shape::I8(7)),
        1 => Just(Shape::U64(7)),
        1 => Just(Shape::Char('a')),
        1 => Just(Shape::UnitVariant("b")),
        1 => Just(Shape::Newtype(Box::new(string("a")))),
        1 => Just(Shape::Bool(true)),
        1 => Just(Shape::F64(0.5)),
    ]
}

fn tree(leaf: BoxedStrategy<Shape>) -> impl Strategy<Value = Shape> {
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..4);
        let fields = prop::collection::vec((name(), inner.clone()), 0..5);
        let members = prop::collection::vec((member_name(), inner.clone()), 0..5);
        prop_oneof![
            1 => inner.clone().prop_map(|value| Shape::Some(value.into())),
            1 => inner.clone().prop_map(|value| Shape::Newtype(value.into())),
            1 => (name(), inner).prop_map(|(name, value)| Shape::NewtypeVariant(name, value.into())),
            1 => items.clone().prop_map(Shape::Seq),
            1 => items.clone().prop_map(Shape::Tuple),
            1 => items.clone().prop_map(Shape::TupleStruct),
            1 => (name(), items).prop_map(|(name, items)| Shape::TupleVariant(name, items)),
            4 => members.prop_map(Shape::Map),
            4 => fields.clone().prop_map(Shape::Struct),
            1 => (name(), fields).prop_map(|(name, fields)| Shape::StructVariant(name, fields)),
        ]
    });
    prop::collection::vec((name(), tree), 1..4).prop_map(Shape::Struct)
}

/// Values that survive `serde_json::to_value`.
pub(super) fn plain() -> impl Strategy<Value = Shape> {
    tree(leaf().boxed())
}

fn raw_value() -> impl Strategy<Value = Shape> {
    let items = prop::collection::vec((name(), leaf()), 0..3);
    (items, any::<bool>()).prop_map(|(items, object)| {
        let value = if object {
            Shape::Struct(items)
        } else {
            Shape::Seq(items.into_iter().map(|(_, item)| item).collect())
        };
        Shape::RawValue(serde_json::to_string(&value).unwrap_or_default())
    })
}

/// What only the text of JSON holds as it is.
fn wide() -> impl Strategy<Value = Shape> {
    let number =
        prop::sample::select(&["0", "-0", "1.0", "1e2", "0.1", "18446744073709551616"][..]);
    // Without `arbitrary_precision` it is a struct like any other to `serde_json`.
    let is_number = serde_json::to_string(&Shape::Number("1")).is_ok_and(|text| text == "1");
    prop_oneof![
        2 => any::<i128>().prop_map(Shape::I128),
        2 => any::<u128>().prop_map(Shape::U128),
        2 => (-1e6_f32..1e6).prop_map(Shape::F32),
        2 => (-1e6..1e6).prop_map(Shape::F64),
        2 => raw_value(),
        u32::from(is_number) => number.prop_map(Shape::Number),
    ]
}

/// Values that survive `serde_json::to_string`.
pub(super) fn written() -> impl Strategy<Value = Shape> {
    tree(prop_oneof![2 => leaf(), 1 => wide()].boxed())
}

/// So many cases, or as many as `PROPTEST_CASES` says.
pub(super) fn cases(cases: u32) -> ProptestConfig {
    let said = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: said.and_then(|said| said.parse().ok()).unwrap_or(cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
