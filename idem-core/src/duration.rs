//! The grammar of durations, for the attribute to check.
//!
//! It is that of `humantime`, as in `90s`, `1h 30m` or `1.5d`, without months and years: their length varies, and a ttl
//! of a month that is none helps nobody.

use std::fmt;
use std::time::Duration;

/// The units that `humantime` takes for months and years.
const CALENDAR: [&str; 8] = ["months", "month", "M", "years", "year", "yrs", "yr", "y"];
/// The longest text that a message repeats.
const QUOTED: usize = 24;

/// What is wrong with a duration, and where.
///
/// The message says what to write instead, where that can be told. Characters are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationFault {
    fault: Fault,
    /// In characters, from 1.
    at: usize,
    /// The number or unit at fault.
    part: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Empty,
    Number,
    Character,
    /// A number without a unit.
    Unit,
    UnknownUnit,
    Calendar,
    Range,
}

/// Parses a duration.
///
/// Zero is a duration; whoever has no use for it refuses it.
///
/// # Errors
///
/// The first fault in the text, in words that tell what to write.
///
/// # Example: hours and minutes
///
/// ```
/// use idem_core::duration::parse;
///
/// assert_eq!(parse("1h 30m")?.as_secs(), 5400);
///
/// let fault = parse("5").unwrap_err();
/// assert_eq!(fault.to_string(), "expected a unit after `5`, as in `5m`");
/// # Ok::<(), idem_core::duration::DurationFault>(())
/// ```
pub fn parse(text: &str) -> Result<Duration, DurationFault> {
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return Err(DurationFault::new(Fault::Empty, text, 0, ""));
    }
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let (part, after) = rest.split_at(length(rest));
        // One by one, because `humantime` panics over some sums that do not fit.
        sum = parse_part(text, start, part)?
            .checked_add(sum)
            .ok_or_else(|| DurationFault::new(Fault::Range, text, start, ""))?;
        rest = after.trim_start();
    }
    Ok(sum)
}

/// The length of the number and the unit that `text` starts with.
fn length(text: &str) -> usize {
    let unit = text.find(char::is_alphabetic).unwrap_or(text.len());
    let end = text[unit..].find(|c: char| !c.is_alphabetic());
    end.map_or(text.len(), |end| unit + end)
}

/// One number with its unit, at the byte `start` of `text`.
fn parse_part(text: &str, start: usize, part: &str) -> Result<Duration, DurationFault> {
    use humantime::DurationError as Error;

    let number = part.trim_end_matches(char::is_alphabetic);
    let unit = &part[number.len()..];
    let (fault, at, part) = match humantime::parse_duration(part) {
        Ok(_) if CALENDAR.contains(&unit) => (Fault::Calendar, 0, unit),
        Ok(duration) => return Ok(duration),
        Err(Error::UnknownUnit { .. }) if unit.is_empty() => (Fault::Unit, 0, number.trim()),
        Err(Error::UnknownUnit { .. }) => (Fault::UnknownUnit, 0, unit),
        Err(Error::NumberExpected(at)) => (Fault::Number, at, ""),
        Err(Error::InvalidCharacter(at)) => (Fault::Character, at, ""),
        Err(Error::NumberOverflow) => (Fault::Range, 0, ""),
        Err(Error::Empty) => (Fault::Empty, 0, ""),
    };
    Err(DurationFault::new(fault, text, start + at, part))
}

impl DurationFault {
    /// Every kind of fault, so that a test can show that each has a case.
    pub const KINDS: &[&str] = &[
        "empty",
        "number",
        "character",
        "unit",
        "unknown-unit",
        "calendar",
        "range",
    ];

    /// The kind of this fault: one of [`KINDS`](Self::KINDS).
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.fault {
            Fault::Empty => "empty",
            Fault::Number => "number",
            Fault::Character => "character",
            Fault::Unit => "unit",
            Fault::UnknownUnit => "unknown-unit",
            Fault::Calendar => "calendar",
            Fault::Range => "range",
        }
    }

    /// A fault at the byte `at` of `text`.
    fn new(fault: Fault, text: &str, at: usize, part: &str) -> Self {
        let before = text.get(..at).unwrap_or(text);
        Self {
            fault,
            at: before.chars().count() + 1,
            part: part.chars().take(QUOTED).collect(),
        }
    }
}

impl fmt::Display for DurationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, at, part } = self;
        match fault {
            Fault::Empty => write!(f, "empty duration; write one such as `1h`"),
            Fault::Number => write!(f, "expected a number at character {at}, as in `1h 30m`"),
            Fault::Character => write!(
                f,
                "malformed number at character {at}; write it as in `1.5h`"
            ),
            // Whoever leaves out the unit of a large number most likely counted seconds.
            Fault::Unit if part.len() > 2 => {
                write!(f, "expected a unit after `{part}`, as in `{part}s`")
            }
            Fault::Unit => write!(f, "expected a unit after `{part}`, as in `{part}m`"),
            Fault::UnknownUnit => write!(
                f,
                "unknown unit `{part}`, expected one of `s`, `m`, `h`, `d`, `w` (months and years are refused)"
            ),
            Fault::Calendar => write!(
                f,
                "unit `{part}` is refused, because months and years vary; write days, as in `30d`"
            ),
            Fault::Range => {
                write!(
                    f,
                    "the number at character {at} is too large or too precise"
                )
            }
        }
    }
}

impl std::error::Error for DurationFault {}
