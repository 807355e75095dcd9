//! The search: every state that a scenario reaches, breadth first, by the model checker stateright.

use idem_core::store::Failure;
use stateright::{Checker, HasDiscoveries, Model, Property};

use super::action::{Action, Answer, Move};
use super::check::Check;
use super::scenario::Scenario;
use super::shared::Shared;
use super::turn::next;
use super::world::{At, Execution, Request, World};

const THREADS: usize = 2;

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let clocks = if self.skew.is_zero() {
            1
        } else {
            1 << self.executions
        };
        // All clocks ahead is as none.
        let last = if clocks == 1 { 1 } else { clocks - 1 };
        (0..last).map(|ahead| World::new(self, ahead)).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if !world.ghost.flaws.is_empty() {
            return;
        }
        if usize::from(world.moment) + 1 < self.moments.len() {
            actions.push(Action::Tick);
        }
        if world
            .found()
            .is_some_and(|found| found.expires_at.is_some())
        {
            actions.push(Action::Delete);
        }
        let is_idle = |execution: &&Shared<Execution>| execution.at == At::Idle;
        let begun = world
            .executions
            .iter()
            .take_while(|one| !is_idle(one))
            .count();
        for (who, execution) in (0..).zip(&world.executions) {
            let mut may = |what| actions.push(Action::Of(who, what));
            if usize::from(who) == begun {
                may(Move::Start);
            }
            for nth in (0..).take(execution.late.len()) {
                may(Move::ArriveLate(nth));
            }
            if execution.engine.is_none() {
                continue;
            }
            if execution.sent.is_some() {
                may(Move::Arrive);
                may(Move::ArriveTwice);
            }
            if let Some(Request::Complete(_)) = execution.sent {
                may(Move::Refuse(Failure::Canceled));
                may(Move::Refuse(Failure::TooLarge));
            }
            if execution.reply.is_some() {
                may(Move::Hear);
            }
            if execution.sent.is_some() || execution.reply.is_some() {
                may(Move::Miss);
            }
            match execution.at {
                At::Runs(_) => {
                    for what in [
                        Move::Affect,
                        Move::Return,
                        Move::ReturnUnstorable,
                        Move::Fail,
                        Move::Wake,
                    ] {
                        may(what);
                    }
                }
                At::Asks(_) => {
                    may(Move::Learn(Answer::Completed));
                    may(Move::Learn(Answer::NeverHappened));
                    may(Move::Learn(Answer::Unknown));
                    may(Move::Wake);
                }
                At::Watches(_) => may(Move::Wake),
                _ => {}
            }
            if world.crashes > 0 {
                may(Move::Vanish);
            }
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        next(self, world, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        macro_rules! always {
            ($($check:ident),*) => {
                vec![$(Property::always(Check::$check.name(), |scenario, world| {
                    Check::$check.holds(scenario, world)
                })),*]
            };
        }
        let properties = always![
            Overlap,
            Seen,
            Overwritten,
            Free,
            OwnClaim,
            Commit,
            Held,
            Generation
        ];
        debug_assert_eq!(properties.len(), Check::ALL.len());
        properties
    }
}

/// A check that failed, and the shortest schedule that shows it.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    pub(crate) start: World,
    pub(crate) schedule: Vec<Action>,
}

pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) finding: Option<Finding>,
}

/// Explores every state; stops at the first that fails a check, and looks for the shortest schedule to any such.
pub(crate) fn explore(scenario: &Scenario) -> Explored {
    let (states, mut finding) = search(scenario, None, THREADS);
    while let Some(found) = &finding {
        // The search is breadth first up to what its threads do at a time: is there anything shorter?
        let Some(shorter) = search(scenario, Some(found.schedule.len()), 1).1 else {
            break;
        };
        finding = Some(shorter);
    }
    Explored { states, finding }
}

/// Below this many actions, where there is a limit.
fn search(scenario: &Scenario, below: Option<usize>, threads: usize) -> (usize, Option<Finding>) {
    let mut checker = scenario
        .clone()
        .checker()
        .threads(threads)
        .finish_when(HasDiscoveries::AnyFailures);
    if let Some(below) = below {
        // It counts states, the first included, and expands and checks none at the limit.
        checker = checker.target_max_depth(below + 1);
    }
    let checker = checker.spawn_bfs().join();
    let shortest = checker
        .discoveries()
        .into_iter()
        .map(|(check, path)| (check, path.into_vec()))
        .min_by_key(|(check, path)| (path.len(), *check));
    let finding = shortest.map(|(check, path)| Finding {
        check,
        start: path[0].0.clone(),
        schedule: path.into_iter().filter_map(|(_, action)| action).collect(),
    });
    (checker.unique_state_count(), finding)
}
