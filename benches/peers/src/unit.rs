//! Times as people read them.

/// Nanoseconds, microseconds or milliseconds, to three digits.
pub(crate) fn time(nanoseconds: f64) -> String {
    if nanoseconds < 999.5 {
        format!("{nanoseconds:.0} ns")
    } else if nanoseconds < 999_500.0 {
        format!("{} µs", digits(nanoseconds / 1e3))
    } else {
        format!("{} ms", digits(nanoseconds / 1e6))
    }
}

/// A number to three digits, or whole where it has more.
pub(crate) fn digits(number: f64) -> String {
    if number < 9.995 {
        format!("{number:.2}")
    } else if number < 99.95 {
        format!("{number:.1}")
    } else {
        format!("{number:.0}")
    }
}
