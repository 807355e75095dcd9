//! Keys: from an event to the name of its record.
//!
//! A key is written in a canonical form and hashed; what leaves this module is the hash. Within a namespace and tenant,
//! two values have the same id exactly when they are the same JSON value, whatever type, crate feature or order of
//! members they came from.
//!
//! # Layout
//!
//! An id is the SHA-256 of these parts, one after the other. A *text* is its length in bytes as eight bytes, most
//! significant first, and then its UTF-8 bytes.
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
//! [`Fingerprint`] is the SHA-256 of the text `idem-lambda fingerprint`, the version and a canonical value.
//!
//! # Canonical values
//!
//! | value | bytes |
//! |---|---|
//! | null, false, true | `00`, `01`, `02` |
//! | integer of zero or more | `03`, magnitude as 16 bytes, most significant first |
//! | integer below zero | `04`, magnitude as 16 bytes, most significant first |
//! | other number | `05`, the bits of its nearest double as 8 bytes, most significant first |
//! | string | `06`, a text, not normalised |
//! | list | `07`, its items, `09` |
//! | object | `08`, for each member its name as a string and its value, ordered by the bytes of the name, `09` |
//!
//! Every value ends where its own bytes say so, which makes the form injective: `("a", "bc")` and `("ab", "c")`
//! differ. A number is its value and not its spelling: `1`, `1.0` and `1e0` are one key, and `-0` is `0`. A number that
//! is not exact is refused: one beyond 128 bits, NaN, an infinity, and a float whose integer value is 2^53 or more
//! (2^24 in an `f32`), where neighbouring integers share a float. An `f32` is the decimal that JSON shows for it. Of a
//! repeated member the last one counts.
//!
//! A tuple of paths is the list of what they select, and a query that can select many nodes is the list of its
//! nodes; a path to one node is that node.

mod canonical;
mod error;
mod expression;
mod extract;
mod fault;
mod fingerprint;
mod json;
mod name;
mod namespace;
mod number;
#[cfg(feature = "grammar")]
pub mod path;
#[cfg(feature = "grammar")]
mod query;
mod record_id;
mod select;
mod sink;

pub use self::error::KeyError;
pub use self::expression::{Expression, Path, Segment};
pub use self::fingerprint::Fingerprint;
pub use self::namespace::Namespace;
pub use self::record_id::RecordId;

#[cfg(test)]
mod shape;
#[cfg(test)]
mod tests;
