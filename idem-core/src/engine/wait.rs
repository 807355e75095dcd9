//! Waiting for another execution of the key.

use std::time::Duration;

use super::{BACKOFF, Engine, Phase, Refusal, Step, WatchRequest};
use crate::clock::UnixMillis;
use crate::policy::OnBusy;
use crate::record::Owner;

/// The longest pause between two looks of a waiter; the first is [`BACKOFF`].
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How an execution waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wait {
    give_up_at: UnixMillis,
    looks: u32,
}

/// Whom it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Other {
    pub(super) generation: u64,
    /// When their lease and the margin are over.
    pub(super) free_at: UnixMillis,
}

impl Engine {
    /// Another execution runs: waits for it, as the policy says.
    pub(super) fn busy(&mut self, now: UnixMillis, other: Other) -> Step {
        let refusal = Refusal::InProgress(other.free_at);
        let OnBusy::Wait(longest) = self.policy.on_busy else {
            return self.refuse(refusal);
        };
        let mut wait = self.wait.unwrap_or_else(|| {
            // What is left then is for the last look.
            let reserve = self.policy.completion_reserve * 2;
            let latest = self.deadline.map(|deadline| deadline.before(reserve));
            let give_up_at = now.after(longest);
            Wait {
                give_up_at: latest.map_or(give_up_at, |latest| latest.min(give_up_at)),
                looks: 0,
            }
        });
        if wait.give_up_at <= now {
            return self.refuse(refusal);
        }
        let pause = jittered(self.owner, wait.looks);
        wait.looks += 1;
        self.wait = Some(wait);
        self.phase = Phase::Watching(other);
        Step::Watch(WatchRequest {
            generation: other.generation,
            until: now.after(pause).min(wait.give_up_at),
        })
    }

    /// From when on what a look brings comes too late.
    pub(super) fn look_until(&self) -> Option<UnixMillis> {
        let reserve = self.policy.completion_reserve;
        self.deadline.map(|deadline| deadline.before(reserve))
    }
}

/// The pause before a waiter's next look: from the half to the whole of one that doubles from look to look, so that those
/// who wait for one execution do not all look at once. An owner differs from every other, which is chance enough.
fn jittered(owner: Owner, looks: u32) -> Duration {
    let longest = (BACKOFF * 2_u32.pow(looks.min(10))).min(LONGEST_PAUSE);
    let [low, high] = [owner.0, owner.0 >> 64].map(|half| half & u128::from(u64::MAX));
    let mixed = (low ^ high ^ u128::from(looks)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let share = u32::try_from((mixed >> 32) & 0xff).unwrap_or_default();
    longest / 2 + longest / 2 * share / 256
}
