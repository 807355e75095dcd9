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
            // Whoever leaves out the unit of a large number most likely counts seconds.
            Fault::Unit if part.parse::<u64>().is_ok_and(|number| number >= 60) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A duration, the kind of its fault, and the message in full.
    const REFUSED: &[(&str, &str, &str)] = &[
        ("", "empty", "empty duration; write one such as `1h`"),
        ("  ", "empty", "empty duration; write one such as `1h`"),
        ("5", "unit", "expected a unit after `5`, as in `5m`"),
        (
            "3600",
            "unit",
            "expected a unit after `3600`, as in `3600s`",
        ),
        ("1h 30", "unit", "expected a unit after `30`, as in `30m`"),
        ("1.5", "unit", "expected a unit after `1.5`, as in `1.5m`"),
        (
            "h",
            "number",
            "expected a number at character 1, as in `1h 30m`",
        ),
        (
            "-5m",
            "number",
            "expected a number at character 1, as in `1h 30m`",
        ),
        (
            "one hour",
            "number",
            "expected a number at character 1, as in `1h 30m`",
        ),
        (
            "1h, 30m",
            "number",
            "expected a number at character 3, as in `1h 30m`",
        ),
        (
            "1h min",
            "number",
            "expected a number at character 4, as in `1h 30m`",
        ),
        (
            "1_000s",
            "character",
            "malformed number at character 2; write it as in `1.5h`",
        ),
        (
            "1,5h",
            "character",
            "malformed number at character 2; write it as in `1.5h`",
        ),
        (
            "5.m",
            "character",
            "malformed number at character 2; write it as in `1.5h`",
        ),
        (
            "2 fortnight",
            "unknown-unit",
            "unknown unit `fortnight`, expected one of `s`, `m`, `h`, `d`, `w` (months and years are refused)",
        ),
        (
            "1h 5Min",
            "unknown-unit",
            "unknown unit `Min`, expected one of `s`, `m`, `h`, `d`, `w` (months and years are refused)",
        ),
        (
            "1M",
            "calendar",
            "unit `M` is refused, because months and years vary; write days, as in `30d`",
        ),
        (
            "1d 2years",
            "calendar",
            "unit `years` is refused, because months and years vary; write days, as in `30d`",
        ),
        (
            "1h 99999999999999999999s",
            "range",
            "the number at character 4 is too large or too precise",
        ),
        (
            "0.5ns",
            "range",
            "the number at character 1 is too large or too precise",
        ),
    ];

    #[test]
    fn every_fault_has_its_message() {
        for (text, kind, message) in REFUSED {
            let fault = parse(text).unwrap_err();
            assert_eq!(
                (fault.kind(), fault.to_string().as_str()),
                (*kind, *message),
                "{text}"
            );
            assert!(message.len() <= 140, "{message}");
        }
    }

    #[test]
    fn every_kind_of_fault_has_a_case() {
        for kind in DurationFault::KINDS {
            assert!(REFUSED.iter().any(|(_, has, _)| has == kind), "{kind}");
        }
    }

    #[test]
    fn durations_are_sums_of_numbers_with_units() {
        for (text, seconds) in [
            ("0s", 0.0),
            ("90s", 90.0),
            ("5m", 300.0),
            (" 1h 30m ", 5400.0),
            ("1h30m", 5400.0),
            ("1.5d", 129_600.0),
            ("2 weeks", 1_209_600.0),
            ("250ms", 0.25),
            ("10us", 0.000_01),
            ("7µs", 0.000_007),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
    }

    #[test]
    fn sums_that_do_not_fit_are_faults_and_not_panics() {
        let max = u64::MAX;
        for text in [
            format!("{max}s 1000000000ns"),
            format!("{max}s 999999999ns 1ns"),
            format!("{max}s {max}s"),
            format!("{max}s 0.999999999s 1ns"),
            format!("{max}w"),
            format!("{max}m"),
            format!("{max}.5h"),
        ] {
            assert_eq!(parse(&text).unwrap_err().kind(), "range", "{text}");
        }
        for text in [
            format!("{max}s"),
            format!("{max}ns"),
            format!("{max}s 999999999ns"),
        ] {
            assert!(parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn long_texts_are_not_repeated() {
        let long = "x".repeat(500);
        for text in [format!("1{long}"), long, "1".repeat(19), "0".repeat(400)] {
            assert!(parse(&text).unwrap_err().to_string().len() <= 140);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            ..proptest::prelude::ProptestConfig::with_cases(2_000)
        })]

        #[test]
        fn no_text_panics(text in "[0-9 .,smhdwynuµM-]{0,24}") {
            let _ = parse(&text);
        }
    }
}
