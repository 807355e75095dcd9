//! Which parts of an event are the key.

use std::fmt;

use super::names::Names;
use super::sink::{Failed, Sink};
use super::strict::Strict;
use super::walk::Value;

/// Which parts of an event are the key: const data that the attribute writes.
///
/// The attribute's docs have the grammar. It displays as the attribute has it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Expression {
    /// What a path selects in the payload.
    Path(Path),
    /// What a path selects in the JSON that another expression gives as text.
    Json(&'static Expression, Path),
    /// The UTF-8 text that another expression gives in Base64, of the standard or the URL alphabet, padded or not.
    Base64(&'static Expression),
    /// The one value of a header, in the members `headers` and `multiValueHeaders` of the payload; its name is compared
    /// without ASCII case.
    Header(&'static str),
    /// The Lambda request id of the invocation.
    RequestId,
    /// Several expressions, in order; each must have a value.
    Tuple(&'static [Expression]),
    /// What a closure gave: one of the values that come with the call, counted from 0.
    #[doc(hidden)]
    Value(usize),
}

/// A path as RFC 9535 has it.
///
/// Names in it are those of the serialized payload.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    pub(super) text: &'static str,
    pub(super) way: Way,
}

/// How the nodes of a path are found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    Streamed {
        segments: &'static [Segment<'static>],
        /// Whether they can select many nodes.
        many: bool,
    },
    /// By what runs queries. Only a general path names it, so that the linker leaves it and its regular expressions out of
    /// programs without one: they are a third of a small program, which a cold start has to load.
    General(Query),
}

/// Writes what the path of this text selects in a payload.
type Query = fn(&'static str, &mut Sink, Strict, &dyn Value) -> Result<(), Failed>;

/// One step of a path whose nodes are found while the payload is serialized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment<'n> {
    /// The member of an object.
    Name(&'n str),
    /// The one member of an object whose name is this without ASCII case.
    Header(&'n str),
    /// The item of a list, counted from 0.
    Index(u64),
    /// Every item of a list, or every member of an object in the order of the bytes of their names.
    Wildcard,
    /// Nothing: which of these names the members of an object have is noted.
    #[doc(hidden)]
    Noted(&'n Names<'n>),
}

impl Path {
    /// A path of names, of indices from the start of a list and of wildcards; `text` is how it was written.
    ///
    /// Nothing but its nodes is looked at or kept, but for two cases: where a wildcard meets an object, and where a
    /// member on the way is repeated, the whole payload is put into canonical form first, and has to have one.
    #[must_use]
    pub const fn streamed(text: &'static str, segments: &'static [Segment<'static>]) -> Self {
        let mut many = false;
        let mut rest = segments;
        while let [segment, after @ ..] = rest {
            many |= matches!(segment, Segment::Wildcard);
            rest = after;
        }
        Self {
            text,
            way: Way::Streamed { segments, many },
        }
    }

    /// Any other path. It is parsed when it is first used, and a tree is made of the part of the payload to which its
    /// names and indices lead.
    ///
    /// Not for events from strangers: a filter with `match` or `search` compiles its pattern for each node, and two `..`
    /// in one path multiply, so that a large event can cost seconds.
    ///
    /// What it selects is the key, and what it does not find is not part of it: of `$.items[?@.paid].id`, an item
    /// without an `id` counts for nothing. Where every part must be there, write a tuple of paths to one node.
    #[must_use]
    pub const fn general(text: &'static str) -> Self {
        #[cfg(feature = "grammar")]
        let query: Query = super::query::write;
        #[cfg(not(feature = "grammar"))]
        let query: Query = |_, sink, _, _| Err(sink.stop(super::fault::Fault::NoGrammar));
        Self {
            text,
            way: Way::General(query),
        }
    }
}

impl Expression {
    /// Whether a part of it is of the first record of a batch alone.
    pub(crate) fn is_of_first_record(&self) -> bool {
        match self {
            Self::Path(path) => matches!(
                path.way,
                Way::Streamed {
                    segments: [Segment::Name("Records"), Segment::Index(0), ..],
                    ..
                }
            ),
            Self::Json(source, _) | Self::Base64(source) => source.is_of_first_record(),
            Self::Tuple(parts) => parts.iter().any(Self::is_of_first_record),
            Self::Header(_) | Self::RequestId | Self::Value(_) => false,
        }
    }

    /// The parts of a tuple, or the only one.
    pub(super) const fn parts(&self) -> &[Self] {
        match self {
            Self::Tuple(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }
}

impl Segment<'_> {
    /// Whether this leads to the member `name`.
    pub(super) fn is_name(&self, name: &str) -> bool {
        match self {
            Self::Name(wanted) => *wanted == name,
            Self::Header(wanted) => wanted.eq_ignore_ascii_case(name),
            Self::Index(_) | Self::Wildcard | Self::Noted(_) => false,
        }
    }
}

/// As the attribute has it, but for the quotes of a path that stands alone.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path.text),
            Self::Json(source, path) => write!(f, "json({}, {:?})", Part(source), path.text),
            Self::Base64(source) => write!(f, "base64({})", Part(source)),
            Self::Header(name) => write!(f, "header({name:?})"),
            Self::RequestId => f.write_str("request_id"),
            Self::Tuple(parts) => {
                f.write_str("(")?;
                for (index, part) in parts.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    Part(part).fmt(f)?;
                }
                f.write_str(if parts.len() == 1 { ",)" } else { ")" })
            }
            Self::Value(index) => write!(f, "closure {}", index + 1),
        }
    }
}

/// An expression inside another one.
struct Part<'e>(&'e Expression);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expression::Path(path) => write!(f, "{:?}", path.text),
            other => other.fmt(f),
        }
    }
}
