//! A walk through a value: past everything but a path, and then over the node that the path leads to.

mod list;
mod object;

use std::fmt::Display;

use serde::Serialize;
use serde::ser::Serializer;

use self::list::Items;
use self::object::Members;
use super::bytes::{FALSE, NULL, OBJECT, TRUE};
use super::expression::Segment;
use super::fault::Fault;
use super::held::Held;
use super::json;
use super::name::display;
use super::number::Number;
use super::sink::{Failed, Finds, Sink};
use super::strict::Strict;

/// How many levels of lists, objects and wrappers a key may have.
pub(super) const DEPTH: u8 = 128;

/// Any value that serde can serialize, without its type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a key",
    label = "the value of this closure",
    note = "write `#[derive(serde::Serialize)]` on `{Self}`, or a closure that gives one of its fields"
)]
pub trait Value {
    /// Walks through the value.
    #[doc(hidden)]
    fn walk(&self, walk: Walk<'_>) -> Result<(), Failed>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Value for T {
    fn walk(&self, walk: Walk<'_>) -> Result<(), Failed> {
        self.serialize(walk)
    }
}

/// Writes the nodes that `path` leads to in `value`.
#[inline]
pub(super) fn select(
    sink: &mut Sink,
    path: &[Segment<'_>],
    strict: Strict,
    value: &dyn Value,
) -> Result<(), Failed> {
    if sink.finds == Finds::InWhole && !path.is_empty() {
        return select_in_whole(sink, path, strict, value);
    }
    if path.is_empty() {
        sink.arrive();
    }
    let walk = Walk {
        sink,
        path,
        strict,
        depth: DEPTH,
    };
    let walked = value.walk(walk);
    sink.part(walked)
}

#[cold]
fn select_in_whole(
    sink: &mut Sink,
    path: &[Segment<'_>],
    strict: Strict,
    value: &dyn Value,
) -> Result<(), Failed> {
    let whole = sink.hold(|sink| select(sink, &[], Strict::No, value))?;
    Held::new(&whole).select(path, strict, sink)
}

/// Stands at a value, with `path` still to go. At its end it writes the value in canonical form; the layout is in the
/// docs of [`key`](super).
///
/// One serializer does both, so that a type's `Serialize` is compiled for one only.
#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Walk<'w> {
    sink: &'w mut Sink,
    path: &'w [Segment<'w>],
    strict: Strict,
    depth: u8,
}

impl Walk<'_> {
    /// The sink, if this is a node.
    fn node(&mut self) -> Option<&mut Sink> {
        self.path.is_empty().then_some(&mut *self.sink)
    }

    fn write_number(mut self, number: Number) {
        if let Some(sink) = self.node() {
            sink.number(number);
        }
    }

    fn write_null(mut self) {
        if let Some(sink) = self.node() {
            sink.byte(NULL);
            self.absent(Fault::Null);
        }
    }

    fn absent(&mut self, fault: Fault) {
        if self.strict != Strict::No {
            self.sink.fail(fault);
        }
    }

    fn deeper(self) -> Result<Self, Failed> {
        let depth = self.sink.deeper(self.depth)?;
        Ok(Self { depth, ..self })
    }

    fn reborrow(&mut self) -> Walk<'_> {
        Walk {
            sink: self.sink,
            ..*self
        }
    }

    /// At a part of this node.
    fn part(&mut self, strict: Strict) -> Walk<'_> {
        Walk {
            sink: self.sink,
            path: &[],
            strict,
            depth: self.depth,
        }
    }

    /// At what the first segment of the path leads to.
    #[inline]
    fn step(&mut self) -> Result<Walk<'_>, Failed> {
        let depth = self.sink.deeper(self.depth)?;
        let path = self.path.get(1..).unwrap_or_default();
        if path.is_empty() {
            self.sink.arrive();
        }
        Ok(Walk {
            sink: self.sink,
            path,
            strict: self.strict,
            depth,
        })
    }

    /// At the value of the one member of the object that a variant is, if that is on the way.
    fn variant(mut self, name: &str) -> Result<Option<Self>, Failed> {
        match self.path {
            [] => {
                let mut walk = self.deeper()?;
                walk.sink.byte(OBJECT);
                walk.part(Strict::No).serialize_str(name)?;
                Ok(Some(Walk {
                    strict: Strict::No,
                    ..walk
                }))
            }
            [Segment::Wildcard, ..] => Err(self.again()),
            [Segment::Noted(names), ..] => {
                names.note(name, &mut self.sink.noted);
                Ok(None)
            }
            [segment, path @ ..] if segment.is_name(name) => {
                let walk = self.deeper()?;
                if path.is_empty() {
                    walk.sink.arrive();
                }
                Ok(Some(Walk { path, ..walk }))
            }
            _ => Ok(None),
        }
    }

    /// The members of an object come in any order and may be repeated: what of them a path selects is known at the
    /// end, when it may have been hashed.
    fn again(&mut self) -> Failed {
        self.sink.finds = Finds::Again;
        Failed
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty => $number:path,)*) => {
        $(fn $method(self, value: $type) -> Result<(), Failed> {
            self.write_number($number(value.into()));
            Ok(())
        })*
    };
}

impl<'w> Serializer for Walk<'w> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Items<'w>;
    type SerializeTuple = Items<'w>;
    type SerializeTupleStruct = Items<'w>;
    type SerializeTupleVariant = Items<'w>;
    type SerializeMap = Members<'w>;
    type SerializeStruct = Members<'w>;
    type SerializeStructVariant = Members<'w>;

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

    fn serialize_bool(mut self, value: bool) -> Result<(), Failed> {
        if let Some(sink) = self.node() {
            sink.byte(if value { TRUE } else { FALSE });
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(mut self, value: &str) -> Result<(), Failed> {
        if let Some(sink) = self.node() {
            sink.string(value);
            if value.is_empty() {
                self.absent(Fault::EmptyString);
            }
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failed> {
        self.collect_seq(value)
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        self.write_null();
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Failed> {
        self.write_null();
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Failed> {
        self.write_null();
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
        let is_node = self.path.is_empty();
        let Some(mut walk) = self.variant(variant)? else {
            return Ok(());
        };
        let written = value.serialize(walk.reborrow());
        walk.sink.part(written)?;
        if is_node {
            walk.sink.end(false);
        }
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Items<'w>, Failed> {
        Items::new(self, false)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Items<'w>, Failed> {
        Items::new(self, true)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Items<'w>, Failed> {
        Items::new(self, true)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items<'w>, Failed> {
        let is_node = self.path.is_empty();
        match self.variant(variant)? {
            Some(walk) if is_node => Items::written(walk, true, true),
            Some(walk) => Items::new(walk, true),
            None => Ok(Items::Skipped),
        }
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Members<'w>, Failed> {
        Members::new(self)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Members<'w>, Failed> {
        match name {
            json::NUMBER => Ok(Members::text(self, true)),
            json::RAW_VALUE => Ok(Members::text(self, false)),
            // In line, so that the walk past its fields need not be moved here from elsewhere.
            _ => match self.path {
                [Segment::Name(wanted), ..] => Ok(Members::passed(self, wanted, true)),
                _ => Members::new(self),
            },
        }
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Members<'w>, Failed> {
        let is_node = self.path.is_empty();
        match self.variant(variant)? {
            Some(walk) if is_node => Members::written(walk, true),
            Some(walk) => Members::new(walk),
            None => Ok(Members::Skipped),
        }
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Failed> {
        if self.path.is_empty() {
            self.serialize_str(&display(value)?)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
