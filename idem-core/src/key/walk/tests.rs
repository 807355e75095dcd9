mod canonical;
mod path;

use serde::Serialize;

use super::select;
use crate::key::expression::Segment;
use crate::key::fault::Fault;
use crate::key::hash::Prefix;
use crate::key::sink::digest;
use crate::key::strict::Strict;

/// What keeps the nodes of `path` from being a key.
fn fault<T: Serialize>(path: &[Segment<'_>], value: &T) -> Option<Fault> {
    let hashed = digest(&Prefix::EMPTY, |sink| select(sink, path, Strict::No, value));
    hashed.err().map(|failure| failure.fault)
}
