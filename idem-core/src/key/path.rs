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

/// A path that was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Names and indices from the start of a list: it selects one node at most, without a tree of the payload.
    Singular(Vec<Step>),
    /// Any other path.
    General,
}

/// One step of a singular path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The member of an object.
    Name(String),
    /// The item of a list, counted from 0.
    Index(u64),
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
/// assert_eq!(path, Parsed::Singular(vec![Step::Name("orders".into()), Step::Index(0)]));
///
/// let fault = parse("$.order-id").unwrap_err();
/// assert_eq!(fault.to_string(), "unexpected `-` at character 8; write `$['order-id']`");
/// # Ok::<(), idem_lambda::key::path::PathFault>(())
/// ```
pub fn parse(text: &str) -> Result<Parsed, PathFault> {
    let (_, selects) = read(text)?;
    Ok(match selects {
        Selects::One(steps) => Parsed::Singular(steps),
        Selects::FromEnd | Selects::Many => Parsed::General,
    })
}

/// The query of a path, and whether it can select many nodes.
pub(super) fn query(text: &str) -> Result<(JsonPath, bool), PathFault> {
    let (path, selects) = read(text)?;
    Ok((path, matches!(selects, Selects::Many)))
}

/// Looks for faults first: `serde_json_path` panics over some of them.
fn read(text: &str) -> Result<(JsonPath, Selects), PathFault> {
    let selects = reader::read(text)?;
    let path = JsonPath::parse(text)
        .map_err(|error| PathFault::new(Fault::Unsupported, text, error.position(), None))?;
    Ok((path, selects))
}

#[cfg(test)]
mod tests;
