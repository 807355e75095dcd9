//! A key as it was given.

use idem_lambda::key::path::{Parsed, parse};
use idem_lambda::key::{Expression, Path};

/// A key or a fingerprint, as it was given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) expression: Expression,
    pub(crate) parts: Vec<Part>,
    /// What the attribute takes.
    pub(crate) text: String,
}

/// A part of a key, which is no tuple.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) expression: Expression,
    /// Whether what is volatile is meant.
    pub(crate) insists: bool,
}

/// Whether they take the same of every event.
pub(crate) fn are_same(one: &Expression, other: &Expression) -> bool {
    match (one, other) {
        (Expression::Path(one), Expression::Path(other)) => are_same_path(*one, *other),
        (Expression::Json(one, path), Expression::Json(other, other_path)) => {
            are_same(one, other) && are_same_path(*path, *other_path)
        }
        (Expression::Base64(one), Expression::Base64(other)) => are_same(one, other),
        (Expression::Header(one), Expression::Header(other)) => one.eq_ignore_ascii_case(other),
        (Expression::RequestId, Expression::RequestId) => true,
        (Expression::Tuple(parts), Expression::Tuple(others)) => {
            let mut pairs = parts.iter().zip(*others);
            parts.len() == others.len() && pairs.all(|(one, other)| are_same(one, other))
        }
        _ => false,
    }
}

fn are_same_path(one: Path, other: Path) -> bool {
    let [one, other] = [one, other].map(|path| Expression::Path(path).to_string());
    match (parse(&one), parse(&other)) {
        (Ok(Parsed::Streamed(one)), Ok(Parsed::Streamed(other))) => one == other,
        _ => one == other,
    }
}
