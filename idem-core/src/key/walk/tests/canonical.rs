use proptest::prelude::*;
use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};
use serde_json::json;

use super::fault;
use crate::key::fault::Fault;
use crate::key::generated::{cases, written};
use crate::key::json;
use crate::key::layout::{self, Canonical};
use crate::key::shape::{Shape, string};
use crate::key::sink::held;
use crate::key::strict::Strict;
use crate::key::walk::select;

fn bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    held(|sink| select(sink, &[], Strict::No, &value)).unwrap()
}

#[test]
fn bytes_are_as_the_layout_says() {
    let text = |text: &str| [&[6, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let long = |length: u8| {
        let text = vec![b'x'; length.into()];
        [&[6, 255, 0, 0, 0, 0, 0, 0, 0, length][..], &text].concat()
    };
    for (value, expected) in [
        (json!(null), vec![0]),
        (json!(false), vec![1]),
        (json!(true), vec![2]),
        (json!(0), vec![3, 0]),
        (json!(1), vec![3, 1, 1]),
        (json!(258), vec![3, 2, 1, 2]),
        (json!(-258), vec![4, 2, 1, 2]),
        (json!(1.5), vec![5, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]),
        (json!(""), text("")),
        (json!("x".repeat(254)), text(&"x".repeat(254))),
        (json!("x".repeat(255)), long(255)),
        (json!("\u{e9}"), text("\u{e9}")),
        (json!([]), vec![7, 9]),
        (json!({}), vec![8, 9]),
        (json!([null, [true]]), vec![7, 0, 7, 2, 9, 9]),
        (
            json!({ "b": null, "a": { "": true } }),
            [
                &[8][..],
                &text("a"),
                &[8],
                &text(""),
                &[2, 9],
                &text("b"),
                &[0, 9],
            ]
            .concat(),
        ),
    ] {
        assert_eq!(bytes(&value), expected, "{value}");
    }
}

#[test]
fn every_method_of_serde_has_the_form_of_its_json() {
    let pair = || vec![Shape::I8(-1), Shape::U8(1)];
    let fields = || vec![("b", Shape::Unit), ("a", Shape::Bool(true))];
    let members = |name| Shape::Map(vec![(name, Shape::Unit)]);
    for (shape, value) in [
        (Shape::Unit, json!(null)),
        (Shape::None, json!(null)),
        (Shape::UnitStruct, json!(null)),
        (Shape::Some(Box::new(Shape::I64(1))), json!(1)),
        (Shape::Newtype(Box::new(string("x"))), json!("x")),
        (Shape::UnitVariant("A"), json!("A")),
        (
            Shape::NewtypeVariant("A", Box::new(Shape::U64(1))),
            json!({ "A": 1 }),
        ),
        (Shape::TupleVariant("A", pair()), json!({ "A": [-1, 1] })),
        (
            Shape::StructVariant("A", fields()),
            json!({ "A": { "a": true, "b": null } }),
        ),
        (Shape::Seq(pair()), json!([-1, 1])),
        (Shape::Tuple(pair()), json!([-1, 1])),
        (Shape::TupleStruct(pair()), json!([-1, 1])),
        (Shape::Bytes(vec![1, 255]), json!([1, 255])),
        (Shape::Char('\u{e9}'), json!("\u{e9}")),
        (Shape::Displayed("x".into()), json!("x")),
        (Shape::Struct(fields()), json!({ "a": true, "b": null })),
        (members(Shape::I128(-7)), json!({ "-7": null })),
        (members(Shape::U64(7)), json!({ "7": null })),
        (members(Shape::Bool(true)), json!({ "true": null })),
        (members(Shape::Char('c')), json!({ "c": null })),
        (members(Shape::F64(0.5)), json!({ "0.5": null })),
        (members(Shape::F32(1.0)), json!({ "1.0": null })),
        (members(Shape::UnitVariant("A")), json!({ "A": null })),
        (
            members(Shape::Newtype(Box::new(string("x")))),
            json!({ "x": null }),
        ),
        (members(Shape::Displayed("x".into())), json!({ "x": null })),
    ] {
        assert_eq!(bytes(&shape), bytes(&value), "{shape:?}");
    }
}

#[test]
fn of_a_repeated_member_the_last_counts() {
    let repeated = Shape::Struct(vec![
        ("b", Shape::I8(1)),
        ("a", Shape::I8(2)),
        (
            "b",
            Shape::Map(vec![
                (string("x"), Shape::I8(3)),
                (string("x"), Shape::I8(4)),
            ]),
        ),
        ("b", Shape::Unit),
        (
            "b",
            Shape::Map(vec![
                (string("x"), Shape::I8(5)),
                (string("x"), Shape::I8(6)),
            ]),
        ),
    ]);
    assert_eq!(bytes(&repeated), bytes(&json!({ "a": 2, "b": { "x": 6 } })));
    let text = r#"{"a":0,"a":[{"b":1,"b":2}]}"#;
    assert_eq!(
        bytes(&Shape::RawValue(text.into())),
        bytes(&json!({ "a": [{ "b": 2 }] }))
    );
}

#[test]
fn a_member_name_is_text() {
    for name in [
        Shape::Unit,
        Shape::None,
        Shape::UnitStruct,
        Shape::Bytes(vec![1]),
        Shape::Seq(vec![]),
        Shape::Tuple(vec![]),
        Shape::TupleStruct(vec![]),
        Shape::TupleVariant("A", vec![]),
        Shape::NewtypeVariant("A", Box::new(string("x"))),
        Shape::Map(vec![]),
        Shape::Struct(vec![]),
        Shape::StructVariant("A", vec![]),
        Shape::F32(f32::NAN),
        Shape::F64(f64::INFINITY),
    ] {
        let map = Shape::Map(vec![(name, Shape::Unit)]);
        assert_eq!(fault(&[], &map), Some(Fault::MemberName), "{map:?}");
    }
}

/// Whoever takes the names of `serde_json` cannot write nothing, or two values for one.
#[test]
fn a_private_struct_holds_one_text() {
    struct Forged(&'static str, &'static [&'static str]);
    impl Serialize for Forged {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct(self.0, self.1.len())?;
            for field in self.1 {
                let _ = fields.serialize_field(self.0, field);
            }
            fields.end()
        }
    }
    for name in [json::NUMBER, json::RAW_VALUE] {
        assert_eq!(bytes(&Forged(name, &["12"])), bytes(&12));
        for fields in [&[][..], &["1", "2"], &["x"], &["x", "1"]] {
            let list = [Forged(name, fields)];
            assert_eq!(
                fault(&[], &list),
                Some(Fault::Serialize),
                "{name} {fields:?}"
            );
        }
    }
}

/// The meaning of a value, by way of its JSON.
fn meaning<T: Serialize>(value: &T) -> Canonical {
    Canonical::of_json(&serde_json::to_string(value).unwrap()).unwrap()
}

#[test]
fn no_other_bytes_are_a_value() {
    let long = |length: u8| [&[6, 255, 0, 0, 0, 0, 0, 0, 0, length][..], &[b'x'; 255]].concat();
    assert!(Canonical::of_bytes(&long(255)).is_some());
    for bytes in [
        &[][..],
        &[0, 0],
        &[3],
        &[3, 1, 0],
        &[3, 2, 0, 1],
        &[3, 17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[4, 0],
        &[5, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0],
        &[5, 0, 0, 0, 0, 0, 0, 0, 0],
        &[5, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
        &[5, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
        &[6, 1],
        &[6, 1, 0xff],
        &[7],
        &[9],
        &[8, 0, 9],
        &[8, 6, 1, b'a', 9],
        &[8, 6, 1, b'b', 0, 6, 1, b'a', 0, 9],
        &[8, 6, 1, b'a', 0, 6, 1, b'a', 0, 9],
        &[10],
        &long(254)[..264],
    ] {
        assert_eq!(Canonical::of_bytes(bytes), None, "{bytes:?}");
    }
}

proptest! {
    #![proptest_config(cases(500))]

    /// What can be read back cannot be the form of two values.
    #[test]
    fn the_form_can_be_read_back(shape in written()) {
        let bytes = bytes(&shape);
        let meaning = meaning(&shape);
        prop_assert_eq!(&bytes, &meaning.bytes());
        prop_assert_eq!(Canonical::of_bytes(&bytes), Some(meaning));
    }

    /// Nor is there a value of two forms.
    #[test]
    fn nothing_else_is_read(shape in written(), at: prop::sample::Index, byte: u8) {
        let mut bytes = bytes(&shape);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Some(other) = Canonical::of_bytes(&bytes) {
            prop_assert_eq!(other.bytes(), bytes);
        }
    }

    #[test]
    fn the_form_ends_by_itself(one in written(), other in written()) {
        let both = [bytes(&one), bytes(&other)].concat();
        let mut rest = &both[..];
        prop_assert_eq!(layout::read(&mut rest), Some(meaning(&one)));
        prop_assert_eq!(layout::read(&mut rest), Some(meaning(&other)));
        prop_assert!(rest.is_empty());
    }
}
