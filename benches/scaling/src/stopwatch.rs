//! How long something takes, on the wall and of this process's processors.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Two clocks at once.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    wall: Duration,
    processor: Duration,
}

/// What it took, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// On the wall.
    pub wall: f64,
    /// Of the time that the process's threads were at work.
    pub processor: f64,
}

impl Stopwatch {
    /// One that runs from now on.
    #[must_use]
    pub fn start() -> Self {
        Self {
            wall: now(ClockId::Monotonic),
            processor: now(ClockId::ProcessCPUTime),
        }
    }

    /// What each of so many calls took until now, on average.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "figures to read")]
    pub fn each_of(self, calls: usize) -> Taken {
        let since =
            |clock, start| now(clock).saturating_sub(start).as_nanos() as f64 / calls as f64;
        Taken {
            wall: since(ClockId::Monotonic, self.wall),
            processor: since(ClockId::ProcessCPUTime, self.processor),
        }
    }
}

fn now(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let (seconds, nanoseconds) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
    Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds)
}
