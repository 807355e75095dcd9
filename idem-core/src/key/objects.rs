//! Objects that are being written: their bytes are held until their members can be sorted.

use std::cmp::Ordering;

use super::bytes::{END, OBJECT, string};
use super::hash::Hasher;
use super::held::Held;

/// Room for the objects and the members of a small event.
const ROOM: (usize, usize) = (256, 8);

/// The objects that are being written, and all that is in them.
pub(super) struct Objects {
    /// Empty while no object is being written.
    pub(super) held: Vec<u8>,
    /// The members of an inner object come after those of the outer one.
    members: Vec<Member>,
    /// How many objects are being written.
    pub(super) open: usize,
}

/// An object that is being written.
#[derive(Clone, Copy)]
pub(super) struct Object {
    start: usize,
    /// How many members of other objects come before its own.
    first: usize,
}

/// Where a member of an object lies among the held bytes.
struct Member {
    /// The first bytes of the name, which decide most comparisons.
    first: u64,
    start: usize,
    end: usize,
}

impl Member {
    #[inline]
    fn cmp(&self, other: &Self, held: &[u8]) -> Ordering {
        match self.first.cmp(&other.first) {
            Ordering::Equal => self.cmp_names(other, held),
            order => order,
        }
    }

    #[cold]
    fn cmp_names(&self, other: &Self, held: &[u8]) -> Ordering {
        let name = |member: &Self| Held::new(&held[member.start..]).string();
        name(self).cmp(&name(other))
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

impl Objects {
    pub(super) const NONE: Self = Self {
        held: Vec::new(),
        members: Vec::new(),
        open: 0,
    };

    /// One that never ends, so that all is held.
    pub(super) fn holding() -> Self {
        Self {
            held: Vec::with_capacity(ROOM.0),
            open: 1,
            ..Self::NONE
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
        self.held.push(OBJECT);
        Object {
            start,
            first: self.members.len(),
        }
    }

    /// Starts a member of the object that was opened last.
    #[inline]
    pub(super) fn name(&mut self, name: &str) {
        let start = self.held.len();
        string(&mut self.held, name);
        self.members.push(Member {
            first: first(name.as_bytes()),
            start,
            end: start,
        });
    }

    /// Writes a string that is in an object.
    // Apart from `Sink::string`, which then is short where none is open.
    #[inline(never)]
    pub(super) fn string(&mut self, value: &str) {
        string(&mut self.held, value);
    }

    /// Ends the member that was started last: its value has been written.
    #[inline]
    pub(super) fn member(&mut self) {
        if let Some(member) = self.members.last_mut() {
            member.end = self.held.len();
        }
    }

    /// Ends the object that was opened last: of repeated members the last one stays. Tells whether there are none.
    pub(super) fn close(&mut self, object: Object, hash: &mut Hasher) -> bool {
        self.open -= 1;
        let is_outermost = self.open == 0;
        let Self { held, members, .. } = self;
        let own = &mut members[object.first..];
        let is_empty = own.is_empty();
        if own.is_sorted_by(|one, next| one.cmp(next, held).is_lt()) {
            held.push(END);
            if is_outermost {
                hash.update(held);
            }
        } else {
            // The sort is stable, so that the last of equal names is the last that was written.
            own.sort_by(|one, next| one.cmp(next, held));
            let end = held.len();
            if is_outermost {
                hash.push(OBJECT);
            }
            for (index, member) in own.iter().enumerate() {
                let next = own.get(index + 1);
                if next.is_some_and(|next| member.cmp(next, held).is_eq()) {
                    continue;
                }
                if is_outermost {
                    hash.update(&held[member.start..member.end]);
                } else {
                    held.extend_from_within(member.start..member.end);
                }
            }
            if is_outermost {
                hash.push(END);
            } else {
                held.copy_within(end.., object.start + 1);
                held.truncate(object.start + 1 + held.len() - end);
                held.push(END);
            }
        }
        if is_outermost {
            held.clear();
        }
        members.truncate(object.first);
        is_empty
    }
}
