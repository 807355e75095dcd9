//! Reads a path for its segments, or for its first fault.

use std::ops::Range;

use super::Step;
use super::fault::{Fault, Found, PathFault};

/// How deep filters, parentheses and calls may be in one another. The time that `serde_json_path` takes doubles with
/// each level of filters.
const LEVELS: usize = 8;
/// The longest path that a message suggests.
const SUGGESTION: usize = 60;
/// Whitespace of RFC 9535; other spaces may be part of a name.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
/// The largest index, 2^53 - 1.
const MAX_INDEX: u64 = (1 << 53) - 1;

/// A path that was read.
pub(super) struct Path {
    pub(super) selects: Selects,
    /// Where it, and each path from `$` in its filters, starts.
    pub(super) roots: Vec<Root>,
}

/// What a path selects.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Selects {
    /// What these steps lead to.
    Steps(Vec<Step>),
    /// One node at most, by a step that counts from the end of a list.
    FromEnd,
    Many,
}

/// A `$` and the names and indices after it.
pub(super) struct Root {
    pub(super) place: Range<usize>,
    pub(super) steps: Vec<Step>,
}

/// One segment of a path that is not in a filter.
pub(in crate::key) struct Hop {
    /// Where it starts, in bytes.
    pub(in crate::key) start: usize,
    /// Whether it starts with `..`.
    pub(in crate::key) is_deep: bool,
    pub(in crate::key) selectors: Vec<Selector>,
}

/// What is selected of an object or a list.
pub(in crate::key) enum Selector {
    Name(String),
    Item,
    Any,
}

impl Selects {
    /// Whether the path selects one node at most.
    pub(super) fn is_singular(&self) -> bool {
        match self {
            Self::Steps(steps) => !steps.contains(&Step::Wildcard),
            Self::FromEnd => true,
            Self::Many => false,
        }
    }
}

/// Reads the whole of `text`.
pub(super) fn read(text: &str) -> Result<Path, PathFault> {
    let mut reader = Reader::new(text);
    let selects = reader.path()?;
    Ok(Path {
        selects,
        roots: reader.roots,
    })
}

/// The segments of `text`.
pub(in crate::key) fn hops(text: &str) -> Result<Vec<Hop>, PathFault> {
    let mut reader = Reader::new(text);
    reader.suggests = false;
    reader.path()?;
    Ok(reader.hops)
}

/// A place in a path.
pub(super) struct Reader<'t> {
    text: &'t str,
    /// In bytes.
    pub(super) at: usize,
    levels: usize,
    roots: Vec<Root>,
    /// Whether to look for what to write instead; not while reading a suggestion.
    suggests: bool,
    hops: Vec<Hop>,
    /// The selectors of the brackets that are being read.
    selectors: Vec<Selector>,
}

pub(super) type Read<T> = Result<T, PathFault>;

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            levels: 0,
            roots: Vec::new(),
            suggests: true,
            hops: Vec::new(),
            selectors: Vec::new(),
        }
    }

    fn path(&mut self) -> Read<Selects> {
        let trimmed = self.text.trim_matches(SPACE);
        if trimmed.is_empty() {
            return self.fault(Fault::Empty, Some("$.orderId".into()));
        }
        if trimmed != self.text {
            return self.fault(Fault::Whitespace, self.suggestion([trimmed.into()]));
        }
        if !self.eat("$") {
            let bare = trimmed.trim_start_matches(['@', '.', '/']);
            let member = format!("$.{}", bare.replace('/', "."));
            // What has brackets is in another language, and no name.
            let is_name = !bare.contains(['(', ')', '[', ']', '{', '}', ',']);
            let write = self
                .suggestion([format!("${trimmed}"), member])
                .or_else(|| {
                    self.suggestion([format!("$['{bare}']")])
                        .filter(|_| is_name)
                });
            return self.fault(Fault::Root, write.or(Some("$.orderId".into())));
        }
        let selects = self.rooted()?;
        match self.peek() {
            None => Ok(selects),
            Some(found) => {
                let write = self.suggestion([format!("{}.{}", self.before(), self.rest())]);
                self.fault(Fault::Segment(Found::Char(found)), write)
            }
        }
    }

    /// Everything after a `$`.
    pub(super) fn rooted(&mut self) -> Read<Selects> {
        let start = self.at - 1;
        let index = self.roots.len();
        self.roots.push(Root {
            place: start..self.at,
            steps: Vec::new(),
        });
        self.segments(Some(index))
    }

    /// Everything after a `$`, of which this is the root, or after an `@`.
    pub(super) fn segments(&mut self, mut root: Option<usize>) -> Read<Selects> {
        let mut steps = Vec::new();
        let mut from_end = false;
        let mut many = false;
        loop {
            let end = self.at;
            self.space();
            let selects = if self.eat("..") {
                many = true;
                if self.peek() == Some('[') {
                    self.brackets()?
                } else {
                    self.member()?
                }
            } else if self.eat(".") {
                self.member()?
            } else if self.peek() == Some('[') {
                self.brackets()?
            } else {
                self.at = end;
                break;
            };
            self.hop(end, &selects);
            match selects {
                Selects::Steps(step) => steps.extend(step),
                Selects::FromEnd => from_end = true,
                Selects::Many => many = true,
            }
            let is_plain = !many && !from_end && steps.last() != Some(&Step::Wildcard);
            root = root.filter(|_| is_plain);
            if let Some(root) = root {
                self.roots[root].place.end = self.at;
                self.roots[root].steps.clone_from(&steps);
            }
        }
        Ok(match (many, from_end) {
            (true, _) => Selects::Many,
            (false, true) if steps.contains(&Step::Wildcard) => Selects::Many,
            (false, true) => Selects::FromEnd,
            (false, false) => Selects::Steps(steps),
        })
    }

    /// Notes a segment that was read from `start` on; what was in brackets is noted already.
    fn hop(&mut self, start: usize, selects: &Selects) {
        if self.levels > 0 {
            return;
        }
        if self.selectors.is_empty() {
            self.select(selects);
        }
        self.hops.push(Hop {
            start,
            is_deep: self.text[start..]
                .trim_start_matches(SPACE)
                .starts_with(".."),
            selectors: std::mem::take(&mut self.selectors),
        });
    }

    fn select(&mut self, selects: &Selects) {
        if self.levels > 0 {
            return;
        }
        self.selectors.push(match selects {
            Selects::Steps(steps) => match &**steps {
                [Step::Name(name)] => Selector::Name(name.clone()),
                [Step::Index(_)] => Selector::Item,
                _ => Selector::Any,
            },
            Selects::FromEnd => Selector::Item,
            Selects::Many => Selector::Any,
        });
    }

    /// What may follow a dot.
    fn member(&mut self) -> Read<Selects> {
        if self.eat("*") {
            return Ok(Selects::Steps(vec![Step::Wildcard]));
        }
        let start = self.at;
        let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        if !self.rest().starts_with(first) {
            return self.fault(Fault::Name(self.found()), self.quoted(start));
        }
        let name = self.take_while(|c| first(c) || c.is_ascii_digit());
        let ends = |c: char| SPACE.contains(&c) || ".[]*,()=!<>&|".contains(c);
        match self.peek() {
            Some(found) if !ends(found) => {
                self.fault(Fault::Segment(Found::Char(found)), self.quoted(start))
            }
            _ => Ok(Selects::Steps(vec![Step::Name(name.into())])),
        }
    }

    /// The path with the name after the dot before `start` in quotes, or that segment alone.
    fn quoted(&self, start: usize) -> Option<String> {
        let rest = &self.text[start..];
        let ends = |c: char| c.is_whitespace() || ".[]*,()=!<>&|'\"\\".contains(c);
        let (name, rest) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        // A message could not show what is to be written.
        let is_shown = !name.contains(char::is_control);
        if start + name.len() <= self.at || !self.suggests || !is_shown {
            return None;
        }
        let before = self.text[..start].strip_suffix('.')?;
        let segment = format!("['{name}']");
        self.suggestion([
            format!("{before}{segment}{rest}"),
            format!("{before}.{segment}{rest}"),
        ])
        .or_else(|| (name.chars().count() <= SUGGESTION).then_some(segment))
    }

    fn brackets(&mut self) -> Read<Selects> {
        self.eat("[");
        let mut selects = Vec::new();
        loop {
            self.space();
            let selected = self.selector()?;
            self.select(&selected);
            selects.push(selected);
            self.space();
            if self.eat("]") {
                break;
            }
            self.expect_or(',', ']')?;
        }
        Ok(match selects.pop() {
            Some(selected) if selects.is_empty() => selected,
            _ => Selects::Many,
        })
    }

    fn selector(&mut self) -> Read<Selects> {
        match self.peek() {
            Some('\'' | '"') => Ok(Selects::Steps(vec![Step::Name(self.string()?)])),
            Some(':' | '-' | '0'..='9') => self.index_or_slice(),
            _ if self.eat("*") => Ok(Selects::Steps(vec![Step::Wildcard])),
            _ if self.eat("?") => {
                self.space();
                self.nested(Self::condition)?;
                Ok(Selects::Many)
            }
            _ => self.fault(Fault::Selector(self.found()), self.selected()),
        }
    }

    /// The path with a selector instead of what is in brackets here.
    fn selected(&self) -> Option<String> {
        let (before, rest) = (self.before(), self.rest());
        if let Some(rest) = rest.strip_prefix('+') {
            return self.suggestion([format!("{before}{rest}")]);
        }
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let (name, after) = rest.split_at(rest.find(|c| !word(c)).unwrap_or(rest.len()));
        let filter = format!("{before}?{rest}");
        if name.is_empty() {
            return self.suggestion([filter]);
        }
        self.suggestion([format!("{before}'{name}'{after}"), filter])
    }

    fn index_or_slice(&mut self) -> Read<Selects> {
        let index = self.integer()?;
        let end = self.at;
        self.space();
        if self.eat(":") {
            self.space();
            self.integer()?;
            let end = self.at;
            self.space();
            if self.eat(":") {
                self.space();
                self.integer()?;
            } else {
                self.at = end;
            }
            return Ok(Selects::Many);
        }
        self.at = end;
        Ok(match index {
            Some((false, index)) => Selects::Steps(vec![Step::Index(index)]),
            _ => Selects::FromEnd,
        })
    }

    /// An integer, if there is one: whether it is negative, and its magnitude.
    fn integer(&mut self) -> Read<Option<(bool, u64)>> {
        let start = self.at;
        if !matches!(self.peek(), Some('-' | '0'..='9')) {
            return Ok(None);
        }
        let negative = self.eat("-");
        let digits = self.take_while(|c| c.is_ascii_digit());
        let fault = match (digits.parse(), digits.as_bytes()) {
            (_, []) => Fault::Number,
            (_, [b'0', _, ..]) => Fault::LeadingZero,
            (Ok(0), _) if negative => Fault::MinusZero,
            (Ok(magnitude), _) if magnitude <= MAX_INDEX => return Ok(Some((negative, magnitude))),
            _ => Fault::Range,
        };
        let write = (fault == Fault::MinusZero).then(|| "0".into());
        self.fault_at(start, fault, write)
    }

    pub(super) fn string(&mut self) -> Read<String> {
        let start = self.at;
        let quote = self.next();
        let mut string = String::new();
        loop {
            let at = self.at;
            match self.next() {
                None => return self.fault_at(start, Fault::Quote, None),
                end if end == quote => return Ok(string),
                Some('\\') => match self.escaped(quote) {
                    Some(escaped) => string.push(escaped),
                    None => return self.fault_at(at, Fault::Escape, None),
                },
                Some(c) if c < ' ' => {
                    let write = format!("\\u{:04x}", u32::from(c));
                    return self.fault_at(at, Fault::Control, Some(write));
                }
                Some(c) => string.push(c),
            }
        }
    }

    /// What follows a backslash.
    fn escaped(&mut self, quote: Option<char>) -> Option<char> {
        match self.next()? {
            'b' => Some('\u{8}'),
            't' => Some('\t'),
            'n' => Some('\n'),
            'f' => Some('\u{c}'),
            'r' => Some('\r'),
            'u' => {
                let unit = self.unit()?;
                let low = if (0xd800..0xdc00).contains(&unit) && self.eat("\\u") {
                    Some(self.unit()?)
                } else {
                    None
                };
                let units = [unit, low.unwrap_or_default()];
                let mut chars =
                    char::decode_utf16(units.into_iter().take(1 + usize::from(low.is_some())));
                chars.next()?.ok()
            }
            c if c == '/' || c == '\\' || Some(c) == quote => Some(c),
            _ => None,
        }
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.levels += 1;
        if self.levels > LEVELS {
            return self.fault(Fault::Nesting, None);
        }
        let read = read(self);
        self.levels -= 1;
        read
    }

    pub(super) fn expect(&mut self, bracket: char) -> Read<()> {
        self.expect_or(bracket, bracket)
    }

    /// Expects `next` and, in words, `bracket`, which would do as well.
    pub(super) fn expect_or(&mut self, next: char, bracket: char) -> Read<()> {
        if self.peek() == Some(next) {
            self.next();
            return Ok(());
        }
        self.fault(Fault::Bracket(bracket, self.found()), None)
    }

    pub(super) fn before(&self) -> &'t str {
        &self.text[..self.at]
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn found(&self) -> Found {
        self.peek().map_or(Found::End, Found::Char)
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let eaten = self.rest().starts_with(text);
        if eaten {
            self.at += text.len();
        }
        eaten
    }

    pub(super) fn take_while(&mut self, take: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !take(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    pub(super) fn space(&mut self) {
        self.take_while(|c| SPACE.contains(&c));
    }

    /// The first of `texts` that is a path and short enough for a message.
    fn suggestion<const N: usize>(&self, texts: [String; N]) -> Option<String> {
        let is_path = |text: &String| {
            let mut reader = Reader::new(text);
            reader.suggests = false;
            text.chars().count() <= SUGGESTION && reader.path().is_ok()
        };
        if self.suggests {
            texts.into_iter().find(is_path)
        } else {
            None
        }
    }

    pub(super) fn fault<T>(&self, fault: Fault, write: Option<String>) -> Read<T> {
        self.fault_at(self.at, fault, write)
    }

    pub(super) fn fault_at<T>(&self, at: usize, fault: Fault, write: Option<String>) -> Read<T> {
        Err(PathFault::new(fault, self.text, at, write))
    }
}
