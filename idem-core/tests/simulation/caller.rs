//! One call of a world: its clock, its body, and how it ends.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use idem_core::clock::{Clock, UnixMillis};
use idem_core::{Error, Execution, Idempotency, Invocation, Reconciliation};
use serde::{Deserialize, Serialize};

use crate::network::Link;
use crate::plan::{Answer, BodyStep, Deadline, End, Plan};
use crate::promises::number_of;
use crate::support::bank::Paid;
use crate::world::{FUNCTION, NAME, World};

/// How a call ends.
#[derive(Debug)]
pub(crate) enum Outcome {
    Value(f64),
    /// The error of this caller's body.
    OwnError(usize),
    Panic,
    Refused(Error),
}

/// What a body returns where it fails, and what the guard does.
#[derive(Serialize, Deserialize)]
pub(crate) enum Failed {
    Own(usize),
    #[serde(skip)]
    Guard(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Guard(error)
    }
}

impl From<Result<f64, Failed>> for Outcome {
    fn from(ended: Result<f64, Failed>) -> Self {
        match ended {
            Ok(value) => Self::Value(value),
            Err(Failed::Own(caller)) => Self::OwnError(caller),
            Err(Failed::Guard(error)) => Self::Refused(error),
        }
    }
}

/// The simulated time as one caller reads it.
#[derive(Clone)]
struct CallersClock {
    world: Arc<World>,
    caller: usize,
    skew: i64,
}

impl fmt::Debug for CallersClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallersClock({})", self.caller)
    }
}

impl Clock for CallersClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.world.now().saturating_add_signed(self.skew))
    }

    fn sleep_until(&self, until: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let at = until.0.saturating_add_signed(-self.skew);
        Box::pin(self.world.sleep(self.caller, at))
    }
}

/// A call on its way.
pub(crate) type Calling = Pin<Box<dyn Future<Output = Result<f64, Failed>>>>;

pub(crate) fn calling(world: Arc<World>, caller: usize, plan: Plan, transacts: bool) -> Calling {
    Box::pin(async move {
        let clock = CallersClock {
            world: Arc::clone(&world),
            caller,
            skew: plan.skew,
        };
        let deadline = match plan.deadline {
            Deadline::None => None,
            Deadline::Impossible => Some(UnixMillis(600_000)),
            Deadline::Kills(after, _) | Deadline::Passes(after) => {
                Some(UnixMillis(clock.now().0 + 1 + after))
            }
        };
        let link = Link {
            world: Arc::clone(&world),
            caller,
        };
        let runtime = Idempotency::builder(link)
            .clock(clock)
            .function(FUNCTION)
            .default_lease(plan.default_lease)
            .build();
        let (world, plan) = (&world, &plan);
        let invocation = Invocation {
            deadline,
            ..Invocation::default()
        };
        let call = runtime.call(NAME, &plan.key).ttl(plan.ttl);
        let mut call = call
            .invocation(invocation)
            .remember_errors()
            .on_error(plan.on_error)
            .reconcile(|_| ask(world, caller, plan))
            .on_abandoned(plan.on_abandoned)
            .on_busy(plan.on_busy)
            .on_overrun(plan.on_overrun);
        if let Some(lease) = plan.lease {
            call = call.lease(lease);
        }
        if let Some(fingerprint) = plan.fingerprint {
            call = call.fingerprint(&fingerprint);
        }
        if transacts {
            let body = |execution| body(world, caller, plan, Some(execution));
            call.run_with(body).await
        } else {
            call.run(|| body(world, caller, plan, None)).await
        }
    })
}

/// What the outside world says of an abandoned execution.
async fn ask(
    world: &Arc<World>,
    caller: usize,
    plan: &Plan,
) -> Result<Reconciliation<f64>, Failed> {
    world.is_asked();
    world.sleep(caller, world.now() + plan.answers_after).await;
    Ok(match plan.answer {
        Answer::Completed => Reconciliation::Completed(number_of(caller)),
        Answer::NeverHappened => Reconciliation::NeverHappened,
        Answer::Unknown => Reconciliation::Unknown,
        Answer::Error => return Err(Failed::Own(caller)),
    })
}

/// A body that the world watches.
async fn body(
    world: &Arc<World>,
    caller: usize,
    plan: &Plan,
    execution: Option<Execution<Paid>>,
) -> Result<f64, Failed> {
    let mut steps = pin!(steps(world, caller, plan, execution));
    poll_fn(|context| {
        world.body_is_polled(caller);
        let polled = steps.as_mut().poll(context);
        if polled.is_ready() {
            world.body_ends(caller);
        }
        polled
    })
    .await
}

async fn steps(
    world: &Arc<World>,
    caller: usize,
    plan: &Plan,
    execution: Option<Execution<Paid>>,
) -> Result<f64, Failed> {
    for step in &plan.steps {
        match (step, &execution) {
            (BodyStep::Pause(ms), _) => world.sleep(caller, world.now() + ms).await,
            (BodyStep::Effect, Some(execution)) => {
                execution.transact([Paid(u32::try_from(caller).unwrap())])?;
            }
            (BodyStep::Effect, None) => {}
        }
    }
    match plan.end {
        End::Result => Ok(number_of(caller)),
        End::Unstorable => Ok(f64::NAN),
        End::Error => Err(Failed::Own(caller)),
        End::Panic => {
            world.body_ends(caller);
            resume_unwind(Box::new("a body panics"))
        }
    }
}

impl World {
    /// Resolves when the simulated time has come, if its caller is polled then.
    pub(crate) fn sleep(
        self: &Arc<Self>,
        caller: usize,
        until: u64,
    ) -> impl Future<Output = ()> + Send + use<> {
        let world = Arc::clone(self);
        let mut is_set = false;
        poll_fn(move |_| {
            if world.now() >= until {
                return Poll::Ready(());
            }
            if !std::mem::replace(&mut is_set, true) {
                world.wake_at(caller, until);
            }
            Poll::Pending
        })
    }
}
