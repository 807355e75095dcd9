//! What tells which part of a fingerprint differs.

#[cfg(feature = "grammar")]
mod part;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use super::expression::Expression;

/// How many bytes a part has.
const LENGTH: usize = 2;

/// What tells which part of a fingerprint differs, where the fingerprint has several: 16 bits for each part, which only
/// who knows the key can compute.
///
/// The layout is in the docs of [`key`](super).
#[derive(Clone, PartialEq, Eq, Hash)]
// A pointer of one word: each record has it, and few have marks.
pub struct Marks(Arc<Box<[u8]>>);

impl Marks {
    /// What a store kept.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(Arc::new(bytes.into()))
    }

    /// The bytes, for a store to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn of_parts(&self) -> impl Iterator<Item = &[u8; LENGTH]> {
        self.0.as_chunks().0.iter()
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marks(..)")
    }
}

/// What is known of where two fingerprints differ.
#[derive(Clone)]
pub(crate) struct Difference {
    fingerprint: &'static Expression,
    /// None where it cannot be told.
    parts: Vec<&'static Expression>,
}

/// Where `fingerprint` differs between two calls of one key whose fingerprints are not equal.
///
/// A fingerprint of one part is what differs, if the call before had no marks and so one part, too. Parts are compared by
/// their places. Marks of another number of parts are those of another version of the handler, and tell nothing.
pub(crate) fn differing(
    fingerprint: &'static Expression,
    stored: Option<&Marks>,
    asked: Option<&Marks>,
) -> Difference {
    let parts = match (fingerprint.parts(), stored, asked) {
        ([part], None, _) => vec![part],
        (parts, Some(stored), Some(asked)) if stored.0.len() == asked.0.len() => {
            let marks = stored.of_parts().zip(asked.of_parts());
            let differ = parts
                .iter()
                .zip(marks)
                .filter(|(_, (stored, asked))| stored != asked);
            differ.map(|(part, _)| part).collect()
        }
        _ => Vec::new(),
    };
    Difference { fingerprint, parts }
}

impl Difference {
    /// The parts that differ, as the attribute has them; none where that cannot be told.
    pub(crate) fn parts(&self) -> impl Iterator<Item = String> {
        self.parts.iter().map(ToString::to_string)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((last, others)) = self.parts.split_last() else {
            return write!(f, "what of `{}` differs cannot be told", self.fingerprint);
        };
        for (index, other) in others.iter().enumerate() {
            write!(f, "{}`{other}`", if index == 0 { "" } else { ", " })?;
        }
        match others {
            [] => write!(f, "`{last}` differs"),
            _ => write!(f, " and `{last}` differ"),
        }
    }
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Difference({self})")
    }
}
