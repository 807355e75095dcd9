//! The marks of the parts of a fingerprint.

use std::sync::LazyLock;

use super::{LENGTH, Marks};
use crate::key::evaluate::Input;
use crate::key::expression::Expression;
use crate::key::fault::Failure;
use crate::key::hash::Prefix;
use crate::key::record_id::RecordId;
use crate::key::sink::{digest, prefix};
use crate::key::strict::Strict;

const DOMAIN: &str = "idem-lambda mark";
/// Parts beyond it have no mark, which bounds what a record holds.
const LIMIT: u8 = 16;
static PREFIX: LazyLock<Prefix> = LazyLock::new(|| prefix(DOMAIN, |_| {}));

impl Marks {
    /// Those of `fingerprint`, where it has several parts, of the call whose key makes `id`.
    ///
    /// None, too, where one cannot be made, as of key and part together over the limit of a key: what they would tell is
    /// no reason to refuse a call.
    pub(crate) fn of(
        fingerprint: &Expression,
        key: &Expression,
        id: &RecordId,
        input: &Input<'_>,
    ) -> Option<Self> {
        let parts = fingerprint.parts();
        if parts.len() < 2 {
            return None;
        }
        let marks = (0..LIMIT).zip(parts);
        let marks = marks.map(|(place, part)| mark(place, part, key, id, input));
        let marks: Vec<_> = marks.collect::<Result<_, _>>().ok()?;
        Some(Self::from_bytes(marks.as_flattened()))
    }
}

/// The mark of `part`.
///
/// What makes it a secret is the key itself, which the record does not hold. It holds a hash of the key, from which nothing
/// leads here, because the two messages differ from their first block on. The id says in which namespace and for which
/// tenant, so that equal keys and parts of two have unlike marks. The key is walked through again for each part: only calls
/// of a few parts pay for it, and ids are made as if there were no marks.
fn mark(
    place: u8,
    part: &Expression,
    key: &Expression,
    id: &RecordId,
    input: &Input<'_>,
) -> Result<[u8; LENGTH], Failure> {
    let [first, second, ..] = digest(&PREFIX, |sink| {
        sink.write(id.digest());
        key.write(sink, Strict::Whole, input)?;
        sink.byte(place);
        part.write(sink, Strict::No, input)
    })?;
    Ok([first, second])
}
