//! The members of an object.

use std::mem;

use serde::Serialize;
use serde::ser;

use super::{Strict, Walk};
use crate::key::expression::Segment;
use crate::key::fault::Fault;
use crate::key::json::{self, Json};
use crate::key::name::Name;
use crate::key::number::Number;
use crate::key::sink::{END, Failed, Member, Object};

/// A walk through the members of an object.
#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Members<'w> {
    /// None where the path does not go through here.
    walk: Option<Walk<'w>>,
    /// What is being written, at the end of the path.
    object: Object,
    member: Member,
    /// Whether the latest name is the one that the path goes on with.
    is_wanted: bool,
    /// Whether there was a member of that name before.
    is_met: bool,
    /// Whether the object of a variant is around this one, and ends with it.
    in_variant: bool,
}

impl<'w> Members<'w> {
    pub(super) fn new(mut walk: Walk<'w>) -> Result<Self, Failed> {
        let mut members = Self::skipped();
        match walk.path {
            [] => {
                walk = walk.deeper()?;
                members.object = walk.sink.open();
            }
            [Segment::Wildcard, ..] => return Err(walk.again()),
            _ => {}
        }
        members.walk = Some(walk);
        Ok(members)
    }

    pub(super) fn skipped() -> Self {
        Self {
            walk: None,
            object: Object::default(),
            member: Member::default(),
            is_wanted: false,
            is_met: false,
            in_variant: false,
        }
    }

    pub(super) fn in_variant(self, in_variant: bool) -> Self {
        Self { in_variant, ..self }
    }

    fn name(&mut self, name: &str) {
        let Some(walk) = &mut self.walk else {
            return;
        };
        match walk.path {
            [] => self.member = walk.sink.name(name),
            [segment, ..] => self.is_wanted = segment.is_name(name),
        }
    }

    /// At the value of the latest name, if that is on the way.
    fn next(&mut self) -> Result<Option<Walk<'_>>, Failed> {
        let Some(walk) = &mut self.walk else {
            return Ok(None);
        };
        match walk.path {
            [] => Ok(Some(walk.part(Strict::No))),
            _ if !self.is_wanted => Ok(None),
            _ if !mem::replace(&mut self.is_met, true) => walk.step().map(Some),
            _ => Err(walk.again()),
        }
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
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
        if walk.path.is_empty() {
            walk.sink.member(mem::take(&mut self.member));
        }
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Failed> {
        self.name(name);
        self.value(value)
    }

    fn finish(self) {
        let Some(mut walk) = self.walk.filter(|walk| walk.path.is_empty()) else {
            return;
        };
        let is_empty = walk.sink.close(self.object);
        if self.in_variant {
            walk.sink.write(&[END]);
        }
        if is_empty {
            walk.absent(Fault::EmptyObject);
        }
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Failed> {
        let read = name.serialize(Name(&mut |name| self.name(name)));
        match (&mut self.walk, read) {
            (Some(walk), Err(Failed)) => Err(walk.sink.stop(Fault::MemberName)),
            _ => Ok(()),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.value(value)
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

/// A walk through a struct; two structs of `serde_json` stand for something else.
#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub enum Fields<'w> {
    Members(Members<'w>),
    /// A number or any other value, whose text is the one field.
    Text {
        walk: Walk<'w>,
        is_number: bool,
        is_read: bool,
    },
}

impl<'w> Fields<'w> {
    pub(super) fn text(walk: Walk<'w>, is_number: bool) -> Self {
        Self::Text {
            walk,
            is_number,
            is_read: false,
        }
    }
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        let (walk, is_number, is_read) = match self {
            Self::Members(members) => return members.field(name, value),
            Self::Text {
                walk,
                is_number,
                is_read,
            } => (walk, *is_number, mem::replace(is_read, true)),
        };
        let walked = match json::text(value) {
            Ok(text) if !is_read => walk.text(is_number, &text),
            _ => Err(Failed),
        };
        walk.sink.part(walked)
    }

    fn end(self) -> Result<(), Failed> {
        match self {
            Self::Members(members) => members.finish(),
            Self::Text {
                walk,
                is_read: false,
                ..
            } => return Err(walk.sink.stop(Fault::Serialize)),
            Self::Text { .. } => {}
        }
        Ok(())
    }
}

impl Walk<'_> {
    /// Goes on in the value that `text` says.
    fn text(&mut self, is_number: bool, text: &str) -> Result<(), Failed> {
        if is_number {
            let number = Number::text(text).ok_or(Failed)?;
            self.reborrow().write_number(number);
            return Ok(());
        }
        let json = Json::new(text).ok_or(Failed)?;
        json.serialize(self.reborrow())
    }
}
