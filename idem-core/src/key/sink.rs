//! Where canonical bytes go: into the hash, or aside while an object waits to be sorted.

use std::fmt;
use std::ops::Range;

use serde::ser;
use sha2::{Digest, Sha256};

use super::fault::{Failure, Fault, Place};
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
/// The block of SHA-256.
const BLOCK: usize = 64;
/// How many bytes a key may have in canonical form: more than any event of Lambda needs.
const LIMIT: usize = 16 << 20;

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
    hash: Sha256,
    /// What waits to be sorted; nothing does while no object is being written.
    held: Vec<u8>,
    /// The members of the objects that are being written, those of an inner object after those of the outer one.
    members: Vec<Member>,
    /// How many objects are being written.
    open: usize,
    /// Whether all is held, refused numbers included: which of them matter is not known yet.
    holding: bool,
    /// How many bytes were written.
    size: usize,
    failure: Option<Failure>,
    pub(super) place: Place,
    pub(super) finds: Finds,
    /// Whether a serialization ended early because nothing after it matters.
    pub(super) done: bool,
    /// How many nodes the path of a selection has led to.
    pub(super) found: usize,
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

/// Where a member of an object lies among the held bytes.
#[derive(Clone, Default)]
pub(super) struct Member {
    name: Range<usize>,
    /// From the head of the name to the end of the value.
    all: Range<usize>,
}

/// An object that is being written.
#[derive(Clone, Copy, Default)]
pub(super) struct Object {
    start: usize,
    /// How many members of other objects come before its own.
    first: usize,
}

/// What hashes of one domain start with: whole blocks, so that their state can be prepared once.
pub(super) fn prefix(domain: &str, write: impl FnOnce(&mut Sink)) -> Sha256 {
    let mut sink = Sink::new(Sha256::new());
    sink.text(domain);
    sink.write(&[VERSION]);
    write(&mut sink);
    let padding = sink.size.next_multiple_of(BLOCK) - sink.size;
    sink.write(&[0; BLOCK][..padding]);
    sink.hash
}

/// The hash of what `write` writes after what `prefix` has hashed; `write` may be called twice.
pub(super) fn digest(
    prefix: &Sha256,
    write: &dyn Fn(&mut Sink) -> Result<(), Failed>,
) -> Result<[u8; 32], Failure> {
    let mut sink = Sink::new(prefix.clone());
    let mut written = write(&mut sink);
    if sink.finds == Finds::Again {
        sink = Sink::new(prefix.clone());
        sink.finds = Finds::InWhole;
        written = write(&mut sink);
    }
    sink.outcome(written)?;
    Ok(sink.hash.finalize().into())
}

impl Sink {
    pub(super) fn new(hash: Sha256) -> Self {
        Self {
            hash,
            held: Vec::new(),
            members: Vec::new(),
            open: 0,
            holding: false,
            size: 0,
            failure: None,
            place: Place::default(),
            finds: Finds::InPassing,
            done: false,
            found: 0,
        }
    }

    /// The canonical bytes of what `write` writes, on behalf of this sink.
    pub(super) fn hold(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), Failed>,
    ) -> Result<Vec<u8>, Failed> {
        let mut sink = Self {
            open: 1,
            holding: true,
            finds: self.finds,
            place: self.place,
            ..Self::new(Sha256::new())
        };
        let written = write(&mut sink);
        self.finds = sink.finds;
        match sink.outcome(written) {
            Ok(()) => Ok(sink.held),
            Err(failure) => {
                self.failure.get_or_insert(failure);
                Err(Failed)
            }
        }
    }

    pub(super) fn is_holding(&self) -> bool {
        self.holding
    }

    /// Starts the nodes of a path: a list of them, or the only one.
    pub(super) fn start(&mut self, many: bool) {
        self.found = 0;
        self.place.node = many.then_some(0);
        if many {
            self.write(&[LIST]);
        }
    }

    /// Ends the nodes of a path.
    pub(super) fn finish(&mut self) -> Result<(), Failed> {
        let many = self.place.node.take().is_some();
        match (many, self.found) {
            (true, 0) => return Err(self.stop(Fault::NoNodes)),
            (false, 0) => return Err(self.stop(Fault::Missing)),
            (true, _) => self.write(&[END]),
            (false, _) => {}
        }
        Ok(())
    }

    /// Notes that a path has led to a node.
    pub(super) fn arrive(&mut self) {
        self.found += 1;
        if let Some(node) = &mut self.place.node {
            *node = self.found;
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len());
        if self.size > LIMIT {
            self.fail(Fault::TooLarge);
        } else if self.open == 0 {
            self.hash.update(bytes);
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    /// The length of `text` and its bytes.
    pub(super) fn text(&mut self, text: &str) {
        length(text.len(), |length| self.write(length));
        self.write(text.as_bytes());
    }

    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.write(&[u8::from(text.is_some())]);
        if let Some(text) = text {
            self.text(text);
        }
    }

    pub(super) fn string(&mut self, text: &str) {
        self.write(&[STRING]);
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
            Number::NotFinite if self.holding => self.write(&[NOT_FINITE]),
            Number::Inexact(_) => self.fail(Fault::Inexact),
            Number::NotFinite => self.fail(Fault::NotFinite),
        }
    }

    fn double(&mut self, tag: u8, float: f64) {
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&float.to_bits().to_be_bytes());
        self.write(&bytes);
    }

    /// Starts an object.
    pub(super) fn open(&mut self) -> Object {
        self.open += 1;
        let start = self.held.len();
        self.write(&[OBJECT]);
        Object {
            start,
            first: self.members.len(),
        }
    }

    /// Starts a member of the object that was opened last.
    pub(super) fn name(&mut self, name: &str) -> Member {
        let start = self.held.len();
        self.string(name);
        let end = self.held.len();
        Member {
            name: end.saturating_sub(name.len())..end,
            all: start..start,
        }
    }

    /// Ends a member: its value has been written.
    pub(super) fn member(&mut self, mut member: Member) {
        member.all.end = self.held.len();
        self.members.push(member);
    }

    /// Ends the object that was opened last: of repeated members the last one stays. Tells whether there are none.
    pub(super) fn close(&mut self, Object { start, first }: Object) -> bool {
        let held = &mut self.held;
        let members = &mut self.members[first..];
        let is_empty = members.is_empty();
        if !members.is_sorted_by(|one, next| held[one.name.clone()] < held[next.name.clone()]) {
            // The sort is stable, so that the last of equal names is the last that was written.
            members.sort_by(|one, next| held[one.name.clone()].cmp(&held[next.name.clone()]));
            let mut sorted = Vec::with_capacity(held.len() - start);
            for (index, member) in members.iter().enumerate() {
                let next = members.get(index + 1);
                if next.is_none_or(|next| held[next.name.clone()] != held[member.name.clone()]) {
                    sorted.extend_from_slice(&held[member.all.clone()]);
                }
            }
            held.truncate(start);
            held.push(OBJECT);
            held.append(&mut sorted);
        }
        held.push(END);
        self.members.truncate(first);
        self.open -= 1;
        if self.open == 0 {
            self.hash.update(&self.held);
            self.held.clear();
        }
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

    /// The depth left one level below `depth`.
    pub(super) fn deeper(&mut self, depth: u8) -> Result<u8, Failed> {
        depth
            .checked_sub(1)
            .ok_or_else(|| self.stop(Fault::TooDeep))
    }

    /// What came of serializing a part of the payload.
    pub(super) fn part(&mut self, written: Result<(), Failed>) -> Result<(), Failed> {
        let done = std::mem::take(&mut self.done);
        match written {
            Err(Failed) if !done => Err(self.stop(Fault::Serialize)),
            _ if self.size > LIMIT => Err(Failed),
            _ => Ok(()),
        }
    }

    fn outcome(&self, written: Result<(), Failed>) -> Result<(), Failure> {
        match (self.failure, written) {
            (Some(failure), _) => Err(failure),
            (None, Ok(())) => Ok(()),
            // The only error that leaves no fault here is one that a `Serialize` made itself.
            (None, Err(Failed)) => Err(Failure {
                fault: Fault::Serialize,
                place: self.place,
            }),
        }
    }
}

/// Hands on the bytes of a length.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the length is below 255 there"
)]
pub(super) fn length<T>(length: usize, write: impl FnOnce(&[u8]) -> T) -> T {
    if length < usize::from(LONG) {
        return write(&[length as u8]);
    }
    let mut bytes = [LONG; 9];
    bytes[1..].copy_from_slice(&(length as u64).to_be_bytes());
    write(&bytes)
}
