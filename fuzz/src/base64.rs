//! Base64 inside a string: the text that was encoded, or no key.

use idem_core::key::{Expression, Path};

use crate::layout::Canonical;
use crate::{digest, expected};

static EVENT: Expression = Expression::Path(Path::streamed("$", &[]));
static KEY: Expression = Expression::Base64(&EVENT);

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub fn check(text: &str) {
    let key = |text: String| expected(&Canonical::String(text));
    assert_eq!(digest(&KEY, text), decoded(text).and_then(key));
    for alphabet in [STANDARD, URL] {
        let padded = encoded(text, alphabet);
        let expected = key(text.to_owned());
        assert_eq!(digest(&KEY, &*padded), expected);
        assert_eq!(digest(&KEY, padded.trim_end_matches('=')), expected);
    }
}

fn decoded(text: &str) -> Option<String> {
    let digits = text.trim_end_matches('=');
    let missing = digits.len().next_multiple_of(4) - digits.len();
    if text.len() - digits.len() > missing {
        return None;
    }
    let alphabet = if text.contains(['-', '_']) {
        URL
    } else {
        STANDARD
    };
    let mut bits = 0_u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for digit in digits.bytes() {
        let value = alphabet.iter().position(|known| *known == digit)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    if count == 6 || bits != 0 {
        return None;
    }
    String::from_utf8(bytes).ok()
}

fn encoded(text: &str, alphabet: &[u8; 64]) -> String {
    let mut encoded = String::new();
    for bytes in text.as_bytes().chunks(3) {
        let mut wide = [0; 4];
        wide[1..=bytes.len()].copy_from_slice(bytes);
        let bits = u32::from_be_bytes(wide) as usize;
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            encoded.push(if digit <= bytes.len() {
                char::from(alphabet[value])
            } else {
                '='
            });
        }
    }
    encoded
}
