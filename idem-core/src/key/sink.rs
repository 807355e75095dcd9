//! Where canonical bytes go: into the hash, or aside while an object waits to be sorted.

use std::cmp::Ordering;
use std::{fmt, mem};

use serde::ser;

use super::fault::{Failure, Fault, Place};
use super::hash::{Hasher, Prefix};
use super::number::Number;

pub(super) const NULL: u8 = 0;
pub(super) const FALSE: u8 = 1;
pub(super) const TRUE: u8 = 2;
pub(super) const INTEGER: u8 = 3;
pub(super) const NEGATIVE: u8 = 4;
pub(super) const FLOAT: u8 = 5;
pub(super) const STRING: u8 = 6;
pub(super) const LIST: u8 = 7;
pub(super) const OBJECT: u8 = 8;
pub(super) const END: u8 = 9;
/// Stands for a refused number in held bytes and is never hashed.
pub(super) const NOT_FINITE: u8 = 10;
/// The same, followed by the eight bytes of the double.
pub(super) const INEXACT: u8 = 11;
/// A length of a byte of its own is below this.
pub(super) const LONG: u8 = 255;

/// Another layout needs another version: old and new ids must not meet.
const VERSION: u8 = 1;
/// How many bytes a key may have in canonical form: more than any event of Lambda needs.
const LIMIT: u64 = 16 << 20;
/// Room for the objects and the members of a small event.
const ROOM: (usize, usize) = (256, 8);

/// A serialization that ended early; the reason is in the [`Sink`].
#[derive(Clone, Copy, Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no key can be made of this value")
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    /// Drops the message: it may hold what was being serialized.
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

/// Takes the bytes of a canonical value, and the first fault of what is being written.
///
/// Faults are kept here rather than in the error that a serializer returns, because a `Serialize` may rewrite or
/// swallow that error on its way up.
pub(super) struct Sink {
    hash: Hasher,
    /// What waits to be sorted; nothing does while no object is being written.
    held: Vec<u8>,
    /// The members of the objects that are being written, those of an inner object after those of the outer one.
    members: Vec<Member>,
    /// Where an inner object is sorted.
    sorted: Vec<u8>,
    /// How many objects are being written.
    open: usize,
    /// Whether all is held, refused numbers included: which of them matter is not known yet.
    holding: bool,
    /// Whether a serialization ended early because nothing after it matters.
    pub(super) done: bool,
    pub(super) finds: Finds,
    /// How many nodes the path of a selection has led to.
    pub(super) found: usize,
    pub(super) place: Place,
    failure: Option<Failure>,
}

/// How paths find their nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finds {
    /// While the payload is serialized: nothing else is looked at.
    InPassing,
    /// In passing, but a path met what only the whole payload tells; all has to be written again.
    Again,
    /// In the canonical bytes of the whole payload.
    InWhole,
}

/// Where a member of an object lies among the held bytes: head of the name, name, value, end.
#[derive(Clone, Copy, Default)]
pub(super) struct Member {
    start: usize,
    name: usize,
    value: usize,
    end: usize,
    /// The first bytes of the name, which decide most comparisons.
    first: u64,
}

impl Member {
    /// Compares the names.
    fn cmp(&self, other: &Self, held: &[u8]) -> Ordering {
        let names = || held[self.name..self.value].cmp(&held[other.name..other.value]);
        self.first.cmp(&other.first).then_with(names)
    }

    fn all<'h>(&self, held: &'h [u8]) -> &'h [u8] {
        &held[self.start..self.end]
    }
}

/// The first bytes of a name, in an order that is the names'.
#[inline]
fn first(name: &[u8]) -> u64 {
    let mut first = [0; 8];
    if let Some(bytes) = name.first_chunk() {
        first = *bytes;
    } else {
        first
            .iter_mut()
            .zip(name)
            .for_each(|(to, byte)| *to = *byte);
    }
    u64::from_be_bytes(first)
}

/// An object that is being written.
#[derive(Clone, Copy)]
pub(super) struct Object {
    start: usize,
    /// How many members of other objects come before its own.
    first: usize,
}

/// What hashes of one domain start with, hashed.
pub(super) fn prefix(domain: &str, write: impl FnOnce(&mut Sink)) -> Prefix {
    let mut sink = Sink::new(&Prefix::EMPTY);
    sink.text(domain);
    sink.byte(VERSION);
    write(&mut sink);
    sink.hash.pad()
}

/// The hash of what `write` writes after `prefix`; `write` may be called twice.
#[inline]
pub(super) fn digest(
    prefix: &Prefix,
    write: impl Fn(&mut Sink) -> Result<(), Failed>,
) -> Result<[u8; 32], Failure> {
    let mut sink = Sink::new(prefix);
    let written = write(&mut sink);
    if sink.finds == Finds::Again {
        return digest_of_whole(prefix, &write);
    }
    sink.digest(written)
}

#[cold]
fn digest_of_whole(
    prefix: &Prefix,
    write: &dyn Fn(&mut Sink) -> Result<(), Failed>,
) -> Result<[u8; 32], Failure> {
    let mut sink = Sink::new(prefix);
    sink.finds = Finds::InWhole;
    let written = write(&mut sink);
    sink.digest(written)
}

/// The canonical bytes of what `write` writes.
#[cfg(test)]
pub(super) fn held(write: &dyn Fn(&mut Sink) -> Result<(), Failed>) -> Vec<u8> {
    Sink::new(&Prefix::EMPTY).hold(write).unwrap()
}

impl Sink {
    #[inline]
    fn new(prefix: &Prefix) -> Self {
        Self {
            hash: Hasher::new(prefix),
            held: Vec::new(),
            members: Vec::new(),
            sorted: Vec::new(),
            open: 0,
            holding: false,
            done: false,
            finds: Finds::InPassing,
            found: 0,
            place: Place::default(),
            failure: None,
        }
    }

    /// The canonical bytes of what `write` writes, on behalf of this sink.
    pub(super) fn hold(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), Failed>,
    ) -> Result<Vec<u8>, Failed> {
        let mut sink = Self {
            held: Vec::with_capacity(ROOM.0),
            open: 1,
            holding: true,
            finds: self.finds,
            place: Place {
                node: None,
                ..self.place
            },
            ..Self::new(&Prefix::EMPTY)
        };
        let written = write(&mut sink);
        self.finds = sink.finds;
        match sink.outcome(written) {
            None => Ok(sink.held),
            Some(failure) => {
                self.failure.get_or_insert(failure);
                Err(Failed)
            }
        }
    }

    pub(super) fn is_holding(&self) -> bool {
        self.holding
    }

    /// Starts the nodes of a path: a list of them, or the only one.
    #[inline]
    pub(super) fn start(&mut self, many: bool) {
        self.found = 0;
        self.place.node = many.then_some(0);
        if many {
            self.byte(LIST);
        }
    }

    /// Ends the nodes of a path.
    #[inline]
    pub(super) fn finish(&mut self) -> Result<(), Failed> {
        let many = self.place.node.take().is_some();
        match (many, self.found) {
            (true, 0) => return Err(self.stop(Fault::NoNodes)),
            (false, 0) => return Err(self.stop(Fault::Missing)),
            (true, _) => self.byte(END),
            (false, _) => {}
        }
        Ok(())
    }

    /// Notes that a path has led to a node.
    #[inline]
    pub(super) fn arrive(&mut self) {
        self.found += 1;
        if let Some(node) = &mut self.place.node {
            *node = self.found;
        }
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        if self.open == 0 {
            self.hash.push(byte);
        } else {
            self.held.push(byte);
        }
    }

    #[inline]
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.open == 0 {
            self.hash.update(bytes);
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    /// The length of `text` and its bytes.
    #[inline]
    pub(super) fn text(&mut self, text: &str) {
        match u8::try_from(text.len()) {
            Ok(length) if length < LONG => self.byte(length),
            _ => {
                self.byte(LONG);
                self.write(&(text.len() as u64).to_be_bytes());
            }
        }
        self.write(text.as_bytes());
    }

    #[inline]
    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.byte(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    #[inline]
    pub(super) fn string(&mut self, text: &str) {
        self.byte(STRING);
        self.text(text);
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a magnitude has 16 bytes at most"
    )]
    pub(super) fn number(&mut self, number: Number) {
        match number {
            Number::Integer {
                negative,
                magnitude,
            } => {
                let zeros = magnitude.leading_zeros() as usize / 8;
                let mut bytes = [0; 18];
                bytes[2..].copy_from_slice(&magnitude.to_be_bytes());
                bytes[zeros] = if negative { NEGATIVE } else { INTEGER };
                bytes[zeros + 1] = 16 - zeros as u8;
                self.write(&bytes[zeros..]);
            }
            Number::Float(float) => self.double(FLOAT, float),
            Number::Inexact(float) if self.holding => self.double(INEXACT, float),
            Number::NotFinite if self.holding => self.byte(NOT_FINITE),
            Number::Inexact(_) => self.fail(Fault::Inexact),
            Number::NotFinite => self.fail(Fault::NotFinite),
        }
    }

    fn double(&mut self, tag: u8, float: f64) {
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&float.to_bits().to_be_bytes());
        self.write(&bytes);
    }

    /// Ends a list or an object, and with it the object of a variant.
    pub(super) fn end(&mut self, in_variant: bool) {
        self.byte(END);
        if in_variant {
            self.byte(END);
        }
    }

    /// Starts an object.
    pub(super) fn open(&mut self) -> Object {
        if self.members.capacity() == 0 {
            self.held.reserve(ROOM.0);
            self.members.reserve(ROOM.1);
        }
        self.open += 1;
        let start = self.held.len();
        self.byte(OBJECT);
        Object {
            start,
            first: self.members.len(),
        }
    }

    /// Starts a member of the object that was opened last.
    #[inline]
    pub(super) fn name(&mut self, name: &str) -> Member {
        let start = self.held.len();
        self.string(name);
        let value = self.held.len();
        Member {
            start,
            name: value - name.len(),
            value,
            end: value,
            first: first(name.as_bytes()),
        }
    }

    /// Ends a member: its value has been written.
    #[inline]
    pub(super) fn member(&mut self, member: Member) {
        let end = self.held.len();
        self.members.push(Member { end, ..member });
    }

    /// Ends the object that was opened last: of repeated members the last one stays. Tells whether there are none.
    pub(super) fn close(&mut self, object: Object) -> bool {
        self.open -= 1;
        let is_outermost = self.open == 0;
        let Self { held, hash, .. } = self;
        let members = &mut self.members[object.first..];
        let is_empty = members.is_empty();
        if members.is_sorted_by(|one, next| one.cmp(next, held).is_lt()) {
            held.push(END);
            if is_outermost {
                hash.update(held);
            }
        } else {
            // The sort is stable, so that the last of equal names is the last that was written.
            members.sort_by(|one, next| one.cmp(next, held));
            let members = &*members;
            let last = members.iter().enumerate().filter_map(|(index, member)| {
                let next = members.get(index + 1);
                let is_last = next.is_none_or(|next| member.cmp(next, held).is_ne());
                is_last.then(|| member.all(held))
            });
            if is_outermost {
                hash.push(OBJECT);
                last.for_each(|member| hash.update(member));
                hash.push(END);
            } else {
                self.sorted.clear();
                last.for_each(|member| self.sorted.extend_from_slice(member));
                held.truncate(object.start + 1);
                held.extend_from_slice(&self.sorted);
                held.push(END);
            }
        }
        if is_outermost {
            held.clear();
        }
        self.members.truncate(object.first);
        is_empty
    }

    /// Notes a fault; the first one is kept.
    pub(super) fn fail(&mut self, fault: Fault) {
        let place = self.place;
        self.failure.get_or_insert(Failure { fault, place });
    }

    /// Notes a fault that ends the serialization.
    pub(super) fn stop(&mut self, fault: Fault) -> Failed {
        self.fail(fault);
        Failed
    }

    /// Writes what can only fail to serialize for the reason `fault`.
    pub(super) fn blame(
        &mut self,
        fault: Fault,
        write: impl FnOnce(&mut Self) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let was_fine = self.failure.is_none();
        let written = write(self);
        match &mut self.failure {
            Some(failure) if was_fine && failure.fault == Fault::Serialize => failure.fault = fault,
            _ => {}
        }
        written
    }

    /// The depth left one level below `depth`.
    #[inline]
    pub(super) fn deeper(&mut self, depth: u8) -> Result<u8, Failed> {
        depth
            .checked_sub(1)
            .ok_or_else(|| self.stop(Fault::TooDeep))
    }

    /// What came of serializing a part of the payload.
    #[inline]
    pub(super) fn part(&mut self, written: Result<(), Failed>) -> Result<(), Failed> {
        let done = mem::take(&mut self.done);
        if written.is_err() && !done {
            return Err(self.stop(Fault::Serialize));
        }
        if self.hash.length() + self.held.len() as u64 > LIMIT {
            return Err(self.stop(Fault::TooLarge));
        }
        Ok(())
    }

    #[inline]
    fn digest(&mut self, written: Result<(), Failed>) -> Result<[u8; 32], Failure> {
        match self.outcome(written) {
            None => Ok(self.hash.finish()),
            Some(failure) => Err(failure),
        }
    }

    /// Why there is no key of what was written, if there is none.
    #[inline]
    fn outcome(&self, written: Result<(), Failed>) -> Option<Failure> {
        // The only error that leaves no fault here is one that a `Serialize` made itself.
        match (self.failure, written) {
            (None, Err(Failed)) => Some(Failure {
                fault: Fault::Serialize,
                place: self.place,
            }),
            (failure, _) => failure,
        }
    }
}
