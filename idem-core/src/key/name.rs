//! Member names, by the rules of `serde_json`.

use std::fmt::{Display, Write as _};

use serde::Serialize;
use serde::ser::{Error, Impossible, Serializer};

use super::sink::Failed;

/// The text of a `Display`, whose own errors are errors and not a panic.
pub(super) fn display<T: Display + ?Sized>(value: &T) -> Result<String, Failed> {
    let mut text = String::new();
    write!(text, "{value}").map_err(Failed::custom)?;
    Ok(text)
}

/// Reads the name of a member, or any other text, and hands it on.
pub(super) struct Name<'r>(pub(super) &'r mut dyn FnMut(&str));

macro_rules! as_displayed {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), Failed> {
            self.serialize_str(&value.to_string())
        })*
    };
}

impl Serializer for Name<'_> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Impossible<(), Failed>;
    type SerializeTuple = Impossible<(), Failed>;
    type SerializeTupleStruct = Impossible<(), Failed>;
    type SerializeTupleVariant = Impossible<(), Failed>;
    type SerializeMap = Impossible<(), Failed>;
    type SerializeStruct = Impossible<(), Failed>;
    type SerializeStructVariant = Impossible<(), Failed>;

    fn serialize_str(self, value: &str) -> Result<(), Failed> {
        (self.0)(value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    as_displayed! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
    }

    fn serialize_f32(self, value: f32) -> Result<(), Failed> {
        if !value.is_finite() {
            return Err(Failed);
        }
        self.serialize_str(&serde_json::to_string(&value).map_err(Failed::custom)?)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failed> {
        if !value.is_finite() {
            return Err(Failed);
        }
        self.serialize_str(&serde_json::to_string(&value).map_err(Failed::custom)?)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Failed> {
        self.serialize_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Failed> {
        self.serialize_str(&display(value)?)
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_none(self) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Self::SerializeSeq, Failed> {
        Err(Failed)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self::SerializeTuple, Failed> {
        Err(Failed)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleStruct, Failed> {
        Err(Failed)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, Failed> {
        Err(Failed)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap, Failed> {
        Err(Failed)
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStruct, Failed> {
        Err(Failed)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, Failed> {
        Err(Failed)
    }
}
