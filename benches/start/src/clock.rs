//! The operating system's clocks.

use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::Pid;

use crate::Result;

pub(crate) fn now(clock: ClockId) -> Result<Duration> {
    Ok(clock.now()?.into())
}

/// What another process has taken of the processors since it began.
pub(crate) fn processor_time(process: u32) -> Result<Duration> {
    let process = Pid::from_raw(process.try_into()?);
    now(ClockId::pid_cpu_clock_id(process)?)
}
