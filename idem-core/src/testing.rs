//! What tests of handlers and stores need; nothing here sleeps or waits for the machine's clock.
//!
//! | for | there is |
//! |---|---|
//! | a handler that must survive crashes | [`Crashes`]: it dies at every store call, and is called again |
//! | a store that fails when it is told to | [`FaultyStore`] |
//! | what a call costs | [`CountingStore`] |
//! | leases and ttls that end | [`ManualClock`] |
//! | a store of your own | the checks of the module [`conformance`](crate::conformance) |

mod attempt;
mod counting;
mod crashes;
mod faulty;
mod recorder;
mod report;
mod verb;

pub use attempt::Attempt;
pub use counting::CountingStore;
pub use crashes::Crashes;
pub use faulty::{Fault, FaultyStore};
pub use report::{Broken, Moment, Point, Report};
pub use verb::Verb;

pub use crate::clock::ManualClock;
