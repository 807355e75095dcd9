//! A walk down one path of a payload, past everything else.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{self, Serializer};

use super::canonical::{Encoder, List, Object, Strict};
use super::expression::Segment;
use super::fault::Fault;
use super::json::{self, Json};
use super::name::Name;
use super::sink::{Failed, Mark, Sink};

/// Writes the node of `value` that `path` leads to, and notes in the sink whether there is one.
pub(super) fn select<T: Serialize + ?Sized>(
    sink: &mut Sink,
    path: &[Segment<'_>],
    depth: u8,
    value: &T,
) -> Result<(), Failed> {
    let start = &sink.mark();
    sink.found = false;
    let select = Select {
        sink,
        start,
        path,
        depth,
    };
    select.into(value)
}

/// Stands at a value, with `path` still to go.
struct Select<'w> {
    sink: &'w mut Sink,
    /// The sink before anything was selected: a repeated member takes the place of the one before.
    start: &'w Mark,
    path: &'w [Segment<'w>],
    depth: u8,
}

impl<'w> Select<'w> {
    /// Goes on in `value`, or writes it if the path has come to its end.
    fn into<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        if self.path.is_empty() {
            value.serialize(self.arrived())
        } else {
            value.serialize(self)
        }
    }

    fn arrived(self) -> Encoder<'w> {
        self.sink.found = true;
        Encoder::new(self.sink, Strict::Whole, self.depth)
    }

    fn wants_name(&self, name: &str) -> bool {
        matches!(self.path, [Segment::Name(wanted), ..] if *wanted == name)
    }

    fn wants_index(&self, index: u64) -> bool {
        matches!(self.path, [Segment::Index(wanted), ..] if *wanted == index)
    }

    fn deeper(self) -> Result<Self, Failed> {
        let depth = self.sink.deeper(self.depth)?;
        Ok(Self { depth, ..self })
    }

    /// Goes one segment on, into `value`.
    fn step<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.walk(self.path.get(1..).unwrap_or_default(), value)
    }

    fn walk<T: Serialize + ?Sized>(
        &mut self,
        path: &'w [Segment<'w>],
        value: &T,
    ) -> Result<(), Failed> {
        let next = Select {
            sink: self.sink,
            start: self.start,
            path,
            depth: self.depth,
        };
        let written = next.deeper().and_then(|next| next.into(value));
        written.map_err(|Failed| self.sink.stop(Fault::Serialize))
    }

    /// Goes one segment on, into the value of a variant: a list or an object.
    fn variant(self) -> Result<Self, Failed> {
        let path = self.path.get(1..).unwrap_or_default();
        Ok(Self {
            path,
            ..self.deeper()?
        })
    }

    fn items(self) -> Result<Items<'w>, Failed> {
        Ok(match self.path {
            [] => Items::Encode(self.arrived().list()?),
            [Segment::Index(_), ..] => Items::Walk {
                select: self,
                next: 0,
            },
            _ => Items::Skip,
        })
    }

    fn members(self) -> Result<Members<'w>, Failed> {
        Ok(match self.path {
            [] => Members::Encode(self.arrived().object()?),
            [Segment::Name(_), ..] => Members::Walk {
                select: self,
                wanted: false,
                met: false,
            },
            _ => Members::Skip,
        })
    }
}

macro_rules! leaves {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, _value: $type) -> Result<(), Failed> {
            Ok(())
        })*
    };
}

impl<'w> Serializer for Select<'w> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Items<'w>;
    type SerializeTuple = Items<'w>;
    type SerializeTupleStruct = Items<'w>;
    type SerializeTupleVariant = Items<'w>;
    type SerializeMap = Members<'w>;
    type SerializeStruct = Members<'w>;
    type SerializeStructVariant = Members<'w>;

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
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
        serialize_unit_struct: &'static str,
    }

    fn serialize_bytes(mut self, value: &[u8]) -> Result<(), Failed> {
        let Some(Segment::Index(index)) = self.path.first() else {
            return Ok(());
        };
        let byte = usize::try_from(*index)
            .ok()
            .and_then(|index| value.get(index));
        byte.map_or(Ok(()), |byte| self.step(byte))
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Failed> {
        Ok(())
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
        _variant: &'static str,
    ) -> Result<(), Failed> {
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        if self.wants_name(variant) {
            self.step(value)?;
        }
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Items<'w>, Failed> {
        self.items()
    }

    fn serialize_tuple(self, _length: usize) -> Result<Items<'w>, Failed> {
        self.items()
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Items<'w>, Failed> {
        self.items()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items<'w>, Failed> {
        if !self.wants_name(variant) {
            return Ok(Items::Skip);
        }
        self.variant()?.items()
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Members<'w>, Failed> {
        self.members()
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Members<'w>, Failed> {
        match name {
            json::NUMBER => Ok(Members::Skip),
            json::RAW_VALUE => Ok(Members::RawValue(Some(self))),
            _ => self.members(),
        }
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Members<'w>, Failed> {
        if !self.wants_name(variant) {
            return Ok(Members::Skip);
        }
        self.variant()?.members()
    }

    fn collect_str<T: Display + ?Sized>(self, _value: &T) -> Result<(), Failed> {
        Ok(())
    }
}

/// The items of a list.
enum Items<'w> {
    Skip,
    Walk { select: Select<'w>, next: u64 },
    Encode(List<'w>),
}

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        match self {
            Self::Skip => Ok(()),
            Self::Walk { select, next } => {
                let index = *next;
                *next += 1;
                if select.wants_index(index) {
                    select.step(value)?;
                }
                Ok(())
            }
            Self::Encode(list) => list.item(value),
        }
    }

    fn finish(self) {
        if let Self::Encode(list) = self {
            list.finish();
        }
    }
}

/// The members of an object.
enum Members<'w> {
    Skip,
    Walk {
        select: Select<'w>,
        /// Whether the latest name is the one that the path goes on with.
        wanted: bool,
        /// Whether there was a member of that name.
        met: bool,
    },
    Encode(Object<'w>),
    /// Its field is the text of any value.
    RawValue(Option<Select<'w>>),
}

impl Members<'_> {
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        match self {
            Self::Walk {
                select,
                wanted: true,
                met,
            } => {
                if *met {
                    select.sink.restore(select.start);
                }
                *met = true;
                select.step(value)
            }
            Self::Encode(object) => object.value(value),
            _ => Ok(()),
        }
    }

    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        match self {
            Self::Walk { select, wanted, .. } => *wanted = select.wants_name(name),
            Self::Encode(object) => return object.field(name, value),
            Self::Skip | Self::RawValue(_) => {}
        }
        self.value(value)
    }

    fn finish(self) {
        if let Self::Encode(object) = self {
            object.finish();
        }
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Failed> {
        let Self::Walk { select, wanted, .. } = self else {
            return Ok(());
        };
        let read = name.serialize(Name(&mut |name| *wanted = select.wants_name(name)));
        read.map_err(|Failed| select.sink.stop(Fault::MemberName))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.value(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        let select = match self {
            Self::RawValue(select) => select.take(),
            _ => return self.field(name, value),
        };
        match (select, Json::new(&json::text(value).unwrap_or_default())) {
            (Some(mut select), Some(json)) => select.walk(select.path, &json),
            (Some(select), None) => Err(select.sink.stop(Fault::Serialize)),
            (None, _) => Err(Failed),
        }
    }

    fn end(self) -> Result<(), Failed> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Members<'_> {
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
        $(impl ser::$compound for Items<'_> {
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
