//! The handlers whose calls are measured, and their events.

pub mod handler;
pub mod order;
pub mod stopwatch;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What a future gives that is ready at once.
///
/// # Panics
///
/// Where it is not.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}
