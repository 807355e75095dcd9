//! Which values JSON gives back as they were.
//!
//! JSON has one `null` for `None`, `Some(())` and not-a-number. A result that would come back as another one must not be
//! stored: its duplicates get an error instead.

use std::fmt::{self, Display};

use serde::ser::{self, Serialize, Serializer};

/// `serde_json` reads no deeper than this.
const DEPTH: u8 = 127;

/// Whether `value` comes back from JSON as it is.
pub(crate) fn is_faithful<T: Serialize + ?Sized>(value: &T) -> bool {
    value.serialize(Check(DEPTH)).is_ok()
}

/// Looks at a value; tells whether it is written as `null`. Holds how deep it may still go.
#[derive(Clone, Copy)]
struct Check(u8);

/// The value would come back as another one.
#[derive(Debug)]
struct Unfaithful;

impl Check {
    fn deeper(self) -> Result<Self, Unfaithful> {
        self.0.checked_sub(1).map(Self).ok_or(Unfaithful)
    }

    fn inside<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfaithful> {
        value.serialize(self).map(|_| ())
    }
}

macro_rules! leaves {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, _: $type) -> Result<bool, Unfaithful> {
            Ok(false)
        })*
    };
}

macro_rules! compounds {
    ($($name:ident: $function:ident $(($key:ident))?,)*) => {
        $(impl ser::$name for Check {
            type Ok = bool;
            type Error = Unfaithful;

            fn $function<T: Serialize + ?Sized>(&mut self, $($key: &'static str,)? value: &T) -> Result<(), Unfaithful> {
                $(let _ = $key;)?
                self.inside(value)
            }

            fn end(self) -> Result<bool, Unfaithful> {
                Ok(false)
            }
        })*
    };
}

compounds! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
    SerializeStruct: serialize_field (_name),
    SerializeStructVariant: serialize_field (_name),
}

impl ser::SerializeMap for Check {
    type Ok = bool;
    type Error = Unfaithful;

    // What is no name is refused when it is written.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Unfaithful> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfaithful> {
        self.inside(value)
    }

    fn end(self) -> Result<bool, Unfaithful> {
        Ok(false)
    }
}

impl Serializer for Check {
    type Ok = bool;
    type Error = Unfaithful;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    leaves! {
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
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
    }

    fn serialize_f32(self, value: f32) -> Result<bool, Unfaithful> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<bool, Unfaithful> {
        value.is_finite().then_some(false).ok_or(Unfaithful)
    }

    fn serialize_none(self) -> Result<bool, Unfaithful> {
        Ok(true)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, Unfaithful> {
        let is_null = value.serialize(self)?;
        (!is_null).then_some(false).ok_or(Unfaithful)
    }

    fn serialize_unit(self) -> Result<bool, Unfaithful> {
        Ok(true)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<bool, Unfaithful> {
        Ok(true)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<bool, Unfaithful> {
        Ok(false)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<bool, Unfaithful> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<bool, Unfaithful> {
        self.deeper()?.inside(value).map(|()| false)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Unfaithful> {
        self.deeper()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Unfaithful> {
        self.deeper()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Unfaithful> {
        self.deeper()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Unfaithful> {
        self.deeper()?.deeper()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Unfaithful> {
        self.deeper()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unfaithful> {
        self.deeper()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Unfaithful> {
        self.deeper()?.deeper()
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<bool, Unfaithful> {
        Ok(false)
    }
}

impl Display for Unfaithful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value would come back from JSON as another one")
    }
}

impl std::error::Error for Unfaithful {}

impl ser::Error for Unfaithful {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}
