//! Values for tests that use everything that serde has.

use proptest::prelude::*;
use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::json::{NUMBER, RAW_VALUE};

/// Serializes by the method of its name.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Unit,
    None,
    UnitStruct,
    UnitVariant(&'static str),
    Bool(bool),
    I8(i8),
    I64(i64),
    I128(i128),
    U8(u8),
    U64(u64),
    U128(u128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(String),
    Displayed(String),
    Bytes(Vec<u8>),
    Some(Box<Shape>),
    Newtype(Box<Shape>),
    NewtypeVariant(&'static str, Box<Shape>),
    Seq(Vec<Shape>),
    Tuple(Vec<Shape>),
    TupleStruct(Vec<Shape>),
    TupleVariant(&'static str, Vec<Shape>),
    Map(Vec<(Shape, Shape)>),
    Struct(Vec<(&'static str, Shape)>),
    StructVariant(&'static str, Vec<(&'static str, Shape)>),
    /// As `serde_json` has numbers under `arbitrary_precision`.
    Number(&'static str),
    /// As `serde_json` has its `RawValue`.
    RawValue(String),
}

pub(super) fn string(text: &str) -> Shape {
    Shape::Str(text.into())
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit => serializer.serialize_unit(),
            Self::None => serializer.serialize_none(),
            Self::UnitStruct => serializer.serialize_unit_struct("Shape"),
            Self::UnitVariant(variant) => serializer.serialize_unit_variant("Shape", 0, variant),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::I8(value) => serializer.serialize_i8(*value),
            Self::I64(value) => serializer.serialize_i64(*value),
            Self::I128(value) => serializer.serialize_i128(*value),
            Self::U8(value) => serializer.serialize_u8(*value),
            Self::U64(value) => serializer.serialize_u64(*value),
            Self::U128(value) => serializer.serialize_u128(*value),
            Self::F32(value) => serializer.serialize_f32(*value),
            Self::F64(value) => serializer.serialize_f64(*value),
            Self::Char(value) => serializer.serialize_char(*value),
            Self::Str(value) => serializer.serialize_str(value),
            Self::Displayed(value) => serializer.collect_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::Some(value) => serializer.serialize_some(value),
            Self::Newtype(value) => serializer.serialize_newtype_struct("Shape", value),
            Self::NewtypeVariant(variant, value) => {
                serializer.serialize_newtype_variant("Shape", 0, variant, value)
            }
            Self::Seq(items) => {
                let mut list = serializer.serialize_seq(None)?;
                items
                    .iter()
                    .try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Tuple(items) => {
                let mut list = serializer.serialize_tuple(items.len())?;
                items
                    .iter()
                    .try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::TupleStruct(items) => {
                let mut list = serializer.serialize_tuple_struct("Shape", items.len())?;
                items
                    .iter()
                    .try_for_each(|item| list.serialize_field(item))?;
                list.end()
            }
            Self::TupleVariant(variant, items) => {
                let mut list =
                    serializer.serialize_tuple_variant("Shape", 0, variant, items.len())?;
                items
                    .iter()
                    .try_for_each(|item| list.serialize_field(item))?;
                list.end()
            }
            Self::Map(members) => {
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in members {
                    map.serialize_key(name)?;
                    map.serialize_value(value)?;
                }
                map.end()
            }
            Self::Struct(members) => {
                let mut fields = serializer.serialize_struct("Shape", members.len())?;
                members
                    .iter()
                    .try_for_each(|(name, value)| fields.serialize_field(name, value))?;
                fields.end()
            }
            Self::StructVariant(variant, members) => {
                let mut fields =
                    serializer.serialize_struct_variant("Shape", 0, variant, members.len())?;
                members
                    .iter()
                    .try_for_each(|(name, value)| fields.serialize_field(name, value))?;
                fields.end()
            }
            Self::Number(text) => {
                let mut number = serializer.serialize_struct(NUMBER, 1)?;
                number.serialize_field(NUMBER, text)?;
                number.end()
            }
            Self::RawValue(text) => {
                let mut raw = serializer.serialize_struct(RAW_VALUE, 1)?;
                raw.serialize_field(RAW_VALUE, text)?;
                raw.end()
            }
        }
    }
}

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

/// Any values that can be keys.
pub(super) fn any_shape() -> impl Strategy<Value = Shape> {
    let number =
        prop::sample::select(&["0", "-0", "1.0", "1e2", "0.1", "18446744073709551616"][..]);
    let wide = prop_oneof![
        any::<i128>().prop_map(Shape::I128),
        any::<u128>().prop_map(Shape::U128),
        (-1e6_f32..1e6).prop_map(Shape::F32),
        (-1e6..1e6).prop_map(Shape::F64),
        number.prop_map(Shape::Number),
        raw_value(),
    ];
    tree(prop_oneof![2 => leaf(), 1 => wide].boxed())
}
