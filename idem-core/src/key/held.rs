//! Canonical bytes that were held, to find nodes in.

use super::expression::Segment;
use super::fault::Fault;
use super::sink::{
    END, FLOAT, Failed, INEXACT, INTEGER, LIST, LONG, NEGATIVE, NOT_FINITE, NULL, OBJECT, STRING,
    Sink,
};
use super::strict::Strict;

/// Reads canonical bytes, value by value.
pub(super) struct Held<'b> {
    bytes: &'b [u8],
    pub(super) at: usize,
}

impl<'b> Held<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        taken.copy_from_slice(self.slice(N));
        taken
    }

    /// The magnitude of an integer, after its tag.
    pub(super) fn magnitude(&mut self) -> u128 {
        let [length] = self.take();
        let bytes = self.slice(length.into()).iter();
        bytes.fold(0, |magnitude, byte| magnitude << 8 | u128::from(*byte))
    }

    /// A text, which a string is after its tag.
    pub(super) fn text(&mut self) -> &'b str {
        let length = match self.take() {
            [LONG] => usize::try_from(u64::from_be_bytes(self.take())).unwrap_or_default(),
            [length] => length.into(),
        };
        str::from_utf8(self.slice(length)).unwrap_or_default()
    }

    /// The string that starts here; `None` where it is another value.
    pub(super) fn string(&mut self) -> Option<&'b str> {
        (self.take() == [STRING]).then(|| self.text())
    }

    /// Whether a list or object ends here; if so, goes past its end.
    pub(super) fn ends(&mut self) -> bool {
        // Not `at += usize::from(ends)`, which optimised code can lose: https://github.com/rust-lang/rust/issues/158206.
        if self.bytes[self.at] != END {
            return false;
        }
        self.at += 1;
        true
    }

    fn slice(&mut self, length: usize) -> &'b [u8] {
        let start = self.at;
        self.at += length;
        &self.bytes[start..self.at]
    }

    /// Goes past a value, and gives the first reason in it why it cannot be a key.
    pub(super) fn skip(&mut self) -> Option<Fault> {
        let mut refused = None;
        let mut depth = 0_usize;
        loop {
            match self.take() {
                [INTEGER | NEGATIVE] => drop(self.magnitude()),
                [FLOAT] => drop(self.take::<8>()),
                [INEXACT] => {
                    self.take::<8>();
                    refused.get_or_insert(Fault::Inexact);
                }
                [NOT_FINITE] => drop(refused.get_or_insert(Fault::NotFinite)),
                [STRING] => drop(self.text()),
                [LIST | OBJECT] => depth += 1,
                [END] => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return refused;
            }
        }
    }

    /// Writes the node that starts here.
    pub(super) fn node(&mut self, strict: Strict, sink: &mut Sink) -> Result<(), Failed> {
        sink.arrive();
        let start = self.at;
        let refused = self.skip();
        let bytes = &self.bytes[start..self.at];
        let absent = match bytes {
            _ if strict == Strict::No => None,
            [NULL] => Some(Fault::Null),
            [STRING, 0] => Some(Fault::EmptyString),
            [LIST, END] => Some(Fault::EmptyList),
            [OBJECT, END] => Some(Fault::EmptyObject),
            _ => None,
        };
        if let Some(fault) = refused.filter(|_| !sink.is_holding()).or(absent) {
            sink.fail(fault);
        }
        sink.write(bytes);
        sink.part(Ok(()))
    }

    /// Writes the nodes that `path` leads to from here.
    pub(super) fn select(
        &mut self,
        path: &[Segment<'_>],
        strict: Strict,
        sink: &mut Sink,
    ) -> Result<(), Failed> {
        let (segment, path) = match path {
            [] => return self.node(strict, sink),
            [segment, path @ ..] => (segment, path),
        };
        let start = self.at;
        match self.take() {
            [LIST] => {
                let mut index = 0;
                while !self.ends() {
                    match segment {
                        Segment::Wildcard => self.select(path, strict, sink)?,
                        Segment::Index(at) if *at == index => self.select(path, strict, sink)?,
                        _ => drop(self.skip()),
                    }
                    index += 1;
                }
            }
            [OBJECT] => {
                let mut is_met = false;
                while !self.ends() {
                    self.at += 1;
                    let name = self.text();
                    if *segment == Segment::Wildcard {
                        self.select(path, strict, sink)?;
                    } else if !segment.is_name(name) {
                        self.skip();
                    } else if std::mem::replace(&mut is_met, true) {
                        return Err(sink.stop(Fault::Repeated));
                    } else {
                        self.select(path, strict, sink)?;
                    }
                }
            }
            _ => {
                self.at = start;
                self.skip();
            }
        }
        Ok(())
    }
}
