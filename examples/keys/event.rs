//! Events: JSON values, one after another.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Result};

use serde_json::{Deserializer, Value};

/// The longest event. Lambda takes less.
const LONGEST: usize = 16 << 20;
const BUFFER: usize = 256 << 10;
pub(crate) const SPLIT: &str = "split a list of events with `jq -c '.[]'`";

/// Where an event stands in its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// The line of its first byte, from 1.
    pub(crate) line: u64,
    pub(crate) offset: u64,
    pub(crate) length: u32,
}

/// What stands in a source.
pub(crate) enum Found {
    Event(Value, Span),
    /// No event: the line, and what is wrong there.
    Malformed(u64, String),
}

/// The events of a source.
///
/// A line is an event, or several, or the start of one that is pretty-printed. A line that starts with `{` always
/// starts an event, so that one that was cut off takes no other with it; but in a list it may be an item.
pub(crate) struct Events<R> {
    reader: BufReader<R>,
    /// What was read of the source.
    offset: u64,
    line: u64,
    text: Vec<u8>,
    /// The event that is not complete yet.
    open: Option<Open>,
    ready: VecDeque<Found>,
}

/// An event over several lines.
struct Open {
    text: Vec<u8>,
    line: u64,
    offset: u64,
    balance: Balance,
}

impl<R: Read> Events<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            reader: BufReader::with_capacity(BUFFER, source),
            offset: 0,
            line: 0,
            text: Vec::new(),
            open: None,
            ready: VecDeque::new(),
        }
    }

    /// How many bytes were read.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next event; `None` after the last one.
    pub(crate) fn next(&mut self) -> Result<Option<Found>> {
        loop {
            if let Some(found) = self.ready.pop_front() {
                return Ok(Some(found));
            }
            let offset = self.offset;
            if !self.read_line()? {
                let Some(open) = self.open.take() else {
                    return Ok(None);
                };
                self.end(&open);
                continue;
            }
            if self.text.len() > LONGEST {
                self.open = None;
                self.ready
                    .push_back(Found::Malformed(self.line, too_long()));
                continue;
            }
            self.take_line(offset);
        }
    }

    fn take_line(&mut self, offset: u64) {
        if self.text.starts_with(b"{")
            && let Some(open) = self.open.take_if(|open| !open.awaits_item())
        {
            self.end(&open);
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None if self.text.trim_ascii().is_empty() => return,
            None => match values(&self.text, self.line, offset) {
                Ok(values) => return self.ready.extend(values),
                Err(_) => Open {
                    text: Vec::new(),
                    line: self.line,
                    offset,
                    balance: Balance::default(),
                },
            },
        };
        open.text.extend_from_slice(&self.text);
        if open.text.len() > LONGEST {
            self.ready
                .push_back(Found::Malformed(open.line, too_long()));
        } else if open.balance.is_open_after(&self.text) {
            self.open = Some(open);
        } else {
            self.end(&open);
        }
    }

    /// Takes what can have no further line.
    fn end(&mut self, open: &Open) {
        match values(&open.text, open.line, open.offset) {
            Ok(values) => self.ready.extend(values),
            Err(fault) => self.ready.push_back(fault),
        }
    }

    /// Reads a line; of one that is too long only so much that this can be seen.
    fn read_line(&mut self) -> Result<bool> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        self.text.clear();
        let mut line = self.reader.by_ref().take(LONGEST as u64 + 1);
        let mut length = line.read_until(b'\n', &mut self.text)?;
        if self.text.len() > LONGEST && !self.text.ends_with(b"\n") {
            length += self.reader.skip_until(b'\n')?;
        }
        if self.offset == 0 && self.text.starts_with(MARK) {
            self.text[..MARK.len()].fill(b' ');
        }
        self.offset += length as u64;
        self.line += 1;
        Ok(length > 0)
    }
}

/// The values that `text` consists of, or what is wrong with one of them: then none counts.
fn values(text: &[u8], line: u64, offset: u64) -> std::result::Result<Vec<Found>, Found> {
    let text = text.trim_ascii_end();
    let mut stream = Deserializer::from_slice(text).into_iter::<Value>();
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(value) = stream.next() {
        let value = value.map_err(|error| {
            let rest = text[start..].trim_ascii_start();
            let words = error.to_string();
            let fault = if error.is_eof() {
                "cut off".to_owned()
            } else if words.starts_with("recursion limit") {
                "too deep: more than 127 lists and objects in one another".to_owned()
            } else if words.starts_with("number out of range") {
                format!("a number out of range at column {}", error.column())
            } else if !found.is_empty() && rest.starts_with(b",") {
                format!("a comma after the event; {SPLIT}")
            } else {
                format!("not JSON at column {}", error.column())
            };
            // What is missing at the end was begun where the text starts.
            let lines = if error.is_eof() { 1 } else { error.line() };
            Found::Malformed(line + lines as u64 - 1, fault)
        })?;
        let end = stream.byte_offset();
        start += text[start..end]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let span = Span {
            line,
            offset: offset + start as u64,
            length: u32::try_from(end - start).unwrap_or(u32::MAX),
        };
        found.push(Found::Event(value, span));
        start = end;
    }
    Ok(found)
}

fn too_long() -> String {
    format!("longer than {} MiB; {SPLIT}", LONGEST >> 20)
}

impl Open {
    /// Whether it is a list that goes on with an item.
    fn awaits_item(&self) -> bool {
        let text = self.text.trim_ascii();
        self.balance.0 == 1 && text.starts_with(b"[") && matches!(text.last(), Some(b'[' | b','))
    }
}

/// Which brackets are open.
#[derive(Default)]
struct Balance(usize);

impl Balance {
    /// Whether a value goes on after `line`. No string does.
    fn is_open_after(&mut self, line: &[u8]) -> bool {
        let mut quoted = false;
        let mut escaped = false;
        for byte in line {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = quoted,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'{' | b'[' => self.0 += 1,
                b'}' | b']' => self.0 = self.0.saturating_sub(1),
                _ => {}
            }
        }
        self.0 > 0 && !quoted
    }
}
