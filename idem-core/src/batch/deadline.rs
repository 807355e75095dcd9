//! How long a batch may start records, and when it must be answered.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Settings;
use crate::clock::{Clock, UnixMillis};

pub(super) struct Deadline<'c> {
    clock: &'c dyn Clock,
    /// `None` where it is not known.
    at: Option<UnixMillis>,
    settings: Settings,
    /// Set when something waits: most batches are over before.
    timer: Option<Pin<Box<dyn Future<Output = ()> + Send + 'c>>>,
}

impl<'c> Deadline<'c> {
    pub(super) fn new(clock: &'c dyn Clock, at: Option<UnixMillis>, settings: Settings) -> Self {
        Self {
            clock,
            at,
            settings,
            timer: None,
        }
    }

    /// Whether another record may start.
    pub(super) fn leaves_time(&self) -> bool {
        let Settings {
            min_remaining,
            reserve,
            ..
        } = self.settings;
        let is_enough = |left: Duration| left >= min_remaining && left > reserve;
        self.at
            .is_none_or(|at| is_enough(at.since(self.clock.now())))
    }

    /// Ready when the batch must be answered.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else {
            return Poll::Pending;
        };
        let set = || self.clock.sleep_until(at.before(self.settings.reserve));
        self.timer.get_or_insert_with(set).as_mut().poll(context)
    }
}
