//! Numbers as keys see them: by value, not by spelling or type.

/// From here on neighbouring integers share a double, and 2^53 itself is what 2^53 + 1 is rounded to.
const INEXACT_FROM: f64 = 9_007_199_254_740_992.0;
/// The same for `f32`.
const SINGLE_INEXACT_FROM: f32 = 16_777_216.0;

/// A number, sorted by how it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// A whole number; zero is not negative.
    Integer { negative: bool, magnitude: u128 },
    /// A finite double with a fractional part.
    Float(f64),
    /// A whole number that its type may have rounded.
    Inexact(f64),
    /// NaN or an infinity.
    NotFinite,
}

impl Number {
    pub(super) fn signed(value: i128) -> Self {
        Self::Integer {
            negative: value < 0,
            magnitude: value.unsigned_abs(),
        }
    }

    pub(super) fn unsigned(magnitude: u128) -> Self {
        Self::Integer {
            negative: false,
            magnitude,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::float_cmp,
        reason = "exact: the value is whole and below 2^53"
    )]
    pub(super) fn double(value: f64) -> Self {
        if !value.is_finite() {
            Self::NotFinite
        } else if value.trunc() != value {
            Self::Float(value)
        } else if value.abs() < INEXACT_FROM {
            Self::signed(i128::from(value as i64))
        } else {
            Self::Inexact(value)
        }
    }

    /// A single counts as the decimal that JSON shows for it: `0.1_f32` is `0.1`.
    #[expect(clippy::float_cmp, reason = "whether it is whole is exact")]
    pub(super) fn single(value: f32) -> Self {
        if value.trunc() != value || !value.is_finite() {
            // Where two decimals are as short and as near, Rust writes another one than JSON.
            let text = serde_json::to_string(&value).unwrap_or_default();
            Self::double(text.parse().unwrap_or(f64::from(value)))
        } else if value.abs() < SINGLE_INEXACT_FROM {
            Self::double(f64::from(value))
        } else {
            Self::Inexact(f64::from(value))
        }
    }

    /// Reads the text of a JSON number; `None` where it is none.
    ///
    /// A text without fraction and exponent is the integer that it says. Any other is a double, as it would be without
    /// `arbitrary_precision`.
    pub(super) fn text(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        if !digits.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let value: f64 = text.parse().ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Some(Self::double(value));
        }
        Some(match digits.parse() {
            Ok(magnitude) => Self::Integer {
                negative: negative && magnitude != 0,
                magnitude,
            },
            Err(_) => Self::Inexact(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(value: i128) -> Number {
        Number::signed(value)
    }

    #[test]
    fn one_number_has_one_form() {
        let limit = 9_007_199_254_740_991.0;
        for (number, expected) in [
            (Number::double(1.0), integer(1)),
            (Number::double(-0.0), integer(0)),
            (Number::double(-3.0), integer(-3)),
            (Number::double(limit), integer(9_007_199_254_740_991)),
            (Number::double(-limit), integer(-9_007_199_254_740_991)),
            (Number::double(0.1), Number::Float(0.1)),
            (Number::double(5e-324), Number::Float(5e-324)),
            (Number::single(0.1), Number::Float(0.1)),
            (Number::single(177_170.13), Number::Float(177_170.12)),
            (Number::single(-2.0), integer(-2)),
            (Number::single(16_777_215.0), integer(16_777_215)),
            (Number::unsigned(7), integer(7)),
        ] {
            assert_eq!(number, expected);
        }
    }

    #[test]
    fn what_may_have_been_rounded_is_not_exact() {
        for (number, value) in [
            (
                Number::double(9_007_199_254_740_992.0),
                9_007_199_254_740_992.0,
            ),
            (Number::double(-1e300), -1e300),
            (Number::single(16_777_216.0), 16_777_216.0),
        ] {
            assert_eq!(number, Number::Inexact(value));
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Number::double(value), Number::NotFinite);
        }
        for value in [f32::NAN, f32::INFINITY] {
            assert_eq!(Number::single(value), Number::NotFinite);
        }
    }

    #[test]
    fn the_text_of_an_integer_is_exact() {
        let negative = |magnitude| Number::Integer {
            negative: true,
            magnitude,
        };
        for (text, expected) in [
            ("0", integer(0)),
            ("-0", integer(0)),
            (
                "100000000000000000000000001",
                integer(100_000_000_000_000_000_000_000_001),
            ),
            (
                "340282366920938463463374607431768211455",
                Number::unsigned(u128::MAX),
            ),
            (
                "-340282366920938463463374607431768211455",
                negative(u128::MAX),
            ),
        ] {
            assert_eq!(Number::text(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn any_other_text_is_a_double() {
        for text in [
            "1.0",
            "1e0",
            "10e-1",
            "0.5",
            "-1.25E2",
            "1e400",
            "5e-400",
            "9007199254740993.0",
            "1e16",
        ] {
            let value: f64 = text.parse().unwrap();
            assert_eq!(Number::text(text), Some(Number::double(value)), "{text}");
        }
        let beyond = Number::text("340282366920938463463374607431768211456").unwrap();
        assert!(matches!(beyond, Number::Inexact(_)));
    }

    #[test]
    fn a_text_that_is_no_number_is_none() {
        for text in [
            "", "-", "+1", "-+1", "inf", "-inf", "NaN", ".5", "1x", "0x10", " 1",
        ] {
            assert_eq!(Number::text(text), None, "{text}");
        }
    }
}
