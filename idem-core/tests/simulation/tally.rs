//! What the worlds had in them.

use std::fmt;

macro_rules! counts {
    ($($count:ident $name:literal,)*) => {
        /// Something that is counted.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Count {
            $($count,)*
        }

        const NAMES: &[&str] = &[$($name),*];
    };
}

counts! {
    Call "calls",
    Run "runs of a body",
    Replay "replays",
    Busy "busy",
    Mismatch "mismatches",
    Held "held",
    DoneWithoutResult "done without result",
    LeaseLost "lease lost",
    CompletionUnknown "completion unknown",
    Canceled "canceled",
    NotStarted "not started",
    StoreDown "store errors",
    OwnError "own errors",
    Remembered "errors remembered",
    Panic "panics",
    Crash "crashes",
    Stall "stalls",
    TakeOver "take-overs",
    LateArrival "late arrivals",
    Asked "questions about an abandoned execution",
    Look "looks of those who wait",
    Renewal "renewals",
    Swept "records swept",
    Committed "effects committed",
    RequestLost "requests lost",
    RequestLate "requests late",
    RequestTwice "requests twice",
    ReplyLost "replies lost",
    ReplyLate "replies late",
    TransientWithout "transient errors without effect",
    TransientWith "transient errors with effect",
    Permanent "permanent errors",
    TooLarge "results too large",
    EffectsRefused "effects refused",
}

/// How often.
#[derive(Clone, Copy)]
pub(crate) struct Tally([u64; NAMES.len()]);

impl Default for Tally {
    fn default() -> Self {
        Self([0; NAMES.len()])
    }
}

impl Tally {
    pub(crate) fn count(&mut self, count: Count) {
        self.0[count as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }

    /// What never happened.
    pub(crate) fn never(&self) -> Vec<&'static str> {
        let never = NAMES.iter().zip(self.0).filter(|(_, times)| *times == 0);
        never.map(|(name, _)| *name).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, times)) in NAMES.iter().zip(self.0).enumerate() {
            write!(f, "{}{times} {name}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
