//! Forgets what can make no difference any more, so that states which differ in nothing else are one.

use std::sync::Arc;

use idem_core::ablation::{Guard, is_removed};
use idem_core::clock::UnixMillis;
use idem_core::policy::OnAbandoned;
use idem_core::record::{Attempt, History, Origin, Owner, Record, Status};

use super::scenario::Scenario;
use super::shared::{Shared, hash};
use super::world::{At, Body, Execution, Request, World, execution_of};

/// The same world, without what nobody will look at.
pub(crate) fn forget(scenario: &Scenario, mut world: World) -> World {
    for of in 0..world.executions.len() {
        let execution = &world.executions[of];
        if let Some(changed) = of_execution(scenario, world.found(), of, execution) {
            world.executions[of] = Shared::new(changed);
        }
    }
    if let Some(record) = &world.record
        && let Some(changed) = of_record(&world, record)
    {
        world.record = Some(Shared::new(changed));
    }
    let now = world.now(scenario).after(scenario.skew);
    for (of, due) in world.ghost.due.iter_mut().enumerate() {
        if *due <= now {
            *due = UnixMillis(0);
            world.ghost.seen &= !(1 << of);
        }
    }
    world
}

fn of_execution(
    scenario: &Scenario,
    found: Option<&Record>,
    of: usize,
    execution: &Execution,
) -> Option<Execution> {
    let is_over = execution.engine.is_none() && execution.at != At::Idle;
    if !is_over && execution.late.is_empty() {
        return None;
    }
    let mut changed = execution.clone();
    let claims = |owner: Owner| {
        let requests = execution.late.iter().chain(&execution.sent);
        requests
            .filter_map(Request::claim)
            .any(|request| request.terms.owner == owner)
    };
    let compares = !is_removed(Guard::OwnerIsCompared) && !is_removed(Guard::OnlyProgressEnds);
    // Without a claim in progress a write takes no effect, and without a claim on its way there will be none.
    changed.late.retain(|request| match request.owner() {
        Some(owner) if compares => {
            claims(owner) || found.is_some_and(|found| found.is_held_by(owner))
        }
        Some(_) => true,
        None => request.claim().is_some(),
    });
    // Which is first makes no difference.
    changed.late.sort_by_key(hash);
    if is_over {
        changed.at = At::Over;
        changed.unanswered = 0;
        changed.ended = None;
        changed.generation = 0;
        let is_holder = found.is_some_and(|found| {
            found.status == Status::InProgress && execution_of(found.owner) == Some(of)
        });
        if changed.late.is_empty() {
            changed.done_at = UnixMillis(0);
            changed.owner = Owner(0);
            if !is_holder {
                changed.leased_until = UnixMillis(0);
                changed.is_ahead = false;
            }
        }
        if scenario.policy.on_abandoned != OnAbandoned::Reconcile {
            changed.body = Body::Unstarted;
        }
    }
    (changed != *execution).then_some(changed)
}

/// Provenance is for people; of the attempt before, the engine asks who it was, if it is one that asks still, and how it
/// ended.
fn of_record(world: &World, record: &Record) -> Option<Record> {
    let mut changed = record.clone();
    let provenance = &mut changed.provenance;
    provenance.attempts = 0;
    provenance.started_at = UnixMillis(0);
    if let Some(previous) = record.provenance.previous() {
        let asks =
            execution_of(previous.owner).is_some_and(|of| world.executions[of].engine.is_some());
        provenance.history = Some(Arc::new(History::new(Attempt {
            owner: if asks { previous.owner } else { Owner(0) },
            started_at: UnixMillis(0),
            lease_until: UnixMillis(0),
            status: previous.status,
            origin: Origin::default(),
        })));
    }
    if record.status != Status::InProgress {
        changed.lease_until = UnixMillis(0);
    }
    (changed != *record).then_some(changed)
}
