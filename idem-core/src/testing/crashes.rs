//! A handler that dies at every store call, and is called again.

use std::fmt::Debug;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use serde::Serialize;

use super::FaultyStore;
use super::attempt::{Attempt, Ended};
use super::recorder::Recorder;
use super::report::{Broken, Disturbance, Moment, Point, Report, Undisturbed};
use crate::clock::{ManualClock, UnixMillis};
use crate::idempotency::{Builder, Idempotency};
use crate::store::{Memory, Store};

/// How often others may go on after an attempt: what it has spawned and not awaited then shows.
const YIELDS: usize = 32;

/// Runs a handler through a crash at every store call.
///
/// First the handler is called three times and nothing happens to it. Then, for each store call of the first of these, and
/// for the moments before and after that call takes effect: the handler is called and dropped at that moment, as if its
/// process had died; the clock moves past lease and margin; and the handler is called three times more, each time on a
/// runtime of its own, as in a new process. Every time there is another, empty store.
///
/// It is an error where
///
/// - a result is lost, changes, or the key stays blocked;
/// - what is completed runs again, or has an effect again;
/// - the key is not the same from call to call;
/// - an effect happens when no call is under way: something was spawned and not awaited, and the platform freezes it.
///
/// The first call must end with a result, since there would be nothing to lose.
///
/// Effects outside the store may happen twice where the crash comes between them and their record: the [`Report`] shows at
/// which crash. What is [held](crate::policy) by a policy, so that a person looks, is no error either.
///
/// The handler finds its runtime as always: it is [scoped](Idempotency::scope), also for the attribute. Nothing sleeps,
/// and the clock stands still but for the moves above. The executor is the test's: a handler that waits on Tokio needs
/// `#[tokio::test]`.
///
/// # Example: a handler that charges
///
/// ```
/// # use idem_core as idem_lambda;
/// use std::time::Duration;
/// use idem_lambda::testing::{Attempt, Crashes, Moment, Verb};
/// use idem_lambda::{Error, Idempotency};
///
/// /// The bank of the test.
/// struct Bank(Attempt);
///
/// impl Bank {
///     async fn charge(&self, cents: u64) {
///         self.0.effect();
///     }
/// }
///
/// async fn charge(order: &str, bank: Bank) -> Result<u64, Error> {
///     let idempotency = Idempotency::current()?;
///     let call = idempotency.call("charge", order).ttl(Duration::from_hours(1));
///     call.run(async || {
///         bank.charge(1_700).await;
///         Ok(1_700)
///     })
///     .await
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let report = Crashes::new().run(async |attempt| charge("order-17", Bank(attempt)).await).await?;
///
/// // A crash between the charge and its record charges once more, and nothing else does.
/// let [twice] = &report.repeats()[..] else { panic!("{report}") };
/// assert_eq!((twice.verb(), twice.moment()), (Verb::Complete, Moment::Before));
/// # Ok::<(), idem_lambda::testing::Broken>(()) }).unwrap();
/// ```
pub struct Crashes {
    store: Box<dyn Fn() -> Arc<dyn Store> + Send + Sync>,
    settings: Box<dyn Fn(Builder) -> Builder + Send + Sync>,
}

impl Crashes {
    /// What the clock shows at the first call. An invocation's deadline counts where it is later than its call; else the
    /// default lease serves.
    pub const START: UnixMillis = UnixMillis(1_800_000_000_000);

    /// Crashes over the embedded store.
    #[must_use]
    pub fn new() -> Self {
        Self::over(Memory::new)
    }

    /// Crashes over what `store` gives: an empty store each time.
    pub fn over<S: Store>(store: impl Fn() -> S + Send + Sync + 'static) -> Self {
        Self {
            store: Box::new(move || Arc::new(store())),
            settings: Box::new(|builder| builder),
        }
    }

    /// Sets the runtime up as the program does: function, codec, policies. Its store and its clock are the test's.
    #[must_use]
    pub fn settings(
        mut self,
        settings: impl Fn(Builder) -> Builder + Send + Sync + 'static,
    ) -> Self {
        self.settings = Box::new(settings);
        self
    }

    /// Calls `handler` as said above: all its calls must be the same delivery of the same event.
    ///
    /// # Errors
    ///
    /// [`Broken`]: what went wrong at which crash.
    pub async fn run<T, E>(
        &self,
        handler: impl AsyncFn(Attempt) -> Result<T, E>,
    ) -> Result<Report, Broken>
    where
        T: Serialize,
        E: Debug,
    {
        let world = World::new(self);
        let undisturbed = Undisturbed::judge(&world.three_calls(&handler).await)?;
        let mut points = Vec::new();
        for (at, verb) in undisturbed.calls.iter().enumerate() {
            for moment in [Moment::Before, Moment::After] {
                let world = World::new(self);
                let crashed = world.crash(&handler, at + 1, moment).await;
                world.clock.set(Self::START.max(crashed.seen.free_at));
                let calls = world.three_calls(&handler).await;
                let crash = Disturbance {
                    at,
                    verb: *verb,
                    moment,
                };
                points.push(Point::judge(&undisturbed, crash, &crashed, &calls));
            }
        }
        Report::judged(points)
    }
}

impl Default for Crashes {
    fn default() -> Self {
        Self::new()
    }
}

impl Debug for Crashes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crashes").finish_non_exhaustive()
    }
}

/// One store, and the time.
struct World<'c> {
    crashes: &'c Crashes,
    clock: ManualClock,
    faults: FaultyStore,
    recorder: Recorder,
}

impl<'c> World<'c> {
    fn new(crashes: &'c Crashes) -> Self {
        let recorder = Recorder::new((crashes.store)());
        Self {
            crashes,
            clock: ManualClock::at(Crashes::START),
            faults: FaultyStore::new(recorder.clone()),
            recorder,
        }
    }

    /// A call in a process of its own.
    fn attempt(&self) -> Attempt {
        let builder = Idempotency::builder(self.faults.clone());
        let builder = (self.crashes.settings)(builder).clock(self.clock.clone());
        Attempt {
            runtime: builder.build(),
            ledger: Arc::default(),
        }
    }

    /// A call, and two duplicates.
    async fn three_calls<T: Serialize, E: Debug>(
        &self,
        handler: &impl AsyncFn(Attempt) -> Result<T, E>,
    ) -> [Ended; 3] {
        [
            self.until(handler, || false).await,
            self.until(handler, || false).await,
            self.until(handler, || false).await,
        ]
    }

    async fn crash<T: Serialize, E: Debug>(
        &self,
        handler: &impl AsyncFn(Attempt) -> Result<T, E>,
        nth: usize,
        moment: Moment,
    ) -> Ended {
        self.faults.fail(None, nth, moment.fault());
        let crashed = self.until(handler, || self.faults.has_failed()).await;
        self.faults.heal();
        crashed
    }

    /// Calls the handler until it ends, or until its process dies.
    async fn until<T: Serialize, E: Debug>(
        &self,
        handler: &impl AsyncFn(Attempt) -> Result<T, E>,
        dies: impl Fn() -> bool,
    ) -> Ended {
        let attempt = self.attempt();
        let ledger = Arc::clone(&attempt.ledger);
        let runtime = attempt.runtime.clone();
        let output = {
            let mut call = pin!(runtime.scope(handler(attempt)));
            poll_fn(|context| {
                let polled = call.as_mut().poll(context);
                if dies() {
                    return Poll::Ready(None);
                }
                polled.map(Some)
            })
            .await
        };
        ledger.is_over.store(true, Ordering::Relaxed);
        for _ in 0..YIELDS {
            yield_now().await;
        }
        Ended {
            result: match output {
                Some(Ok(value)) => serde_json::to_vec(&value).map_err(|error| error.to_string()),
                Some(Err(error)) => Err(format!("{error:?}")),
                None => Err("it crashed".to_owned()),
            },
            effects: ledger.effects.load(Ordering::Relaxed),
            seen: self.recorder.take(),
            ledger,
        }
    }
}

/// Lets others go on.
async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
