//! The members of an object.

use std::mem;

use serde::Serialize;
use serde::ser;

use super::Walk;
use crate::key::expression::Segment;
use crate::key::fault::Fault;
use crate::key::json::{self, Json};
use crate::key::name::Name;
use crate::key::names::Names;
use crate::key::number::Number;
use crate::key::objects::Object;
use crate::key::sink::Failed;
use crate::key::strict::Strict;

/// A walk through the members of an object.
#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub enum Members<'w> {
    /// The path does not go through here.
    Skipped,
    /// The path goes on in one member.
    Passed(Passed<'w>),
    /// Nothing but names is looked at.
    Noted(Noted<'w>),
    /// The object is in the node, and is written.
    Written(Written<'w>),
    /// The struct stands for the value that its one field says.
    Text(Text<'w>),
}

#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Passed<'w> {
    walk: Walk<'w>,
    wanted: &'w str,
    /// Whether the case of ASCII letters matters.
    is_exact: bool,
    /// Whether the latest name is the one that is wanted.
    is_wanted: bool,
    /// Whether there was a member of that name before.
    is_met: bool,
}

#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Noted<'w> {
    walk: Walk<'w>,
    names: &'w Names<'w>,
}

#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Written<'w> {
    walk: Walk<'w>,
    object: Object,
    /// Whether a member has its name and not yet its value.
    is_named: bool,
    /// Whether the object of a variant is around this one, and ends with it.
    in_variant: bool,
}

#[expect(missing_debug_implementations, reason = "nobody can have one")]
pub struct Text<'w> {
    walk: Walk<'w>,
    is_number: bool,
    is_read: bool,
}

impl<'w> Members<'w> {
    #[inline(never)]
    pub(super) fn new(mut walk: Walk<'w>) -> Result<Self, Failed> {
        match walk.path {
            [] => Self::written(walk, false),
            [Segment::Wildcard, ..] => Err(walk.again()),
            [Segment::Index(_), ..] => Ok(Self::Skipped),
            [Segment::Name(wanted), ..] => Ok(Self::passed(walk, wanted, true)),
            [Segment::Header(wanted), ..] => Ok(Self::passed(walk, wanted, false)),
            [Segment::Noted(names), ..] => Ok(Self::Noted(Noted { walk, names })),
        }
    }

    #[inline]
    pub(super) fn passed(walk: Walk<'w>, wanted: &'w str, is_exact: bool) -> Self {
        Self::Passed(Passed {
            walk,
            wanted,
            is_exact,
            is_wanted: false,
            is_met: false,
        })
    }

    pub(super) fn written(walk: Walk<'w>, in_variant: bool) -> Result<Self, Failed> {
        let walk = walk.deeper()?;
        let object = walk.sink.objects.open();
        Ok(Self::Written(Written {
            walk,
            object,
            is_named: false,
            in_variant,
        }))
    }

    /// The value of a struct of `serde_json`.
    #[inline]
    pub(super) fn text(walk: Walk<'w>, is_number: bool) -> Self {
        Self::Text(Text {
            walk,
            is_number,
            is_read: false,
        })
    }

    /// Past the name of a member; tells whether its value may matter.
    #[inline(never)]
    fn name(&mut self, name: &str) -> bool {
        match self {
            Self::Noted(members) => members.name(name),
            _ => self.name_on_the_way(name),
        }
    }

    // Apart, so that a name that is only noted is soon gone past.
    #[inline(never)]
    fn name_on_the_way(&mut self, name: &str) -> bool {
        if let Self::Written(members) = self {
            members.name(name);
        } else if let Self::Passed(members) = self {
            members.is_wanted = members.wants(name);
        }
        true
    }

    /// The value of the latest name.
    // Apart from `field`, so that passing a field by is a comparison and no more.
    #[inline(never)]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        match self {
            Self::Skipped | Self::Noted(_) => Ok(()),
            Self::Passed(members) if !members.is_wanted => Ok(()),
            Self::Passed(members) => {
                let walked = value.serialize(members.at()?);
                members.walk.sink.part(walked)
            }
            Self::Written(members) => {
                let written = value.serialize(members.walk.part(Strict::No));
                members.went(written)
            }
            Self::Text(text) => text.read(json::text(value)),
        }
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Failed> {
        match self {
            Self::Passed(members) if !members.wants(name) => return Ok(()),
            Self::Passed(members) => members.is_wanted = true,
            _ => {
                if !self.name(name) {
                    return Ok(());
                }
            }
        }
        self.value(value)
    }

    #[inline]
    fn finish(mut self) -> Result<(), Failed> {
        match &mut self {
            Self::Skipped | Self::Passed(_) | Self::Noted(_) => {}
            Self::Written(members) => members.finish(),
            Self::Text(text) if text.is_read => {}
            Self::Text(text) => return Err(text.walk.sink.stop(Fault::Serialize)),
        }
        Ok(())
    }
}

impl Passed<'_> {
    #[inline]
    fn wants(&self, name: &str) -> bool {
        self.wanted.len() == name.len() && self.is(name)
    }

    #[inline(never)]
    fn is(&self, name: &str) -> bool {
        if self.is_exact {
            self.wanted == name
        } else {
            self.wanted.eq_ignore_ascii_case(name)
        }
    }

    /// At the member that is wanted.
    #[inline]
    fn at(&mut self) -> Result<Walk<'_>, Failed> {
        if mem::replace(&mut self.is_met, true) {
            return Err(self.walk.again());
        }
        self.walk.step()
    }
}

impl Noted<'_> {
    #[inline]
    fn name(&mut self, name: &str) -> bool {
        self.names.note(name, &mut self.walk.sink.noted);
        false
    }
}

impl Written<'_> {
    /// Past the value of a member.
    fn went(&mut self, written: Result<(), Failed>) -> Result<(), Failed> {
        let sink = &mut *self.walk.sink;
        sink.part(written)?;
        if !mem::take(&mut self.is_named) {
            return Err(sink.stop(Fault::Serialize));
        }
        sink.objects.member();
        Ok(())
    }

    /// Past the name of a member; the one before must have its value.
    fn name(&mut self, name: &str) {
        self.walk.sink.objects.name(name);
        if mem::replace(&mut self.is_named, true) {
            self.walk.sink.fail(Fault::Serialize);
        }
    }

    fn finish(&mut self) {
        if self.is_named {
            self.walk.sink.fail(Fault::Serialize);
        }
        let is_empty = self.walk.sink.close(self.object);
        if self.in_variant {
            self.walk.sink.end(false);
        }
        if is_empty {
            self.walk.absent(Fault::EmptyObject);
        }
    }
}

impl Text<'_> {
    /// Goes on in the value that the text of the field says.
    fn read(&mut self, text: Result<String, Failed>) -> Result<(), Failed> {
        let is_first = !mem::replace(&mut self.is_read, true);
        let read = match text {
            Ok(text) if is_first => self.value(&text).ok_or(Failed),
            _ => Err(Failed),
        };
        self.walk.sink.part(read)
    }

    fn value(&mut self, text: &str) -> Option<()> {
        let walk = self.walk.reborrow();
        if self.is_number {
            walk.write_number(Number::text(text)?);
            return Some(());
        }
        Json::new(text)?.serialize(walk).ok()
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Failed> {
        let read = name.serialize(Name(&mut |name| {
            self.name(name);
        }));
        match self {
            Self::Passed(Passed { walk, .. })
            | Self::Noted(Noted { walk, .. })
            | Self::Written(Written { walk, .. }) => {
                read.map_err(|Failed| walk.sink.stop(Fault::MemberName))
            }
            Self::Skipped | Self::Text(_) => Ok(()),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.value(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.finish()
    }
}

macro_rules! structs {
    ($($compound:ident),*) => {
        $(impl ser::$compound for Members<'_> {
            type Ok = ();
            type Error = Failed;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Failed> {
                self.field(name, value)
            }

            #[inline]
            fn end(self) -> Result<(), Failed> {
                self.finish()
            }
        })*
    };
}

structs!(SerializeStruct, SerializeStructVariant);
