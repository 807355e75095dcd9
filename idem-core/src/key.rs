//! Keys: from an event to the name of its record.
//!
//! A key is written in a canonical form and hashed; what leaves this module is the hash. Within a namespace and tenant,
//! two values have the same id exactly when they are the same JSON value, whatever type, crate feature or order of
//! members they came from.
//!
//! # Layout
//!
//! A *length* is one byte where it is below 255, and else `ff` and eight bytes, most significant first. A *text* is its
//! length in bytes and then its UTF-8 bytes. An id is the SHA-256 of these parts, one after the other:
//!
//! | part | bytes |
//! |---|---|
//! | domain | the text `idem-lambda key` |
//! | version of this layout | `01` |
//! | function | `00` where there is none, else `01` and a text |
//! | name | a text |
//! | padding | `00` up to a whole number of 64-byte blocks |
//! | tenant | `00` where there is none, else `01` and a text |
//! | key | a canonical value |
//!
//! The parts before the tenant are the same for every key of a handler, so [`Namespace`] hashes them once. A
//! [`Fingerprint`] is the SHA-256 of the text `idem-lambda fingerprint`, the version, padding to a whole number of
//! blocks and a canonical value.
//!
//! Each of the first 16 parts of a fingerprint that is a tuple of two or more has a mark in the record's [`Marks`], in
//! their order: the first two bytes of the SHA-256 of the text `idem-lambda mark`, the version, padding to a whole number
//! of blocks, the 32 bytes of the id, the key, the place of the part, counted from 0, as one byte, and the part; key and
//! part are canonical values. There are none where the key is the request id or the id of the source's message.
//!
//! # Canonical values
//!
//! | value | bytes |
//! |---|---|
//! | null, false, true | `00`, `01`, `02` |
//! | integer of zero or more | `03`, then its magnitude: how many bytes it has (0 to 16) as one byte, and these bytes, most significant first, of which the first is not `00` |
//! | integer below zero | `04`, the same |
//! | other number | `05`, the bits of its nearest double as 8 bytes, most significant first |
//! | string | `06`, a text, not normalised |
//! | list | `07`, its items, `09` |
//! | object | `08`, for each member its name as a string and its value, ordered by the bytes of the name, `09` |
//!
//! Every value ends where its own bytes say so, which makes the form injective: `("a", "bc")` and `("ab", "c")`
//! differ. A number is its value and not its spelling: `1`, `1.0` and `1e0` are one key, and `-0` is `0`. A number that
//! is not exact is refused: one beyond 128 bits, NaN, an infinity, and a float whose integer value is 2^53 or more
//! (2^24 in an `f32`), where neighbouring integers share a float. A text with a fraction or an exponent is its nearest
//! double, which may be whole. An `f32` is the decimal that JSON shows for it. Of a
//! repeated member the last one counts.
//!
//! A tuple is the list of its parts. A path that can select many nodes is the list of its nodes, where the members of
//! an object come in the order of their names' bytes, and what `..` finds in a node before what it finds in each of its
//! children in turn, which RFC 9535 leaves open; a path to one node is that node. `json` is what its path selects;
//! `base64`, `header` and `request_id` are strings; a closure is the value that it gives.
//!
//! A payload may have 128 levels of lists, objects and wrappers such as `Option` down to the end of a key, and a key 16 MiB
//! in canonical form.

mod base64;
mod bytes;
mod error;
mod evaluate;
mod expression;
mod fault;
mod fingerprint;
mod glance;
mod hash;
mod header;
mod held;
mod json;
mod marks;
mod name;
mod names;
mod namespace;
mod number;
mod objects;
#[cfg(feature = "grammar")]
pub mod path;
#[cfg(feature = "grammar")]
mod query;
mod record_id;
mod sink;
mod strict;
#[cfg(feature = "grammar")]
pub mod volatile;
mod walk;
mod whole;

pub use self::error::KeyError;
#[cfg(feature = "grammar")]
pub(crate) use self::evaluate::Input;
pub use self::expression::{Expression, Path, Segment};
pub use self::fingerprint::Fingerprint;
pub(crate) use self::glance::{names, text};
pub use self::marks::Marks;
pub(crate) use self::marks::{Difference, differing};
pub(crate) use self::names::Names;
pub use self::namespace::Namespace;
pub(crate) use self::record_id::Hex;
pub use self::record_id::{NotARecordId, RecordId};
pub use self::walk::Value;

#[cfg(test)]
mod generated;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod shape;
#[cfg(test)]
mod tests;
