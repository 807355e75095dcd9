use serde::Serialize;
use serde::ser::{Error as _, Serializer};
use serde_json::json;

use super::fault;
use crate::key::expression::Segment;
use crate::key::fault::Fault;
use crate::key::hash::Prefix;
use crate::key::shape::{Shape, string};
use crate::key::sink::{Sink, digest as hash};
use crate::key::strict::Strict;
use crate::key::walk::select;

const A: Segment<'_> = Segment::Name("a");
const B: Segment<'_> = Segment::Name("b");
const FIRST: Segment<'_> = Segment::Index(0);
const SECOND: Segment<'_> = Segment::Index(1);

/// The digest of what `path` leads to, if there is a node.
fn selected<T: Serialize>(path: &[Segment<'_>], value: &T) -> Option<[u8; 32]> {
    let write = |sink: &mut Sink| {
        sink.start(false);
        select(sink, path, Strict::No, value)?;
        sink.finish()
    };
    hash(&Prefix::EMPTY, write).ok()
}

fn digest<T: Serialize>(value: &T) -> Option<[u8; 32]> {
    selected(&[], value)
}

/// A value that nobody may look at.
struct Untouched;

impl Serialize for Untouched {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("touched"))
    }
}

#[test]
fn what_is_off_the_path_is_not_serialized() {
    #[derive(Serialize)]
    struct Payload {
        x: Untouched,
        a: (Untouched, Inner, Untouched),
        y: Untouched,
    }
    #[derive(Serialize)]
    struct Inner {
        b: &'static str,
        c: Untouched,
    }
    let payload = Payload {
        x: Untouched,
        a: (
            Untouched,
            Inner {
                b: "key",
                c: Untouched,
            },
            Untouched,
        ),
        y: Untouched,
    };
    assert_eq!(selected(&[A, SECOND, B], &payload), digest(&"key"));
    assert_eq!(selected(&[A, FIRST], &payload), None);
}

#[test]
fn the_walk_sees_through_what_json_does_not_show() {
    let pair = || vec![string("x"), string("y")];
    let fields = || vec![("b", string("x")), ("a", string("y"))];
    for (path, shape) in [
        (&[SECOND][..], Shape::Seq(pair())),
        (&[SECOND], Shape::Tuple(pair())),
        (&[SECOND], Shape::TupleStruct(pair())),
        (&[A, SECOND], Shape::TupleVariant("a", pair())),
        (&[A], Shape::Struct(fields())),
        (&[A, A], Shape::StructVariant("a", fields())),
        (&[A], Shape::NewtypeVariant("a", Box::new(string("y")))),
        (
            &[A, SECOND],
            Shape::NewtypeVariant("a", Box::new(Shape::Seq(pair()))),
        ),
        (
            &[A],
            Shape::Some(Box::new(Shape::Newtype(Box::new(Shape::Struct(fields()))))),
        ),
        (
            &[A],
            Shape::Map(vec![(Shape::Char('a'), Shape::Some(Box::new(string("y"))))]),
        ),
        (
            &[Segment::Name("7")],
            Shape::Map(vec![(Shape::I8(7), string("y"))]),
        ),
        (
            &[Segment::Name("0.5")],
            Shape::Map(vec![(Shape::F64(0.5), string("y"))]),
        ),
        (
            &[A, SECOND],
            Shape::RawValue(r#" { "b" : [] , "\u0061" : [ {} , "y" ] } "#.into()),
        ),
        (
            &[A, SECOND],
            Shape::Struct(vec![("a", Shape::RawValue(r#"["x","y"]"#.into()))]),
        ),
    ] {
        assert_eq!(selected(path, &shape), digest(&"y"), "{shape:?}");
        assert_eq!(selected(&[path, &[A]].concat(), &shape), None, "{shape:?}");
    }
    assert_eq!(selected(&[SECOND], &Shape::Bytes(vec![1, 2])), digest(&2));
    assert_eq!(selected(&[SECOND, FIRST], &Shape::Bytes(vec![1, 2])), None);
}

#[test]
fn a_variant_can_be_the_node() {
    let list = Shape::TupleVariant("a", vec![Shape::I8(1), Shape::I8(2)]);
    assert_eq!(selected(&[A], &list), digest(&[1, 2]));
    let object = Shape::StructVariant("a", vec![("y", Shape::I8(1)), ("x", Shape::I8(2))]);
    assert_eq!(selected(&[A], &object), digest(&json!({ "x": 2, "y": 1 })));
}

#[test]
fn there_is_nothing_below_a_leaf_or_beside_the_path() {
    for shape in [
        Shape::Unit,
        Shape::None,
        Shape::UnitStruct,
        Shape::UnitVariant("a"),
        Shape::Bool(true),
        Shape::I64(1),
        Shape::I128(1),
        Shape::U128(1),
        Shape::F32(1.0),
        Shape::F64(1.0),
        Shape::Char('a'),
        string("a"),
        Shape::Displayed("a".into()),
        Shape::Number("1"),
        Shape::Bytes(vec![]),
        Shape::RawValue("[]".into()),
        Shape::RawValue("{}".into()),
        Shape::NewtypeVariant("b", Box::new(Shape::Unit)),
        Shape::TupleVariant("b", vec![Shape::Unit]),
        Shape::StructVariant("b", vec![("a", Shape::Unit)]),
        Shape::Map(vec![(Shape::I8(0), Shape::Unit)]),
    ] {
        assert_eq!(selected(&[A], &shape), None, "{shape:?}");
        assert_eq!(selected(&[FIRST], &shape), None, "{shape:?}");
    }
}

#[test]
fn of_a_repeated_member_the_last_is_walked() {
    let repeated = Shape::Map(vec![
        (string("a"), Shape::Unit),
        (
            string("a"),
            Shape::Map(vec![(string("b"), string("x")), (string("b"), string("y"))]),
        ),
        (string("c"), Shape::Unit),
    ]);
    assert_eq!(selected(&[A, B], &repeated), digest(&"y"));
    assert_eq!(selected(&[A], &repeated), digest(&json!({ "b": "y" })));

    let overridden = Shape::Struct(vec![
        ("a", Shape::Map(vec![(string("b"), string("x"))])),
        ("a", Shape::I8(1)),
    ]);
    assert_eq!(selected(&[A, B], &overridden), None);
    assert_eq!(selected(&[A], &overridden), digest(&1));
}

#[test]
fn a_member_name_beside_the_path_is_text_too() {
    let map = Shape::Map(vec![
        (Shape::Unit, Shape::Unit),
        (string("a"), Shape::I8(1)),
    ]);
    assert_eq!(fault(&[A], &map), Some(Fault::MemberName));
}
