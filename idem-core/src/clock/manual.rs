use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use super::{Clock, UnixMillis};

/// A clock that stands still until a test moves it. Clones share one time.
///
/// # Example: a lease runs out
///
/// ```
/// use std::time::Duration;
/// # use idem_core as idem_lambda;
/// use idem_lambda::clock::{Clock, ManualClock, UnixMillis};
///
/// let clock = ManualClock::at(UnixMillis(1_000));
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.now(), UnixMillis(6_000));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: UnixMillis,
    sleepers: Vec<Waker>,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: UnixMillis) -> Self {
        Self(Arc::new(Mutex::new(State {
            now,
            sleepers: Vec::new(),
        })))
    }

    /// Moves the time forward and wakes all sleepers, who look again.
    pub fn advance(&self, by: Duration) {
        let now = self.now().after(by);
        self.set(now);
    }

    /// Sets the time, forward or back, and wakes all sleepers, who look again.
    pub fn set(&self, now: UnixMillis) {
        let sleepers = {
            let mut state = self.state();
            state.now = now;
            std::mem::take(&mut state.sleepers)
        };
        sleepers.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        self.state().now
    }

    fn sleep_until(&self, until: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(poll_fn(move |context| {
            let mut state = self.state();
            if state.now >= until {
                return Poll::Ready(());
            }
            if !state
                .sleepers
                .iter()
                .any(|waker| waker.will_wake(context.waker()))
            {
                state.sleepers.push(context.waker().clone());
            }
            Poll::Pending
        }))
    }
}
