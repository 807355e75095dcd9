//! What is wrong with a path, in words.

use std::fmt;

/// What is wrong with a path, and where.
///
/// The message says what to write instead, where that can be told. Characters are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFault {
    fault: Fault,
    /// In characters, from 1.
    at: usize,
    /// What to write.
    write: Option<String>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Empty,
    /// Whitespace before or after the path.
    Whitespace,
    Root,
    /// No name after a dot.
    Name(Found),
    /// What follows a segment is no segment.
    Segment(Found),
    Selector(Found),
    Bracket(char, Found),
    Quote,
    Escape,
    Control,
    LeadingZero,
    MinusZero,
    Range,
    Number,
    Operator(&'static str),
    /// A word that is neither a literal nor a function.
    Word(String),
    Operand(Found),
    /// A literal where a condition should be.
    Condition,
    /// A path to many nodes, compared.
    Comparison,
    Function(String),
    /// A known function, used wrongly.
    Call(&'static str),
    Nesting,
    /// What `serde_json_path` refuses although nothing is wrong with it.
    Unsupported,
}

/// What stands where something else should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    End,
    Char(char),
}

impl PathFault {
    /// A fault at the byte `at` of `text`.
    pub(super) fn new(fault: Fault, text: &str, at: usize, write: Option<String>) -> Self {
        let before = text.get(..at).unwrap_or(text);
        Self {
            fault,
            at: before.chars().count() + 1,
            write,
        }
    }

    /// Every kind of fault, so that a test can show that each has a case.
    pub const KINDS: &[&str] = &[
        "empty",
        "whitespace",
        "root",
        "name",
        "segment",
        "selector",
        "bracket",
        "quote",
        "escape",
        "control",
        "leading-zero",
        "minus-zero",
        "range",
        "number",
        "operator",
        "word",
        "operand",
        "condition",
        "comparison",
        "function",
        "call",
        "nesting",
        "unsupported",
    ];

    /// The kind of this fault: one of [`KINDS`](Self::KINDS).
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match &self.fault {
            Fault::Empty => "empty",
            Fault::Whitespace => "whitespace",
            Fault::Root => "root",
            Fault::Name(_) => "name",
            Fault::Segment(_) => "segment",
            Fault::Selector(_) => "selector",
            Fault::Bracket(..) => "bracket",
            Fault::Quote => "quote",
            Fault::Escape => "escape",
            Fault::Control => "control",
            Fault::LeadingZero => "leading-zero",
            Fault::MinusZero => "minus-zero",
            Fault::Range => "range",
            Fault::Number => "number",
            Fault::Operator(_) => "operator",
            Fault::Word(_) => "word",
            Fault::Operand(_) => "operand",
            Fault::Condition => "condition",
            Fault::Comparison => "comparison",
            Fault::Function(_) => "function",
            Fault::Call(_) => "call",
            Fault::Nesting => "nesting",
            Fault::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        match &self.fault {
            Fault::Empty => write!(f, "empty path"),
            Fault::Whitespace => write!(f, "whitespace around the path"),
            Fault::Root => write!(f, "a path starts with `$`"),
            Fault::Name(found) => write!(f, "expected a name at character {at}, found {found}"),
            Fault::Segment(found) => write!(f, "unexpected {found} at character {at}"),
            Fault::Selector(found) => {
                write!(
                    f,
                    "expected a quoted name or an index at character {at}, found {found}"
                )
            }
            Fault::Bracket(bracket, found) => {
                write!(f, "expected `{bracket}` at character {at}, found {found}")
            }
            Fault::Quote => write!(f, "the quote at character {at} is never closed"),
            Fault::Escape => write!(
                f,
                "unknown escape at character {at}; write the character itself"
            ),
            Fault::Control => write!(f, "control character at character {at}"),
            Fault::LeadingZero => write!(f, "leading zero at character {at}; leave it out"),
            Fault::MinusZero => write!(f, "`-0` at character {at} is no index"),
            Fault::Range => write!(f, "the index at character {at} is beyond 2^53 - 1"),
            Fault::Number => write!(
                f,
                "unreadable number at character {at}; write it as in JSON"
            ),
            Fault::Operator(found) => write!(f, "unexpected `{found}` at character {at}"),
            Fault::Word(word) => write!(
                f,
                "unknown word `{word}` at character {at}; quote it, or start a path with `@`"
            ),
            Fault::Operand(found) => {
                write!(
                    f,
                    "expected a path, a literal or a function at character {at}, found {found}"
                )
            }
            Fault::Condition => write!(
                f,
                "the literal at character {at} is no condition; compare it"
            ),
            Fault::Comparison => {
                write!(
                    f,
                    "the path at character {at} cannot be compared, because it can select many nodes"
                )
            }
            Fault::Function(name) => write!(
                f,
                "unknown function `{name}` at character {at}, expected one of `count`, `length`, `match`, `search`, `value`"
            ),
            Fault::Call(name) => write!(f, "wrong use of `{name}` at character {at}"),
            Fault::Nesting => {
                write!(
                    f,
                    "more than 8 filters, parentheses and calls within one another at character {at}"
                )
            }
            Fault::Unsupported => {
                write!(
                    f,
                    "unsupported at character {at}, though JSONPath has it; write it another way"
                )
            }
        }?;
        match &self.write {
            Some(write) => write!(f, "; write `{write}`"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PathFault {}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("end of path"),
            Self::Char(char) if char.is_whitespace() => f.write_str("whitespace"),
            Self::Char(char) if char.is_control() => f.write_str("control character"),
            Self::Char(char) => write!(f, "`{char}`"),
        }
    }
}
