//! What a world and its callers are going to do, drawn from the seed.

use std::time::Duration;

use fastrand::Rng;
use idem_core::policy::{OnAbandoned, OnBusy, OnError, OnOverrun};

use crate::support::MARGIN;

/// How many calls a world has.
pub(crate) const CALLERS: usize = 8;

/// The farthest that a clock is from the simulated time, so that no two are farther apart than the margin.
pub(crate) const SKEW: i64 = MARGIN.as_secs().cast_signed() * 1000 / 2;

/// What the callers of a world have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    /// How many keys.
    pub(crate) keys: usize,
    /// In how many of 100 requests something goes wrong.
    pub(crate) trouble: u8,
    /// In how many of 100 polls a process stalls.
    pub(crate) stalls: u8,
    /// Bodies give their effects to the store.
    pub(crate) transacts: bool,
    /// All calls have the default policies.
    pub(crate) defaults: bool,
    /// Within which time the calls arrive, in ms.
    pub(crate) spread: u64,
}

impl Scene {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        Self {
            keys: rng.usize(1..=2),
            trouble: pick(rng, &[0, 10, 30, 60]),
            stalls: pick(rng, &[0, 2, 10]),
            transacts: rng.bool(),
            defaults: rng.bool(),
            spread: pick(rng, &[1, 1_000, 30_000, 120_000]),
        }
    }
}

/// What one caller does.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) key: usize,
    /// How far its clock is ahead, in ms.
    pub(crate) skew: i64,
    /// When it calls, in ms from the start.
    pub(crate) arrives: u64,
    pub(crate) fingerprint: Option<u8>,
    pub(crate) ttl: Duration,
    pub(crate) lease: Option<Duration>,
    pub(crate) default_lease: Duration,
    pub(crate) deadline: Deadline,
    pub(crate) on_error: OnError,
    pub(crate) on_abandoned: OnAbandoned,
    pub(crate) on_busy: OnBusy,
    pub(crate) on_overrun: OnOverrun,
    /// What the outside world says of an abandoned execution.
    pub(crate) answer: Answer,
    pub(crate) answers_after: u64,
    pub(crate) steps: Vec<BodyStep>,
    pub(crate) end: End,
    /// After how many polls its process dies.
    pub(crate) dies_after: Option<u32>,
    /// It comes when all is over, and must get through.
    pub(crate) is_fresh: bool,
}

/// When the platform ends the invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    None,
    /// A moment in 1970.
    Impossible,
    /// So many ms after the call, and then it kills, up to the grace later.
    Kills(u64, u64),
    /// So many ms after the call; the process lives on.
    Passes(u64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum BodyStep {
    /// Waits so many ms.
    Pause(u64),
    /// Has its effect.
    Effect,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Completed,
    NeverHappened,
    Unknown,
    Error,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Result,
    /// A result that JSON cannot give back.
    Unstorable,
    Error,
    Panic,
}

impl Plan {
    pub(crate) fn draw(rng: &mut Rng, scene: Scene) -> Self {
        let mut steps = pauses(rng);
        steps.push(BodyStep::Effect);
        steps.extend(pauses(rng));
        Self {
            key: rng.usize(0..scene.keys),
            skew: rng.i64(-SKEW..=SKEW),
            arrives: rng.u64(0..scene.spread),
            fingerprint: (!scene.defaults && rng.bool()).then(|| rng.u8(0..2)),
            ttl: Duration::from_secs(pick(rng, &[1, 5, 3_600])),
            lease: rng.bool().then(|| Duration::from_secs(rng.u64(1..10))),
            default_lease: Duration::from_secs(rng.u64(1..30)),
            deadline: match rng.u8(0..8) {
                0 => Deadline::None,
                1 => Deadline::Impossible,
                2..5 => Deadline::Kills(rng.u64(0..20_000), rng.u64(0..1_000)),
                _ => Deadline::Passes(rng.u64(0..20_000)),
            },
            on_error: match rng.u8(0..4) {
                0 if !scene.defaults => OnError::Hold,
                1 if !scene.defaults => OnError::Remember,
                _ => OnError::Release,
            },
            on_abandoned: match rng.u8(0..8) {
                0 if !scene.defaults => OnAbandoned::Hold,
                1 | 2 if !scene.defaults => OnAbandoned::Reconcile,
                _ => OnAbandoned::Retry,
            },
            on_busy: match rng.u8(0..4) {
                0 if !scene.defaults => OnBusy::Wait(Duration::from_millis(rng.u64(0..20_000))),
                _ => OnBusy::Fail,
            },
            on_overrun: match rng.u8(0..2) {
                0 if !scene.defaults => OnOverrun::Run,
                _ => OnOverrun::Stop,
            },
            answer: match rng.u8(0..4) {
                0 => Answer::Completed,
                1 => Answer::NeverHappened,
                2 => Answer::Unknown,
                _ => Answer::Error,
            },
            answers_after: pick(rng, &[0, 500, 6_000]),
            steps,
            end: match rng.u8(0..16) {
                0 => End::Unstorable,
                1 | 2 => End::Error,
                3 => End::Panic,
                _ => End::Result,
            },
            dies_after: (rng.u8(0..4) == 0).then(|| rng.u32(1..12)),
            is_fresh: false,
        }
    }

    /// A call as anybody may make it when all is over: default policies, no fingerprint, nothing goes wrong.
    pub(crate) fn fresh(key: usize) -> Self {
        Self {
            key,
            skew: 0,
            arrives: 0,
            fingerprint: None,
            ttl: Duration::from_hours(1),
            lease: None,
            default_lease: Duration::from_mins(1),
            deadline: Deadline::None,
            on_error: OnError::default(),
            on_abandoned: OnAbandoned::default(),
            on_busy: OnBusy::default(),
            on_overrun: OnOverrun::default(),
            answer: Answer::Unknown,
            answers_after: 0,
            steps: vec![BodyStep::Effect],
            end: End::Result,
            dies_after: None,
            is_fresh: true,
        }
    }

    /// Whether its policies can leave a record that waits for a person.
    pub(crate) fn may_hold(&self) -> bool {
        self.on_error == OnError::Hold || self.on_abandoned == OnAbandoned::Reconcile
    }
}

fn pauses(rng: &mut Rng) -> Vec<BodyStep> {
    let longest = pick(rng, &[10, 1_000, 12_000]);
    (0..rng.usize(0..3))
        .map(|_| BodyStep::Pause(rng.u64(1..=longest)))
        .collect()
}

pub(crate) fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(0..of.len())]
}
