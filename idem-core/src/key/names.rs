//! Names of members that are looked for.

use std::fmt;

/// Some names of members, to see which of them an object has.
#[derive(PartialEq, Eq)]
pub struct Names<'n> {
    names: &'n [&'n str],
    /// The [`mark`]s of all of them.
    marks: u64,
}

impl<'n> Names<'n> {
    pub(crate) const fn new(names: &'n [&'n str]) -> Self {
        assert!(names.len() <= 32, "each has a bit");
        let mut marks = 0;
        let mut rest = names;
        while let [name, after @ ..] = rest {
            marks |= mark(name);
            rest = after;
        }
        Self { names, marks }
    }

    /// Notes `name` in `met` if it is one of these: its bit has its place among them.
    #[inline]
    pub(super) fn note(&self, name: &str, met: &mut u32) {
        if self.marks & mark(name) != 0 {
            *met |= self.bit(name);
        }
    }

    // Apart, so that what comes before it is short.
    #[inline(never)]
    fn bit(&self, name: &str) -> u32 {
        let place = self.names.iter().position(|known| *known == name);
        place.map_or(0, |place| 1 << place)
    }
}

/// A bit by length and first byte: that of most other names is not among [`Names::marks`], which takes no comparison
/// to see.
const fn mark(name: &str) -> u64 {
    let first = match name.as_bytes() {
        [first, ..] => *first as usize,
        [] => 0,
    };
    1 << ((name.len() + first) % 64)
}

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}
