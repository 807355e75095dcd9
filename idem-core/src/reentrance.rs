//! Which calls are being polled on this thread: a call inside a call of the same key would wait on itself.

use std::cell::RefCell;

use crate::call::Call;

/// One record of one runtime.
type Running = ([u8; 32], usize);

thread_local! {
    static RUNNING: RefCell<Vec<Running>> = const { RefCell::new(Vec::new()) };
}

/// The body of a call is being polled until this is dropped.
pub(crate) struct Entered;

/// Notes that the body of `call` is being polled now.
pub(crate) fn enter(call: &Call) -> Entered {
    RUNNING.with_borrow_mut(|running| running.push(running_as(call)));
    Entered
}

impl Drop for Entered {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(Vec::pop);
    }
}

/// Whether `call` is being started from inside its own body.
pub(crate) fn is_running(call: &Call) -> bool {
    RUNNING.with_borrow(|running| running.contains(&running_as(call)))
}

fn running_as(call: &Call) -> Running {
    (*call.id.digest(), call.runtime.identity())
}
