//! Values for tests that use everything that serde has.

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
