//! Reads a key expression as it stands in the attribute.

use std::error::Error;
use std::fmt;

use idem_lambda::key::path::{self, Parsed, PathFault, Step};
use idem_lambda::key::{Expression, Path, Segment};

use crate::given::{Given, Part, are_same};

/// How deep expressions may be in one another.
const DEPTH: usize = 32;
/// The longest path that is suggested.
const BARE: usize = 60;
const FORMS: [&str; 5] = ["json", "base64", "header", "request_id", "volatile"];

/// Reads all that the attribute takes as `key` and `fingerprint`, but closures: those need the compiler. A path that is
/// all there is needs no quotes.
///
/// Expressions are const data elsewhere. Here they are made at run time and leaked: a process reads a few of them.
pub(crate) fn parse(text: &str) -> Result<Given, ExpressionError> {
    let mut text = text.trim_end().replace(char::is_control, " ");
    if text.trim_start().starts_with('$') {
        let path = text.trim_start();
        path::parse(path).map_err(|fault| ExpressionError {
            at: 1,
            fault: Fault::Path(fault),
        })?;
        text = format!("{path:?}");
    }
    let mut reader = Reader {
        text: &text,
        at: 0,
        depth: DEPTH,
        insists: false,
        parts: Vec::new(),
    };
    let expression = reader.expression()?;
    reader.space();
    match reader.rest() {
        "" => Ok(Given {
            expression,
            parts: reader.parts,
            text: text.trim_start().to_owned(),
        }),
        _ => reader.expected("the end"),
    }
}

/// What is wrong with an expression, and where.
#[derive(Debug)]
pub(crate) struct ExpressionError {
    /// In characters, from 1.
    at: usize,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Path(PathFault),
    Expected {
        wanted: &'static str,
        found: String,
    },
    Unknown {
        word: String,
        meant: Option<&'static str>,
    },
    /// A path without its quotes.
    Bare {
        write: String,
    },
    Closure,
    Source,
    ManySource,
    EmptyTuple,
    Repeated,
    HeaderName,
    Escape,
    Unclosed,
    Depth,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        match &self.fault {
            Fault::Path(fault) if at == 1 => write!(f, "{fault}"),
            Fault::Path(fault) => write!(f, "in the path at character {at}: {fault}"),
            Fault::Expected { wanted, found } => {
                write!(f, "expected {wanted} at character {at}, found {found}")
            }
            Fault::Unknown { word, meant } => {
                write!(f, "unknown form `{word}` at character {at}")?;
                match meant {
                    Some(meant) => write!(f, "; did you mean `{meant}`?"),
                    None => write!(
                        f,
                        ", expected a path in quotes or one of `{}`",
                        FORMS.join("`, `")
                    ),
                }
            }
            Fault::Bare { write } => write!(
                f,
                "expected a path in double quotes at character {at}; write `{write}`"
            ),
            Fault::Closure => write!(
                f,
                "a closure at character {at}; only the compiler can read it"
            ),
            Fault::Source => write!(
                f,
                "a tuple at character {at} where one value must be; name one part"
            ),
            Fault::ManySource => write!(
                f,
                "a path to many nodes at character {at} where one value must be; take one item, or guard each by itself"
            ),
            Fault::EmptyTuple => write!(f, "an empty tuple at character {at}; name its parts"),
            Fault::Repeated => write!(
                f,
                "the part at character {at} stands twice in the tuple; remove one"
            ),
            Fault::HeaderName => write!(
                f,
                "not a header's name at character {at}; write one as in `header(\"idempotency-key\")`"
            ),
            Fault::Escape => write!(f, "unknown escape at character {at}"),
            Fault::Unclosed => write!(f, "the quote at character {at} is never closed"),
            Fault::Depth => write!(
                f,
                "more than {DEPTH} forms in one another at character {at}"
            ),
        }
    }
}

impl Error for ExpressionError {}

type Read<T> = Result<T, ExpressionError>;

/// A place in the text of an expression.
struct Reader<'t> {
    text: &'t str,
    /// In bytes.
    at: usize,
    /// How many levels are left.
    depth: usize,
    /// Whether this is within `volatile(..)`.
    insists: bool,
    parts: Vec<Part>,
}

impl<'t> Reader<'t> {
    fn expression(&mut self) -> Read<Expression> {
        self.depth = match self.depth.checked_sub(1) {
            Some(depth) => depth,
            None => return self.fault(Fault::Depth),
        };
        self.space();
        let expression = match self.rest().bytes().next() {
            Some(b'(') => self.tuple(),
            Some(b'|') => self.fault(Fault::Closure),
            _ if self.at_string() => {
                let path = self.path()?;
                Ok(self.part(Expression::Path(path)))
            }
            _ => self.form(),
        };
        self.depth += 1;
        expression
    }

    fn form(&mut self) -> Read<Expression> {
        let start = self.at;
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        if word == "request_id" {
            return Ok(self.part(Expression::RequestId));
        }
        if !FORMS.contains(&word) {
            self.at = start;
            let meant = meant(word);
            return match (word, self.bare()) {
                ("move" | "async", _) => self.fault(Fault::Closure),
                (_, Some(write)) if meant.is_none() => self.fault(Fault::Bare { write }),
                ("", _) => self.expected("a path in quotes, or a form such as `json(..)`"),
                _ => self.fault(Fault::Unknown {
                    word: word.chars().take(24).collect(),
                    meant,
                }),
            };
        }
        self.expect("(")?;
        let expression = match word {
            "json" => {
                let source = self.source()?;
                self.expect(",")?;
                self.space();
                let path = self.path()?;
                self.decoded(Expression::Json(source, path))
            }
            "base64" => {
                let source = self.source()?;
                self.decoded(Expression::Base64(source))
            }
            "header" => {
                let name = self.header()?;
                self.part(Expression::Header(name))
            }
            _ => {
                let outside = std::mem::replace(&mut self.insists, true);
                let expression = self.expression()?;
                self.insists = outside;
                expression
            }
        };
        self.comma();
        self.expect(")")?;
        Ok(expression)
    }

    fn part(&mut self, expression: Expression) -> Expression {
        let insists = self.insists;
        self.parts.push(Part {
            expression,
            insists,
        });
        expression
    }

    /// What the last part is decoded to.
    fn decoded(&mut self, expression: Expression) -> Expression {
        if let Some(part) = self.parts.last_mut() {
            part.expression = expression;
        }
        expression
    }

    /// The parts of a tuple, or what stands in parentheses.
    fn tuple(&mut self) -> Read<Expression> {
        let start = self.at;
        self.expect("(")?;
        let mut parts = Vec::new();
        let mut commas = 0;
        while !self.at_closing() {
            let at = self.at;
            let part = self.expression()?;
            if parts.iter().any(|other| are_same(&part, other)) {
                return self.fault_at(at, Fault::Repeated);
            }
            parts.push(part);
            if !self.comma() {
                break;
            }
            commas += 1;
        }
        self.expect(")")?;
        match *parts {
            [] => self.fault_at(start, Fault::EmptyTuple),
            [expression] if commas == 0 => Ok(expression),
            _ => Ok(Expression::Tuple(parts.leak())),
        }
    }

    fn source(&mut self) -> Read<&'static Expression> {
        self.space();
        let start = self.at;
        match self.expression()? {
            Expression::Tuple(_) => self.fault_at(start, Fault::Source),
            Expression::Path(path) | Expression::Json(_, path) if selects_many(path) => {
                self.fault_at(start, Fault::ManySource)
            }
            source => Ok(Box::leak(Box::new(source))),
        }
    }

    fn header(&mut self) -> Read<&'static str> {
        self.space();
        let start = self.at;
        if !self.at_string() {
            return self.fault(Fault::HeaderName);
        }
        let name = self.string()?;
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            return self.fault_at(start, Fault::HeaderName);
        }
        Ok(name.leak())
    }

    fn path(&mut self) -> Read<Path> {
        let start = self.at;
        if let (false, Some(write)) = (self.at_string(), self.bare()) {
            return self.fault(Fault::Bare { write });
        }
        let text = self.string()?;
        leaked(&text).or_else(|fault| self.fault_at(start, Fault::Path(fault)))
    }

    /// The path that was meant by text without double quotes.
    fn bare(&self) -> Option<String> {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "(),\"".contains(c));
        let (bare, rest) = rest.split_at(end.unwrap_or(rest.len()));
        if bare.len() > BARE || rest.starts_with(['(', '"']) {
            return None;
        }
        let bare = bare.trim_matches('\'');
        let paths = [bare.to_owned(), format!("$.{bare}")];
        let path = paths.into_iter().find(|path| path::parse(path).is_ok())?;
        Some(format!("{path:?}"))
    }

    fn at_string(&self) -> bool {
        let rest = self.rest();
        let raw = rest
            .strip_prefix('r')
            .map(|rest| rest.trim_start_matches('#'));
        raw.unwrap_or(rest).starts_with('"')
    }

    /// A string literal of Rust.
    fn string(&mut self) -> Read<String> {
        if !self.at_string() {
            return self.expected("a string in double quotes");
        }
        let start = self.at;
        if self.eat("r") {
            let hashes = self.rest().len() - self.rest().trim_start_matches('#').len();
            self.at += hashes + 1;
            let end = format!("\"{}", "#".repeat(hashes));
            let Some((string, _)) = self.rest().split_once(&end) else {
                return self.fault_at(start, Fault::Unclosed);
            };
            self.at += string.len() + end.len();
            return Ok(string.to_owned());
        }
        self.eat("\"");
        let mut string = String::new();
        loop {
            let at = self.at;
            match self.next() {
                None => return self.fault_at(start, Fault::Unclosed),
                Some('"') => return Ok(string),
                Some('\\') => match self.escaped() {
                    Some(char) => string.push(char),
                    None => return self.fault_at(at, Fault::Escape),
                },
                Some(char) => string.push(char),
            }
        }
    }

    /// What follows a backslash.
    fn escaped(&mut self) -> Option<char> {
        match self.next()? {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '0' => Some('\0'),
            char @ ('\\' | '"' | '\'') => Some(char),
            'u' => {
                let (digits, _) = self.rest().strip_prefix('{')?.split_once('}')?;
                self.at += digits.len() + 2;
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)
            }
            _ => None,
        }
    }

    fn expect(&mut self, mark: &'static str) -> Read<()> {
        self.space();
        if self.eat(mark) {
            return Ok(());
        }
        self.expected(match mark {
            "(" => "`(`",
            ")" => "`)`",
            _ => "`,`",
        })
    }

    fn comma(&mut self) -> bool {
        self.space();
        self.eat(",")
    }

    fn at_closing(&mut self) -> bool {
        self.space();
        self.rest().starts_with(')')
    }

    fn eat(&mut self, mark: &str) -> bool {
        let eaten = self.rest().starts_with(mark);
        if eaten {
            self.at += mark.len();
        }
        eaten
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn expected<T>(&self, wanted: &'static str) -> Read<T> {
        let found = match self.rest().chars().next() {
            None => "the end".to_owned(),
            Some(char) if char.is_control() => "a control character".to_owned(),
            Some(char) => format!("`{char}`"),
        };
        self.fault(Fault::Expected { wanted, found })
    }

    fn fault<T>(&self, fault: Fault) -> Read<T> {
        self.fault_at(self.at, fault)
    }

    fn fault_at<T>(&self, at: usize, fault: Fault) -> Read<T> {
        let at = self.text[..at].chars().count() + 1;
        Err(ExpressionError { at, fault })
    }
}

fn leaked(text: &str) -> Result<Path, PathFault> {
    let parsed = path::parse(text)?;
    let text = text.to_owned().leak();
    Ok(match parsed {
        Parsed::General => Path::general(text),
        Parsed::Streamed(steps) => {
            let segments = steps.into_iter().map(|step| match step {
                Step::Name(name) => Segment::Name(name.leak()),
                Step::Index(index) => Segment::Index(index),
                Step::Wildcard => Segment::Wildcard,
            });
            Path::streamed(text, segments.collect::<Vec<_>>().leak())
        }
    })
}

fn selects_many(path: Path) -> bool {
    path::selects_many(&Expression::Path(path).to_string())
}

/// The form that a word may have been meant for.
fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    match word.as_str() {
        "headers" => Some("header"),
        "requestid" | "request" => Some("request_id"),
        "b64" | "base_64" => Some("base64"),
        "jsn" | "from_json" | "parse_json" => Some("json"),
        _ => FORMS.into_iter().find(|form| *form == word),
    }
}
