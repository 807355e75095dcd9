//! When an attempt began and how it ended, as one number: one that began at 1800000000000 and was completed is
//! `1800000000000.2`.
//!
//! The milliseconds are written by its claim, the tenths by its end, and the next claim adds them up: so one attribute
//! moves on for each attempt, and takes nine bytes.

use crate::clock::UnixMillis;
use crate::record::{Past, Status};

/// Released, as it is written: what a person or an execution ended is more.
pub(super) const RELEASED: &str = "0.1";

/// How an attempt ended, as the part of the number that its end writes.
pub(super) fn ended(status: Status) -> &'static str {
    match status {
        Status::InProgress => "0",
        Status::Released => RELEASED,
        Status::Completed => "0.2",
        Status::Failed => "0.3",
        Status::DoneNoResult => "0.4",
        // A foreign record is never written; held is what asks for a person, too.
        Status::Held | Status::Foreign => "0.5",
    }
}

/// Reads the number; `None` for one that is never written.
pub(super) fn read(number: &str) -> Option<Past> {
    let (started_at, tenth) = number.split_once('.').unwrap_or((number, "0"));
    Some(Past {
        started_at: UnixMillis(started_at.parse().ok()?),
        status: match tenth {
            "0" => Status::InProgress,
            "1" => Status::Released,
            "2" => Status::Completed,
            "3" => Status::Failed,
            "4" => Status::DoneNoResult,
            "5" => Status::Held,
            _ => return None,
        },
    })
}

/// The attempt that the number tells of: zero is of none.
pub(super) fn there(past: Past) -> Option<Past> {
    let is_none = past.started_at.0 == 0 && past.status == Status::InProgress;
    (!is_none).then_some(past)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_reads_as_it_was_written() {
        for status in [
            Status::InProgress,
            Status::Released,
            Status::Completed,
            Status::Failed,
            Status::DoneNoResult,
            Status::Held,
        ] {
            let tenths = ended(status).strip_prefix('0').unwrap();
            let started_at = UnixMillis(1_800_000_000_000);
            let read = read(&format!("1800000000000{tenths}"));
            assert_eq!(read, Some(Past { started_at, status }));
        }
    }

    #[test]
    fn what_is_never_written_is_not_read() {
        for number in ["", "-1", "1.6", "1.25", "1.", "1e3", "18446744073709551616"] {
            assert_eq!(read(number), None, "{number}");
        }
    }
}
