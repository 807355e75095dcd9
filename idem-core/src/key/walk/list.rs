//! The items of a list.

use serde::Serialize;
use serde::ser;

use super::Walk;
use crate::key::bytes::LIST;
use crate::key::expression::Segment;
use crate::key::fault::Fault;
use crate::key::sink::Failed;
use crate::key::strict::Strict;

/// A walk through the items of a list.
#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub enum Items<'w> {
    /// The path does not go through here.
    Skipped,
    /// The path goes on in one item, or in all.
    Passed(Passed<'w>),
    /// The list is in the node, and is written.
    Written(Written<'w>),
}

#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Passed<'w> {
    walk: Walk<'w>,
    /// `None` if all are.
    wanted: Option<u64>,
    /// The index of the next item.
    next: u64,
}

#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Written<'w> {
    walk: Walk<'w>,
    length: usize,
    is_tuple: bool,
    /// Whether the object of a variant is around the list, and ends with it.
    in_variant: bool,
}

impl<'w> Items<'w> {
    pub(super) fn new(walk: Walk<'w>, is_tuple: bool) -> Result<Self, Failed> {
        let wanted = match walk.path {
            [] => return Self::written(walk, is_tuple, false),
            [Segment::Index(index), ..] => Some(*index),
            [Segment::Wildcard, ..] => None,
            _ => return Ok(Self::Skipped),
        };
        let next = 0;
        Ok(Self::Passed(Passed { walk, wanted, next }))
    }

    pub(super) fn written(
        walk: Walk<'w>,
        is_tuple: bool,
        in_variant: bool,
    ) -> Result<Self, Failed> {
        let walk = walk.deeper()?;
        walk.sink.byte(LIST);
        Ok(Self::Written(Written {
            walk,
            length: 0,
            is_tuple,
            in_variant,
        }))
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        match self {
            Self::Skipped => Ok(()),
            Self::Passed(items) => {
                let index = items.next;
                items.next += 1;
                if items.wanted.is_some_and(|wanted| wanted != index) {
                    return Ok(());
                }
                let walked = value.serialize(items.walk.step()?);
                items.went(walked)
            }
            Self::Written(items) => {
                let written = value.serialize(items.at());
                items.walk.sink.part(written)
            }
        }
    }

    fn finish(self) {
        let Self::Written(items) = self else {
            return;
        };
        let Written {
            mut walk,
            length,
            in_variant,
            ..
        } = items;
        walk.sink.end(in_variant);
        if walk.strict == Strict::Parts {
            walk.sink.place.part = None;
        }
        if length == 0 {
            walk.absent(Fault::EmptyList);
        }
    }
}

impl Passed<'_> {
    /// Past an item that was on the way; if it was the only one, there is nothing more to see.
    fn went(&mut self, walked: Result<(), Failed>) -> Result<(), Failed> {
        self.walk.sink.part(walked)?;
        if self.wanted.is_some() {
            self.walk.sink.done = true;
            return Err(Failed);
        }
        Ok(())
    }
}

impl Written<'_> {
    /// At the next item.
    fn at(&mut self) -> Walk<'_> {
        self.length += 1;
        let strict = match self.walk.strict {
            Strict::Parts => {
                self.walk.sink.place.part = Some(self.length);
                Strict::Tuples
            }
            Strict::Tuples if self.is_tuple => Strict::Tuples,
            _ => Strict::No,
        };
        self.walk.part(strict)
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
