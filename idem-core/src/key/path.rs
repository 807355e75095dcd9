//! The grammar of paths, for the attribute to check and for general paths to be parsed by.
//!
//! Paths are those of RFC 9535. `serde_json_path` runs them and has the last word on what is one. What is wrong with
//! any other text is found here, because its messages speak of parsers.

mod fault;
mod filter;
mod reader;

use serde_json_path::JsonPath;

use self::fault::Fault;
pub use self::fault::PathFault;
use self::reader::Selects;
pub(super) use self::reader::{Hop, Selector, hops};
use super::expression::Segment;

/// A path that was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Names, indices from the start of a list and wildcards: its nodes are found without a tree of the payload.
    Streamed(Vec<Step>),
    /// Any other path.
    General,
}

/// One step of a streamed path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The member of an object.
    Name(String),
    /// The item of a list, counted from 0.
    Index(u64),
    /// Every item of a list, or every member of an object.
    Wildcard,
}

impl Step {
    /// The step of a const path.
    pub(super) fn segment(&self) -> Segment<'_> {
        match self {
            Self::Name(name) => Segment::Name(name),
            Self::Index(index) => Segment::Index(*index),
            Self::Wildcard => Segment::Wildcard,
        }
    }
}

/// Parses a path.
///
/// # Errors
///
/// The first fault in the text, in words that tell what to write.
///
/// # Example: a path to one node
///
/// ```
/// # use idem_core as idem_lambda;
/// use idem_lambda::key::path::{Parsed, Step, parse};
///
/// let path = parse("$.orders[0]")?;
/// assert_eq!(path, Parsed::Streamed(vec![Step::Name("orders".into()), Step::Index(0)]));
///
/// let fault = parse("$.order-id").unwrap_err();
/// assert_eq!(fault.to_string(), "unexpected `-` at character 8; write `$['order-id']`");
/// # Ok::<(), idem_lambda::key::path::PathFault>(())
/// ```
pub fn parse(text: &str) -> Result<Parsed, PathFault> {
    let (_, path) = read(text)?;
    Ok(match path.selects {
        Selects::Steps(steps) => Parsed::Streamed(steps),
        Selects::FromEnd | Selects::Many => Parsed::General,
    })
}

/// Whether the path `text` can select more than one node, so that its value is a list of them. Text that is no path
/// cannot.
///
/// # Example: one item, and all
///
/// ```
/// # use idem_core as idem_lambda;
/// use idem_lambda::key::path::selects_many;
///
/// assert!(!selects_many("$.Records[0].body"));
/// assert!(selects_many("$.Records[*].body"));
/// ```
#[must_use]
pub fn selects_many(text: &str) -> bool {
    reader::read(text).is_ok_and(|path| !path.selects.is_singular())
}

/// A general path, ready to run.
pub(super) struct Query {
    /// Runs on an object: the member `0` is what the first of the roots leads to, and so on.
    pub(super) path: JsonPath,
    /// The steps that the path, and each path from `$` in its filters, starts with: nothing else of a payload matters.
    pub(super) roots: Vec<Vec<Step>>,
    /// Whether it can select more than one node, so that its value is the list of them.
    pub(super) many: bool,
}

/// Parses a general path.
pub(super) fn query(text: &str) -> Result<Query, PathFault> {
    let (_, path) = read(text)?;
    let mut rooted = String::new();
    let mut end = 0;
    for (index, root) in path.roots.iter().enumerate() {
        rooted += &text[end..root.place.start];
        rooted += &root_of(index);
        end = root.place.end;
    }
    rooted += &text[end..];
    Ok(Query {
        path: parsed(&rooted)?,
        many: !path.selects.is_singular(),
        roots: path.roots.into_iter().map(|root| root.steps).collect(),
    })
}

/// What a path starts with instead of its root.
fn root_of(index: usize) -> String {
    format!("$['{index}']")
}

/// Looks for faults first: `serde_json_path` panics over some of them.
fn read(text: &str) -> Result<(JsonPath, reader::Path), PathFault> {
    let path = reader::read(text)?;
    Ok((parsed(text)?, path))
}

fn parsed(text: &str) -> Result<JsonPath, PathFault> {
    JsonPath::parse(text)
        .map_err(|error| PathFault::new(Fault::Unsupported, text, error.position(), None))
}

#[cfg(test)]
mod tests;
