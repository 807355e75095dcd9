//! The records that met another execution of their key: it may be at work in this batch, and they get its result.

use std::collections::{BTreeMap, VecDeque};

use super::job::Job;
use crate::witness::{self, Digest};

/// The records that met another execution of their key, until they are called once more.
pub(super) struct Waiting<R, E> {
    /// By what they met.
    jobs: BTreeMap<Digest, VecDeque<Job<R, E>>>,
    /// What has ended lately: who met it, and learns so only now, has nothing to wait for.
    ends: VecDeque<End>,
    /// How many ends are kept.
    limit: usize,
}

struct End {
    id: Digest,
    has_result: bool,
    /// How many had started by then.
    started: usize,
}

impl<R, E> Waiting<R, E> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            jobs: BTreeMap::new(),
            ends: VecDeque::new(),
            limit,
        }
    }

    /// `job` met another execution of this key, and waits; or it may be called at once, because that one has ended.
    pub(super) fn met(&mut self, job: Job<R, E>, id: Digest) -> Option<Job<R, E>> {
        let is_its = |end: &End| end.id == id && end.started > job.number;
        if let Some(place) = self.ends.iter().rposition(is_its) {
            if !self.ends[place].has_result {
                // One of them runs now, and the next has that one to wait for.
                self.ends.remove(place);
            }
            return Some(job);
        }
        self.jobs.entry(id).or_default().push_back(job);
        None
    }

    /// A call of a neighbour has ended, after so many had started. What may be called now: all that met it, where there is
    /// a result; else one, since they would meet each other.
    pub(super) fn ended(
        &mut self,
        call: &witness::End,
        started: usize,
    ) -> impl Iterator<Item = Job<R, E>> + use<R, E> {
        let mut jobs = self.all_of(&call.id);
        if !call.has_result && jobs.len() > 1 {
            let others = jobs.split_off(1);
            self.jobs.insert(call.id, others);
        }
        if call.has_result || jobs.is_empty() {
            if self.ends.len() == self.limit {
                self.ends.pop_front();
            }
            self.ends.push_back(End {
                id: call.id,
                has_result: call.has_result,
                started,
            });
        }
        jobs.into_iter()
    }

    /// Nothing runs any more that could have met what has ended.
    pub(super) fn forget_ends(&mut self) {
        self.ends.clear();
    }

    /// All that wait for this key.
    pub(super) fn all_of(&mut self, id: &Digest) -> VecDeque<Job<R, E>> {
        self.jobs.remove(id).unwrap_or_default()
    }

    /// The first that waits for each key.
    pub(super) fn one_of_each(&mut self) -> impl Iterator<Item = Job<R, E>> + use<R, E> {
        let mut first = Vec::new();
        self.jobs.retain(|_, jobs| {
            first.extend(jobs.pop_front());
            !jobs.is_empty()
        });
        first.into_iter()
    }
}
