//! Time: the only place where this machine's clock is read.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[cfg(feature = "testing")]
mod manual;

#[cfg(feature = "testing")]
pub use manual::ManualClock;

/// A moment: milliseconds since the Unix epoch. Arithmetic saturates.
///
/// It prints in UTC after RFC 3339, as in `2026-01-05T09:00:00.000Z`, and from the year 10000 on, which that has no words
/// for, as `<n> ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMillis(pub u64);

const YEAR_10000: UnixMillis = UnixMillis(253_402_300_800_000);

impl UnixMillis {
    /// The moment `duration` later, in whole milliseconds.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// The moment `duration` earlier, in whole milliseconds.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// The time from `earlier` until this moment; zero where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Whole seconds since the epoch, rounded up: what a backend's own TTL counts in.
    #[must_use]
    pub fn seconds_rounded_up(self) -> u64 {
        self.0.div_ceil(1000)
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self < YEAR_10000 {
            let time = UNIX_EPOCH + Duration::from_millis(self.0);
            fmt::Display::fmt(&humantime::format_rfc3339_millis(time), f)
        } else {
            write!(f, "{} ms", self.0)
        }
    }
}

/// A duration in whole milliseconds, at most `u64::MAX`.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Where the runtime takes its times from.
///
/// One runtime asks one clock for everything: leases, deadlines, expiry and waiting.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> UnixMillis;

    /// The time since a moment that stays the same in this process: for measuring how long something took. By default
    /// that of [`now`](Self::now).
    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.now().0)
    }

    /// Resolves once [`now`](Self::now) has reached `until`; it may resolve late, and the caller asks `now` again.
    fn sleep_until(&self, until: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's clock; it sleeps on Tokio's timer.
///
/// # Panics
///
/// Where a body waits on a Tokio runtime without its timer: build the runtime with `enable_time` or `enable_all`, as
/// `#[tokio::main]` does.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader")]
    fn now(&self) -> UnixMillis {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        UnixMillis(since_epoch.map_or(0, millis))
    }

    /// Is not set, forth or back.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader")]
    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        let now = Instant::now();
        now.saturating_duration_since(*START.get_or_init(|| now))
    }

    fn sleep_until(&self, until: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(until.since(self.now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_as_a_date_where_there_is_one() {
        for (millis, printed) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_709_210_096_789, "2024-02-29T12:34:56.789Z"),
            (YEAR_10000.0 - 1, "9999-12-31T23:59:59.999Z"),
            (YEAR_10000.0, "253402300800000 ms"),
            (u64::MAX, "18446744073709551615 ms"),
        ] {
            assert_eq!(UnixMillis(millis).to_string(), printed);
        }
    }
}
