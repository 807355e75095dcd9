//! The value of a dimension.

use std::fmt::{self, Write};

use serde::{Serialize, Serializer};

/// What CloudWatch takes.
const LONGEST: usize = 1024;
/// For what has no name.
const NAMELESS: &str = "-";

/// A text as the value of a dimension: visible ASCII, the rest of its bytes percent-encoded, and never empty or too long.
#[derive(Clone, Copy)]
pub(super) struct Dimension<'a>(pub(super) &'a str);

impl Dimension<'_> {
    fn is_plain(&self) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
        (1..=LONGEST).contains(&self.0.len())
            && self.0.bytes().all(is_plain)
            && !self.0.starts_with(':')
    }
}

impl Serialize for Dimension<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_plain() {
            serializer.serialize_str(self.0)
        } else {
            serializer.collect_str(self)
        }
    }
}

impl fmt::Display for Dimension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(NAMELESS);
        }
        let mut left = LONGEST;
        for (place, byte) in self.0.bytes().enumerate() {
            // CloudWatch does not take a colon at the start of a name, and took none at the start of a value.
            let is_plain = byte.is_ascii_graphic() && byte != b'%' && (place > 0 || byte != b':');
            let length = if is_plain { 1 } else { 3 };
            if length > left {
                break;
            }
            left -= length;
            if is_plain {
                f.write_char(char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let json = serde_json::to_string(&Dimension(text)).unwrap();
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_name_of_visible_ascii_is_itself() {
        for name in ["orders/charge", "charge", "a\"b\\c", "a:b", "-"] {
            assert_eq!(json(name), name);
        }
    }

    #[test]
    fn names_that_cloudwatch_does_not_take_are_told_apart() {
        for (name, value) in [
            ("café", "caf%C3%A9"),
            ("cafè", "caf%C3%A8"),
            ("two words", "two%20words"),
            (" ", "%20"),
            ("\u{7}\u{7f}", "%07%7F"),
            (":charge", "%3Acharge"),
            ("caf%C3%A9", "caf%25C3%25A9"),
            ("", "-"),
        ] {
            assert_eq!(json(name), value);
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_cut_between_characters() {
        let plain = "x".repeat(LONGEST);
        assert_eq!(json(&plain), plain);
        assert_eq!(json(&format!("{plain}y")), plain);
        let encoded = json(&"é".repeat(LONGEST));
        assert_eq!(encoded.len(), LONGEST - LONGEST % 3);
        assert!(encoded.ends_with("%C3"), "a percent sign has its digits");
    }
}
