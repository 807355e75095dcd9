//! A walk down one path of a payload, past everything else.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{self, Serializer};

use super::canonical::{Encoder, List, Object, Strict};
use super::error::Fault;
use super::expression::Segment;
use super::json;
use super::name::Name;
use super::sink::{Failed, Mark, Sink};

/// Writes the node of `value` that `path` leads to, and notes in the sink whether there is one.
pub(super) fn select<T: Serialize + ?Sized>(
    sink: &mut Sink,
    path: &[Segment<'_>],
    depth: u8,
    value: &T,
) -> Result<(), Failed> {
    if path.is_empty() {
        sink.found = true;
        value.serialize(Encoder::new(sink, Strict::Whole, depth))
    } else {
        value.serialize(Select { sink, path, depth })
    }
}

/// Stands at a value that is not yet the node: the path has at least one segment.
struct Select<'w> {
    sink: &'w mut Sink,
    path: &'w [Segment<'w>],
    depth: u8,
}

impl<'w> Select<'w> {
    fn wants_name(&self, name: &str) -> bool {
        self.path.first() == Some(&Segment::Name(name))
    }

    fn wants_index(&self, index: u64) -> bool {
        self.path.first() == Some(&Segment::Index(index))
    }

    fn deeper(self) -> Result<Self, Failed> {
        let depth = self.sink.deeper(self.depth)?;
        Ok(Self { depth, ..self })
    }

    /// Goes one segment on, into `value`.
    fn step<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let depth = self.sink.deeper(self.depth)?;
        let rest = self.path.get(1..).unwrap_or_default();
        select(self.sink, rest, depth, value).map_err(|Failed| self.sink.stop(Fault::Serialize))
    }

    /// Goes one segment on, into the value of a variant.
    fn variant(self) -> Result<Result<Self, Encoder<'w>>, Failed> {
        let select = self.deeper()?;
        Ok(match &select.path[1..] {
            [] => {
                select.sink.found = true;
                Err(Encoder::new(select.sink, Strict::Whole, select.depth))
            }
            path => Ok(Self { path, ..select }),
        })
    }

    fn items(self) -> Items<'w> {
        match self.path {
            [Segment::Index(_), ..] => Items::Walk {
                select: self,
                next: 0,
            },
            _ => Items::Skip,
        }
    }

    fn members(self) -> Members<'w> {
        match self.path {
            [Segment::Name(_), ..] => Members::Walk {
                select: self,
                wanted: false,
                mark: None,
            },
            _ => Members::Skip,
        }
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
        Ok(self.items())
    }

    fn serialize_tuple(self, _length: usize) -> Result<Items<'w>, Failed> {
        Ok(self.items())
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Items<'w>, Failed> {
        Ok(self.items())
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
        Ok(match self.variant()? {
            Ok(select) => select.items(),
            Err(encoder) => Items::Encode(encoder.list()?),
        })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Members<'w>, Failed> {
        Ok(self.members())
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Members<'w>, Failed> {
        Ok(match name {
            json::NUMBER => Members::Skip,
            json::RAW_VALUE => Members::RawValue(self),
            _ => self.members(),
        })
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
        Ok(match self.variant()? {
            Ok(select) => select.members(),
            Err(encoder) => Members::Encode(encoder.object()?),
        })
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
        /// The sink before the first member of that name: a repeated one takes its place.
        mark: Option<Mark>,
    },
    Encode(Object<'w>),
    RawValue(Select<'w>),
}

impl Members<'_> {
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        match self {
            Self::Walk {
                select,
                wanted: true,
                mark,
            } => {
                match mark {
                    Some(mark) => select.sink.restore(mark),
                    None => *mark = Some(select.sink.mark()),
                }
                // A failure is for good, even where the payload's `Serialize` goes on after it.
                select.step(value).inspect_err(|Failed| *mark = None)
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
        match self {
            Self::RawValue(select) => json::read(value, |json| {
                json.serialize(Select {
                    sink: select.sink,
                    ..*select
                })
            }),
            _ => self.field(name, value),
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
