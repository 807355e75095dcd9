//! Canonical bytes that were held, read value by value.

use super::bytes::{
    END, FLOAT, INEXACT, INTEGER, LIST, LONG, NEGATIVE, NOT_FINITE, OBJECT, STRING,
};
use super::fault::Fault;

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

    /// What was gone past since `start`.
    pub(super) fn since(&self, start: usize) -> &'b [u8] {
        &self.bytes[start..self.at]
    }

    fn slice(&mut self, length: usize) -> &'b [u8] {
        let start = self.at;
        self.at += length;
        self.since(start)
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
}
