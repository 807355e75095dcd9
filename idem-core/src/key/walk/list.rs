//! The items of a list.

use serde::Serialize;
use serde::ser;

use super::{Strict, Walk};
use crate::key::expression::Segment;
use crate::key::fault::Fault;
use crate::key::sink::{END, Failed, LIST};

/// A walk through the items of a list.
#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Items<'w> {
    /// None where the path does not go through here.
    walk: Option<Walk<'w>>,
    /// How many items there were.
    length: u64,
    /// Whether the object of a variant is around the list, and ends with it.
    in_variant: bool,
}

impl<'w> Items<'w> {
    pub(super) fn new(mut walk: Walk<'w>) -> Result<Self, Failed> {
        if walk.path.is_empty() {
            walk = walk.deeper()?;
            walk.sink.write(&[LIST]);
        }
        Ok(Self {
            walk: Some(walk),
            length: 0,
            in_variant: false,
        })
    }

    pub(super) fn skipped() -> Self {
        Self {
            walk: None,
            length: 0,
            in_variant: false,
        }
    }

    pub(super) fn in_variant(self, in_variant: bool) -> Self {
        Self { in_variant, ..self }
    }

    /// At the next item, if that is on the way.
    fn next(&mut self) -> Result<Option<Walk<'_>>, Failed> {
        let index = self.length;
        self.length += 1;
        let Some(walk) = &mut self.walk else {
            return Ok(None);
        };
        match walk.path {
            [] => {
                let mut strict = Strict::No;
                if walk.strict == Strict::Parts {
                    strict = Strict::Whole;
                    walk.sink.place.part = usize::try_from(self.length).ok();
                }
                Ok(Some(walk.part(strict)))
            }
            [Segment::Wildcard, ..] => walk.step().map(Some),
            [Segment::Index(wanted), ..] if *wanted == index => walk.step().map(Some),
            _ => Ok(None),
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        match self.next()? {
            Some(walk) => {
                let written = value.serialize(walk);
                self.passed(written)
            }
            None => Ok(()),
        }
    }

    fn passed(&mut self, written: Result<(), Failed>) -> Result<(), Failed> {
        let Some(walk) = &mut self.walk else {
            return written;
        };
        walk.sink.part(written)?;
        if let [Segment::Index(_), ..] = walk.path {
            // No other item is on the way.
            walk.sink.done = true;
            return Err(Failed);
        }
        Ok(())
    }

    fn finish(self) {
        let Some(mut walk) = self.walk.filter(|walk| walk.path.is_empty()) else {
            return;
        };
        walk.sink
            .write(if self.in_variant { &[END, END] } else { &[END] });
        if walk.strict == Strict::Parts {
            walk.sink.place.part = None;
        }
        if self.length == 0 {
            walk.absent(Fault::EmptyList);
        }
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
