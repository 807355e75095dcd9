//! How long something takes, on the wall or of this process's processors.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

pub(crate) struct Stopwatch {
    clock: ClockId,
    start: Duration,
}

impl Stopwatch {
    pub(crate) fn wall() -> Self {
        Self::of(ClockId::Monotonic)
    }

    /// Of the time that this process's threads are at work.
    pub(crate) fn processor() -> Self {
        Self::of(ClockId::ProcessCPUTime)
    }

    fn of(clock: ClockId) -> Self {
        let start = now(clock);
        Self { clock, start }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        now(self.clock).saturating_sub(self.start)
    }
}

fn now(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let (seconds, nanoseconds) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
    Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds)
}
