//! Where canonical bytes go: into the hash, or aside while an object waits to be sorted.

use std::{fmt, mem};

use serde::ser;

use super::bytes::{END, FLOAT, INEXACT, INTEGER, LIST, NEGATIVE, NOT_FINITE, string, text};
use super::fault::{Failure, Fault, Place};
use super::hash::{Hasher, Prefix};
use super::number::Number;
use super::objects::{Object, Objects};

/// Another layout needs another version: old and new ids must not meet.
const VERSION: u8 = 1;
/// How many bytes a key may have in canonical form: more than any event of Lambda needs.
const LIMIT: u64 = 16 << 20;

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
    pub(super) objects: Objects,
    /// Whether all is held, refused numbers included: which of them matter is not known yet.
    holding: bool,
    /// Whether a serialization ended early because nothing after it matters.
    pub(super) done: bool,
    pub(super) finds: Finds,
    /// How many nodes the path of a selection has led to.
    pub(super) found: usize,
    /// Which of the names that are to be noted were met: a bit each.
    pub(super) noted: u32,
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
    let mut written = write(&mut sink);
    if sink.finds == Finds::Again {
        sink = Sink::new(prefix);
        sink.finds = Finds::InWhole;
        written = write(&mut sink);
    }
    if sink.has_failed(written) {
        return Err(sink.failure());
    }
    Ok(sink.hash.finish())
}

/// The canonical bytes of what `write` writes.
pub(super) fn held(write: impl FnOnce(&mut Sink) -> Result<(), Failed>) -> Result<Vec<u8>, Failed> {
    Sink::new(&Prefix::EMPTY).hold(write)
}

/// The names that `write` notes.
pub(super) fn noted(write: impl FnOnce(&mut Sink) -> Result<(), Failed>) -> Result<u32, Failed> {
    let mut sink = Sink::new(&Prefix::EMPTY);
    let written = write(&mut sink);
    if sink.has_failed(written) {
        return Err(Failed);
    }
    Ok(sink.noted)
}

impl Sink {
    #[inline]
    fn new(prefix: &Prefix) -> Self {
        Self {
            hash: Hasher::new(prefix),
            objects: Objects::NONE,
            holding: false,
            done: false,
            finds: Finds::InPassing,
            found: 0,
            noted: 0,
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
            objects: Objects::holding(),
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
        if sink.has_failed(written) {
            self.failure.get_or_insert(sink.failure());
            return Err(Failed);
        }
        Ok(sink.objects.held)
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

    #[inline(never)]
    pub(super) fn byte(&mut self, byte: u8) {
        if self.objects.open == 0 {
            self.hash.push(byte);
        } else {
            self.objects.held.push(byte);
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.objects.open == 0 {
            self.hash.update(bytes);
        } else {
            self.objects.held.extend_from_slice(bytes);
        }
    }

    /// Writes a text that comes before the key.
    #[inline(never)]
    pub(super) fn text(&mut self, value: &str) {
        text(&mut self.hash, value);
    }

    #[inline]
    pub(super) fn optional(&mut self, value: Option<&str>) {
        self.hash.push(u8::from(value.is_some()));
        if let Some(value) = value {
            self.text(value);
        }
    }

    #[inline]
    pub(super) fn string(&mut self, value: &str) {
        if self.objects.open == 0 {
            string(&mut self.hash, value);
        } else {
            self.objects.string(value);
        }
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

    /// Ends the object that was opened last; tells whether it is empty.
    pub(super) fn close(&mut self, object: Object) -> bool {
        self.objects.close(object, &mut self.hash)
    }

    /// Notes a fault; the first one is kept.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(&mut self, fault: Fault) {
        let place = self.place;
        self.failure.get_or_insert(Failure { fault, place });
    }

    /// Notes a fault that ends the serialization.
    #[cold]
    #[inline(never)]
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
        if self.hash.length() + self.objects.held.len() as u64 > LIMIT {
            return Err(self.stop(Fault::TooLarge));
        }
        Ok(())
    }

    #[inline]
    fn has_failed(&self, written: Result<(), Failed>) -> bool {
        written.is_err() || self.failure.is_some()
    }

    /// Why there is no key.
    #[cold]
    fn failure(&self) -> Failure {
        // The only error that leaves no fault here is one that a `Serialize` made itself.
        self.failure.unwrap_or(Failure {
            fault: Fault::Serialize,
            place: self.place,
        })
    }
}
