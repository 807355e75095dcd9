//! The bytes of a canonical value: its tags, and how texts are written. The layout is in the docs of [`key`](super).

use super::hash::Hasher;

pub(super) const NULL: u8 = 0;
pub(super) const FALSE: u8 = 1;
pub(super) const TRUE: u8 = 2;
pub(super) const INTEGER: u8 = 3;
pub(super) const NEGATIVE: u8 = 4;
pub(super) const FLOAT: u8 = 5;
pub(super) const STRING: u8 = 6;
pub(super) const LIST: u8 = 7;
pub(super) const OBJECT: u8 = 8;
pub(super) const END: u8 = 9;
/// Stands for a refused number in held bytes and is never hashed.
pub(super) const NOT_FINITE: u8 = 10;
/// The same, followed by the eight bytes of the double.
pub(super) const INEXACT: u8 = 11;
/// A length of a byte of its own is below this.
pub(super) const LONG: u8 = 255;

/// What canonical bytes are written to.
pub(super) trait Write {
    fn write(&mut self, bytes: &[u8]);
}

impl Write for Hasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Write for Vec<u8> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Writes the length of `value` and its bytes.
#[inline]
pub(super) fn text(to: &mut impl Write, value: &str) {
    match u8::try_from(value.len()) {
        Ok(length) if length < LONG => to.write(&[length]),
        _ => {
            to.write(&[LONG]);
            to.write(&(value.len() as u64).to_be_bytes());
        }
    }
    to.write(value.as_bytes());
}

#[inline]
pub(super) fn string(to: &mut impl Write, value: &str) {
    to.write(&[STRING]);
    text(to, value);
}
