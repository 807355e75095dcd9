//! What the next claim copies from an item and a record does not show.

use crate::clock::UnixMillis;
use crate::record::{PASTS, Past};

/// What the next claim copies from a record of this library. Another library that ends a call late changes the status
/// and leaves these: then they do not tell the same.
pub(super) struct Kept {
    pub(super) first_origin: String,
    /// The latest attempt and those before it, as their numbers are.
    pub(super) pasts: [Past; PASTS + 1],
}

/// Generations start from the time of the first claim, and grow by one with each.
pub(super) fn first_started_at(generation: u64, attempts: u32) -> UnixMillis {
    UnixMillis(generation.saturating_sub(attempts.into()))
}
