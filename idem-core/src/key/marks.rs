//! What tells which part of a fingerprint differs.

use std::fmt;
use std::sync::Arc;

/// What tells which part of a fingerprint differs, where the fingerprint has several: a few bits a part, under a secret
/// that only who knows the key has.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Marks(Arc<[u8]>);

impl Marks {
    /// What a store kept.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for a store to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marks(..)")
    }
}
