//! Which parts of a payload are the key.

use std::fmt;

/// Which parts of a payload are the key: const data that the attribute writes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Expression {
    /// What a path selects.
    Path(Path),
    /// Several expressions, in order; each must have a value.
    Tuple(&'static [Expression]),
}

/// A path as RFC 9535 has it.
///
/// Names in it are those of the serialized payload.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    pub(super) text: &'static str,
    /// `None` in a general path.
    pub(super) segments: Option<&'static [Segment<'static>]>,
}

/// One step of a path that selects one node at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment<'n> {
    /// The member of an object.
    Name(&'n str),
    /// The item of a list, counted from 0.
    Index(u64),
}

impl Path {
    /// A path of names and indices from the start of a list; `text` is how it was written.
    #[must_use]
    pub const fn singular(text: &'static str, segments: &'static [Segment<'static>]) -> Self {
        Self {
            text,
            segments: Some(segments),
        }
    }

    /// Any other path. It is parsed when it is first used.
    ///
    /// What it selects is the key, and what it does not find is not part of it: of `$.items[*].id`, an item without an
    /// `id` counts for nothing. Where every part must be there, write a tuple of singular paths.
    #[must_use]
    pub const fn general(text: &'static str) -> Self {
        Self {
            text,
            segments: None,
        }
    }
}

/// As the attribute has it.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path.text),
            Self::Tuple(parts) => {
                f.write_str("(")?;
                for (index, part) in parts.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    write!(f, "{part}")?;
                }
                f.write_str(")")
            }
        }
    }
}
