//! Reads a path for its segments, or for its first fault.

use super::Step;
use super::fault::{Fault, Found, PathFault};

/// How deep filters, parentheses and calls may be in one another. The time that `serde_json_path` takes doubles with
/// each level of filters.
const LEVELS: usize = 8;
/// The longest path that a message suggests.
const SUGGESTION: usize = 60;
/// The largest index, 2^53 - 1.
const MAX_INDEX: u64 = (1 << 53) - 1;

/// What a path selects.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Selects {
    /// One node at most, by these steps.
    One(Vec<Step>),
    /// One node at most, by a step that counts from the end of a list.
    FromEnd,
    Many,
}

/// A function of RFC 9535.
struct Function {
    name: &'static str,
    parameters: &'static [Parameter],
    /// Whether it gives a value, to be compared, and not a condition.
    gives_value: bool,
    example: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parameter {
    Value,
    Nodes,
}

const FUNCTIONS: [Function; 5] = [
    Function {
        name: "count",
        parameters: &[Parameter::Nodes],
        gives_value: true,
        example: "count(@.a[*]) > 1",
    },
    Function {
        name: "length",
        parameters: &[Parameter::Value],
        gives_value: true,
        example: "length(@.a) > 1",
    },
    Function {
        name: "match",
        parameters: &[Parameter::Value, Parameter::Value],
        gives_value: false,
        example: "match(@.a, 'x.*')",
    },
    Function {
        name: "search",
        parameters: &[Parameter::Value, Parameter::Value],
        gives_value: false,
        example: "search(@.a, 'x')",
    },
    Function {
        name: "value",
        parameters: &[Parameter::Nodes],
        gives_value: true,
        example: "value(@..a) == 1",
    },
];

/// Comparisons of other languages; those that start with another come first.
const FOREIGN: [(&str, &str); 6] = [
    ("===", "=="),
    ("!==", "!="),
    ("=~", "search(@.a, 'x')"),
    ("=>", ">="),
    ("=<", "<="),
    ("<>", "!="),
];
const COMPARISONS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];

/// What a filter compares or asks for.
enum Operand {
    Literal,
    /// A path to one node at most.
    One,
    Nodes,
    Call(&'static Function),
}

/// Reads the whole of `text`.
pub(super) fn read(text: &str) -> Result<Selects, PathFault> {
    Reader {
        text,
        at: 0,
        levels: 0,
        suggests: true,
    }
    .path()
}

struct Reader<'t> {
    text: &'t str,
    /// In bytes.
    at: usize,
    levels: usize,
    /// Whether to look for what to write instead; not while reading a suggestion.
    suggests: bool,
}

type Read<T> = Result<T, PathFault>;

impl<'t> Reader<'t> {
    fn path(mut self) -> Read<Selects> {
        let trimmed = self.text.trim();
        if trimmed.is_empty() {
            return self.fault(Fault::Empty, Some("$.orderId".into()));
        }
        if trimmed != self.text {
            return self.fault(Fault::Whitespace, self.suggestion([trimmed.into()]));
        }
        if !self.eat("$") {
            let bare = trimmed.trim_start_matches(['@', '.', '/']);
            let names = bare.replace('/', ".");
            let write = self.suggestion([
                format!("$.{names}"),
                format!("$['{bare}']"),
                format!("${bare}"),
            ]);
            return self.fault(Fault::Root, write.or(Some("$.orderId".into())));
        }
        let selects = self.segments()?;
        match self.peek() {
            None => Ok(selects),
            Some(found) => {
                let write = self.suggestion([format!("{}.{}", self.before(), self.rest())]);
                self.fault(Fault::Segment(Found::Char(found)), write)
            }
        }
    }

    /// Everything after a `$` or `@`.
    fn segments(&mut self) -> Read<Selects> {
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
            match selects {
                Selects::One(step) => steps.extend(step),
                Selects::FromEnd => from_end = true,
                Selects::Many => many = true,
            }
        }
        Ok(match (many, from_end) {
            (true, _) => Selects::Many,
            (false, true) => Selects::FromEnd,
            (false, false) => Selects::One(steps),
        })
    }

    /// What may follow a dot.
    fn member(&mut self) -> Read<Selects> {
        if self.eat("*") {
            return Ok(Selects::Many);
        }
        let start = self.at;
        let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        if !self.rest().starts_with(first) {
            return self.fault(Fault::Name(self.found()), self.quoted(start));
        }
        let name = self.take_while(|c| first(c) || c.is_ascii_digit());
        let ends = |c: char| c.is_ascii_whitespace() || "./[],()=!<>&|".contains(c);
        match self.peek() {
            Some(found) if !ends(found) => {
                self.fault(Fault::Segment(Found::Char(found)), self.quoted(start))
            }
            _ => Ok(Selects::One(vec![Step::Name(name.into())])),
        }
    }

    /// The path with the name after the dot before `start` in quotes.
    fn quoted(&self, start: usize) -> Option<String> {
        let rest = &self.text[start..];
        let length = rest.find(|c: char| c.is_whitespace() || ".[](),=!<>&|'\"\\".contains(c));
        let (name, rest) = rest.split_at(length.unwrap_or(rest.len()));
        if name.is_empty() {
            return None;
        }
        let before = self.text[..start].strip_suffix('.')?;
        self.suggestion([
            format!("{before}['{name}']{rest}"),
            format!("{before}.['{name}']{rest}"),
        ])
    }

    fn brackets(&mut self) -> Read<Selects> {
        self.eat("[");
        let mut selects = Vec::new();
        loop {
            self.space();
            selects.push(self.selector()?);
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
            Some('\'' | '"') => Ok(Selects::One(vec![Step::Name(self.string()?)])),
            Some(':' | '-' | '0'..='9') => self.index_or_slice(),
            _ if self.eat("*") => Ok(Selects::Many),
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
            Some((false, index)) => Selects::One(vec![Step::Index(index)]),
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

    fn string(&mut self) -> Read<String> {
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

    /// Tests, with `&&` and `||` between them.
    fn condition(&mut self) -> Read<()> {
        loop {
            self.test()?;
            let end = self.at;
            self.space();
            if self.eat("&&") || self.eat("||") {
                self.space();
                continue;
            }
            let word = self.rest().split(|c: char| !c.is_ascii_alphabetic()).next();
            let (found, write) = match (word.unwrap_or_default(), self.peek()) {
                ("and" | "AND", _) => ("and", "&&"),
                ("or" | "OR", _) => ("or", "||"),
                (_, Some('&')) => ("&", "&&"),
                (_, Some('|')) => ("|", "||"),
                _ => {
                    self.at = end;
                    return Ok(());
                }
            };
            return self.fault(Fault::Operator(found), Some(write.into()));
        }
    }

    fn test(&mut self) -> Read<()> {
        let negated = self.eat("!");
        self.space();
        if self.eat("(") {
            self.space();
            self.nested(Self::condition)?;
            self.space();
            return self.expect(')');
        }
        let start = self.at;
        let left = self.operand()?;
        let end = self.at;
        self.space();
        if negated || !self.comparison()? {
            self.at = end;
            return self.asks(&left, start);
        }
        self.space();
        let middle = self.at;
        let right = self.operand()?;
        self.compares(&left, start)?;
        self.compares(&right, middle)
    }

    fn asks(&self, operand: &Operand, at: usize) -> Read<()> {
        match operand {
            Operand::Literal => self.fault_at(at, Fault::Condition, None),
            Operand::Call(function) if function.gives_value => self.misused(function, at),
            _ => Ok(()),
        }
    }

    fn compares(&self, operand: &Operand, at: usize) -> Read<()> {
        match operand {
            Operand::Nodes => self.fault_at(at, Fault::Comparison, None),
            Operand::Call(function) if !function.gives_value => self.misused(function, at),
            _ => Ok(()),
        }
    }

    fn comparison(&mut self) -> Read<bool> {
        for (found, write) in FOREIGN {
            if self.rest().starts_with(found) {
                return self.fault(Fault::Operator(found), Some(write.into()));
            }
        }
        if COMPARISONS.into_iter().any(|operator| self.eat(operator)) {
            return Ok(true);
        }
        if self.peek() == Some('=') {
            return self.fault(Fault::Operator("="), Some("==".into()));
        }
        Ok(false)
    }

    fn operand(&mut self) -> Read<Operand> {
        let start = self.at;
        match self.peek() {
            Some('\'' | '"') => {
                self.string()?;
                Ok(Operand::Literal)
            }
            Some('-' | '+' | '.' | '0'..='9') => {
                self.number()?;
                Ok(Operand::Literal)
            }
            Some('$' | '@') => {
                self.next();
                Ok(match self.segments()? {
                    Selects::Many => Operand::Nodes,
                    Selects::One(_) | Selects::FromEnd => Operand::One,
                })
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                let word = self.take_while(|c| c.is_alphanumeric() || c == '_');
                self.word(word, start)
            }
            _ => self.fault(Fault::Operand(self.found()), None),
        }
    }

    fn word(&mut self, word: &str, start: usize) -> Read<Operand> {
        let (found, write) = match word {
            "true" | "false" | "null" => return Ok(Operand::Literal),
            "True" => ("True", "true"),
            "False" => ("False", "false"),
            "Null" => ("Null", "null"),
            "None" => ("None", "null"),
            "nil" => ("nil", "null"),
            "not" => ("not", "!"),
            _ => {
                let function = FUNCTIONS.iter().find(|function| function.name == word);
                return match (function, self.peek()) {
                    (Some(function), Some('(')) => self.call(function, start),
                    (Some(function), _) => self.misused(function, start),
                    (None, Some('(')) => self.fault_at(start, Fault::Function, None),
                    (None, _) => self.fault_at(start, Fault::Word, None),
                };
            }
        };
        self.fault_at(start, Fault::Operator(found), Some(write.into()))
    }

    fn call(&mut self, function: &'static Function, start: usize) -> Read<Operand> {
        self.eat("(");
        self.space();
        let mut arguments = Vec::new();
        if !self.eat(")") {
            self.nested(|reader| {
                loop {
                    arguments.push(reader.operand()?);
                    reader.space();
                    if reader.eat(")") {
                        return Ok(());
                    }
                    reader.expect_or(',', ')')?;
                    reader.space();
                }
            })?;
        }
        let fits = |(argument, parameter): (&Operand, &Parameter)| match argument {
            Operand::One => true,
            Operand::Literal => *parameter == Parameter::Value,
            Operand::Call(inner) => *parameter == Parameter::Value && inner.gives_value,
            Operand::Nodes => *parameter == Parameter::Nodes,
        };
        let parameters = function.parameters;
        if arguments.len() != parameters.len() || !arguments.iter().zip(parameters).all(fits) {
            return self.misused(function, start);
        }
        Ok(Operand::Call(function))
    }

    fn misused<T>(&self, function: &Function, at: usize) -> Read<T> {
        self.fault_at(
            at,
            Fault::Call(function.name),
            Some(function.example.into()),
        )
    }

    /// A number of a filter.
    fn number(&mut self) -> Read<()> {
        let start = self.at;
        self.eat("-");
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.len() > 1 && digits.starts_with('0') {
            return self.fault_at(start, Fault::LeadingZero, None);
        }
        let mut complete = !digits.is_empty();
        if self.eat(".") {
            complete &= !self.take_while(|c| c.is_ascii_digit()).is_empty();
        }
        if self.eat("e") || self.eat("E") {
            let _sign = self.eat("+") || self.eat("-");
            complete &= !self.take_while(|c| c.is_ascii_digit()).is_empty();
        }
        if !complete || self.peek().is_some_and(|c| c == '.' || c.is_alphanumeric()) {
            return self.fault_at(start, Fault::Number, None);
        }
        Ok(())
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.levels += 1;
        if self.levels > LEVELS {
            return self.fault(Fault::Nesting, None);
        }
        let read = read(self);
        self.levels -= 1;
        read
    }

    fn expect(&mut self, bracket: char) -> Read<()> {
        self.expect_or(bracket, bracket)
    }

    /// Expects `next` and, in words, `bracket`, which would do as well.
    fn expect_or(&mut self, next: char, bracket: char) -> Read<()> {
        if self.peek() == Some(next) {
            self.next();
            return Ok(());
        }
        self.fault(Fault::Bracket(bracket, self.found()), None)
    }

    fn before(&self) -> &'t str {
        &self.text[..self.at]
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn found(&self) -> Found {
        self.peek().map_or(Found::End, Found::Char)
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, text: &str) -> bool {
        let eaten = self.rest().starts_with(text);
        if eaten {
            self.at += text.len();
        }
        eaten
    }

    fn take_while(&mut self, take: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !take(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    /// The first of `texts` that is a path and short enough for a message.
    fn suggestion<const N: usize>(&self, texts: [String; N]) -> Option<String> {
        let is_path = |text: &String| {
            let reader = Reader {
                text,
                at: 0,
                levels: 0,
                suggests: false,
            };
            text.chars().count() <= SUGGESTION && reader.path().is_ok()
        };
        if self.suggests {
            texts.into_iter().find(is_path)
        } else {
            None
        }
    }

    fn fault<T>(&self, fault: Fault, write: Option<String>) -> Read<T> {
        self.fault_at(self.at, fault, write)
    }

    fn fault_at<T>(&self, at: usize, fault: Fault, write: Option<String>) -> Read<T> {
        Err(PathFault::new(fault, self.text, at, write))
    }
}
