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
            Self::double(format!("{value:e}").parse().unwrap_or(f64::from(value)))
        } else if value.abs() < SINGLE_INEXACT_FROM {
            Self::double(f64::from(value))
        } else {
            Self::Inexact(f64::from(value))
        }
    }

    /// Reads the text of a JSON number; `None` where it is none.
    ///
    /// A text without fraction and exponent is the integer that it says. Any other is a double, as it would be had it been
    /// parsed without `arbitrary_precision`, so that the feature does not decide what is refused.
    pub(super) fn text(text: &str) -> Option<Self> {
        if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return None;
        }
        if let Some(number) = Self::digits(text) {
            return Some(number);
        }
        let value: f64 = text.parse().ok()?;
        Some(if text.contains(['.', 'e', 'E']) {
            Self::double(value)
        } else {
            Self::Inexact(value)
        })
    }

    fn digits(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        // `parse` would take a `+`.
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let magnitude = digits.parse().ok()?;
        Some(Self::Integer {
            negative: negative && magnitude != 0,
            magnitude,
        })
    }
}
