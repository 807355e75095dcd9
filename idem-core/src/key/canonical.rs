//! The canonical form of a value; its layout is in the docs of [`key`](super).

use std::fmt::Display;
use std::mem;
use std::ops::Range;

use serde::Serialize;
use serde::ser::{self, Serializer};

use super::fault::Fault;
use super::json::{self, Json};
use super::name::{Name, display};
use super::number::Number;
use super::sink::{END, FALSE, Failed, LIST, NULL, OBJECT, Sink, TRUE};

/// How many levels of lists, objects and wrappers a key may have.
pub(super) const DEPTH: u8 = 128;

/// How much of a value may be null or empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strict {
    /// All of it.
    No,
    /// All but the value itself.
    Whole,
    /// All but the value itself and, if it is a list, its items.
    Parts,
}

/// Writes what it serializes into a [`Sink`] in canonical form.
pub(super) struct Encoder<'s> {
    sink: &'s mut Sink,
    strict: Strict,
    depth: u8,
}

impl<'s> Encoder<'s> {
    pub(super) fn new(sink: &'s mut Sink, strict: Strict, depth: u8) -> Self {
        Self {
            sink,
            strict,
            depth,
        }
    }

    fn deeper(self) -> Result<Self, Failed> {
        let depth = self.sink.deeper(self.depth)?;
        Ok(Self { depth, ..self })
    }

    fn absent(self, fault: Fault) {
        if self.strict != Strict::No {
            self.sink.fail(fault);
        }
    }

    pub(super) fn list(self) -> Result<List<'s>, Failed> {
        let encoder = self.deeper()?;
        encoder.sink.write(&[LIST]);
        Ok(List {
            encoder,
            length: 0,
            in_variant: false,
        })
    }

    pub(super) fn object(self) -> Result<Object<'s>, Failed> {
        let encoder = self.deeper()?;
        let start = encoder.sink.open();
        Ok(Object {
            encoder,
            start,
            name: start..start,
            members: Vec::new(),
            in_variant: false,
        })
    }

    /// Starts the object that a variant is; the value of its one member is next.
    fn variant(self, variant: &str) -> Result<Self, Failed> {
        let mut encoder = self.deeper()?;
        encoder.sink.write(&[OBJECT]);
        encoder.sink.string(variant.as_bytes());
        encoder.strict = Strict::No;
        Ok(encoder)
    }

    fn value<T: Serialize + ?Sized>(&mut self, strict: Strict, value: &T) -> Result<(), Failed> {
        let written = value.serialize(Encoder {
            sink: self.sink,
            strict,
            depth: self.depth,
        });
        written.map_err(|Failed| self.sink.stop(Fault::Serialize))
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty => $make:path,)*) => {
        $(fn $method(self, value: $type) -> Result<(), Failed> {
            self.sink.number($make(value.into()));
            Ok(())
        })*
    };
}

impl<'s> Serializer for Encoder<'s> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = List<'s>;
    type SerializeTuple = List<'s>;
    type SerializeTupleStruct = List<'s>;
    type SerializeTupleVariant = List<'s>;
    type SerializeMap = Object<'s>;
    type SerializeStruct = Fields<'s>;
    type SerializeStructVariant = Object<'s>;

    numbers! {
        serialize_i8: i8 => Number::signed,
        serialize_i16: i16 => Number::signed,
        serialize_i32: i32 => Number::signed,
        serialize_i64: i64 => Number::signed,
        serialize_i128: i128 => Number::signed,
        serialize_u8: u8 => Number::unsigned,
        serialize_u16: u16 => Number::unsigned,
        serialize_u32: u32 => Number::unsigned,
        serialize_u64: u64 => Number::unsigned,
        serialize_u128: u128 => Number::unsigned,
        serialize_f32: f32 => Number::single,
        serialize_f64: f64 => Number::double,
    }

    fn serialize_bool(self, value: bool) -> Result<(), Failed> {
        self.sink.write(&[if value { TRUE } else { FALSE }]);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Failed> {
        self.sink.string(value.as_bytes());
        if value.is_empty() {
            self.absent(Fault::EmptyString);
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failed> {
        let mut list = self.list()?;
        for byte in value {
            list.item(byte)?;
        }
        list.finish();
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        self.sink.write(&[NULL]);
        self.absent(Fault::Null);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        value.serialize(self.deeper()?)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        value.serialize(self.deeper()?)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Failed> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        let mut encoder = self.variant(variant)?;
        encoder.value(Strict::No, value)?;
        encoder.sink.write(&[END]);
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<List<'s>, Failed> {
        self.list()
    }

    fn serialize_tuple(self, _length: usize) -> Result<List<'s>, Failed> {
        self.list()
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<List<'s>, Failed> {
        self.list()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<List<'s>, Failed> {
        let mut list = self.variant(variant)?.list()?;
        list.in_variant = true;
        Ok(list)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Object<'s>, Failed> {
        self.object()
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Fields<'s>, Failed> {
        Ok(match name {
            json::NUMBER | json::RAW_VALUE => Fields::Text {
                encoder: self,
                is_number: name == json::NUMBER,
                is_written: false,
            },
            _ => Fields::Object(self.object()?),
        })
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Object<'s>, Failed> {
        let mut object = self.variant(variant)?.object()?;
        object.in_variant = true;
        Ok(object)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Failed> {
        self.serialize_str(&display(value)?)
    }
}

/// A list being written, item by item.
pub(super) struct List<'s> {
    encoder: Encoder<'s>,
    length: usize,
    /// Whether the object of a variant is around it, and ends with it.
    in_variant: bool,
}

impl List<'_> {
    pub(super) fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.length += 1;
        if self.encoder.strict == Strict::Parts {
            self.encoder.sink.place.part = Some(self.length);
            self.encoder.value(Strict::Whole, value)
        } else {
            self.encoder.value(Strict::No, value)
        }
    }

    pub(super) fn finish(self) {
        self.encoder.sink.end(self.in_variant);
        if self.encoder.strict == Strict::Parts {
            self.encoder.sink.place.part = None;
        }
        if self.length == 0 {
            self.encoder.absent(Fault::EmptyList);
        }
    }
}

/// An object being written: its members are held until they can be sorted.
pub(super) struct Object<'s> {
    encoder: Encoder<'s>,
    /// Where the held bytes of this object start; the ranges below count from here.
    start: usize,
    name: Range<usize>,
    members: Vec<Member>,
    in_variant: bool,
}

/// Where the name and the value of a member lie among the held bytes.
struct Member {
    name: Range<usize>,
    value: Range<usize>,
}

impl Object<'_> {
    fn held(&self) -> usize {
        self.encoder.sink.held() - self.start
    }

    fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Failed> {
        let start = self.held();
        let sink = &mut *self.encoder.sink;
        let read = name.serialize(Name(&mut |text| sink.write(text.as_bytes())));
        read.map_err(|Failed| sink.stop(Fault::MemberName))?;
        self.name = start..self.held();
        Ok(())
    }

    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let start = self.held();
        self.encoder.value(Strict::No, value)?;
        self.members.push(Member {
            name: self.name.clone(),
            value: start..self.held(),
        });
        Ok(())
    }

    pub(super) fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        let start = self.held();
        self.encoder.sink.write(name.as_bytes());
        self.name = start..self.held();
        self.value(value)
    }

    pub(super) fn finish(self) {
        let Self {
            encoder,
            start,
            mut members,
            in_variant,
            ..
        } = self;
        let held = encoder.sink.close(start);
        encoder.sink.write(&[OBJECT]);
        // The sort is stable, so that the last of equal names is the last that was written.
        members.sort_by(|one, other| held[one.name.clone()].cmp(&held[other.name.clone()]));
        for (index, member) in members.iter().enumerate() {
            let name = &held[member.name.clone()];
            let next = members.get(index + 1);
            if next.is_none_or(|next| held[next.name.clone()] != *name) {
                encoder.sink.string(name);
                encoder.sink.write(&held[member.value.clone()]);
            }
        }
        encoder.sink.end(in_variant);
        if members.is_empty() {
            encoder.absent(Fault::EmptyObject);
        }
    }
}

/// A struct being written; two structs of `serde_json` stand for something else.
pub(super) enum Fields<'s> {
    Object(Object<'s>),
    /// A number or any other value, whose text is the one field.
    Text {
        encoder: Encoder<'s>,
        is_number: bool,
        is_written: bool,
    },
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        let (encoder, is_number, is_written) = match self {
            Self::Object(object) => return object.field(name, value),
            Self::Text {
                encoder,
                is_number,
                is_written,
            } => (encoder, *is_number, is_written),
        };
        let text = json::text(value).unwrap_or_default();
        let written = if mem::replace(is_written, true) {
            None
        } else if is_number {
            Number::text(&text).map(|number| {
                encoder.sink.number(number);
                Ok(())
            })
        } else {
            Json::new(&text).map(|json| encoder.value(encoder.strict, &json))
        };
        written.unwrap_or_else(|| Err(encoder.sink.stop(Fault::Serialize)))
    }

    fn end(self) -> Result<(), Failed> {
        match self {
            Self::Object(object) => object.finish(),
            Self::Text {
                encoder,
                is_written: false,
                ..
            } => return Err(encoder.sink.stop(Fault::Serialize)),
            Self::Text { .. } => {}
        }
        Ok(())
    }
}

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Failed> {
        self.name(name)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.value(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Object<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Failed> {
        self.finish();
        Ok(())
    }
}

macro_rules! lists {
    ($($compound:ident::$method:ident,)*) => {
        $(impl ser::$compound for List<'_> {
            type Ok = ();
            type Error = Failed;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
                self.item(value)
            }

            fn end(self) -> Result<(), Failed> {
                self.finish();
                Ok(())
            }
        })*
    };
}

lists! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

#[cfg(test)]
mod tests;
