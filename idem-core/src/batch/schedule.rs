//! Which record may start next, and what becomes of it: no I/O, no time.

use std::collections::{HashMap, VecDeque};
use std::iter::Enumerate;
use std::vec;

use serde::Serialize;

use super::failure::{Failure, Reason};
use super::job::{End, Job};
use super::place;
use super::waiting::Waiting;
use crate::witness;

/// The records of a batch, from the first to the last.
pub(super) struct Schedule<R, E> {
    records: Enumerate<vec::IntoIter<R>>,
    /// The next record, where it must wait and no more can be kept waiting.
    next: Option<Job<R, E>>,
    /// May start now.
    ready: VecDeque<Job<R, E>>,
    /// Those of which a record is on its way, and those that have stopped.
    groups: HashMap<Box<str>, Group<R, E>>,
    /// How many records wait for their turn in a group, and how many may.
    waiting: usize,
    limit: usize,
    /// What met another execution, and is called once more.
    busy: Waiting<R, E>,
    running: usize,
    started: usize,
    failures: Vec<(usize, Failure<E>)>,
}

enum Group<R, E> {
    /// One is on its way; these wait for it.
    Going(VecDeque<Job<R, E>>),
    /// One failed, and is reported with all that follow.
    Stopped,
}

impl<R: Serialize, E> Schedule<R, E> {
    /// At most `limit` records are read ahead of their turn.
    pub(super) fn new(records: Vec<R>, limit: usize) -> Self {
        Self {
            records: records.into_iter().enumerate(),
            next: None,
            ready: VecDeque::new(),
            groups: HashMap::new(),
            waiting: 0,
            limit,
            busy: Waiting::new(limit),
            running: 0,
            started: 0,
            failures: Vec::new(),
        }
    }

    /// The next record to call the function for; `None` until one ends, or where all have ended.
    pub(super) fn next(&mut self) -> Option<Job<R, E>> {
        let mut job = loop {
            if let Some(job) = self.free() {
                break job;
            }
            if self.running > 0 || !self.try_again() {
                return None;
            }
        };
        job.number = self.started;
        job.has_company = self.running > 0;
        self.started += 1;
        self.running += 1;
        Some(job)
    }

    /// What [`next`](Self::next) gave has no time to start.
    pub(super) fn out_of_time(&mut self, job: Job<R, E>) {
        self.running -= 1;
        self.fail(job, Reason::NotStarted);
    }

    /// What [`next`](Self::next) gave has ended like this, and its guarded calls like these.
    pub(super) fn ended(
        &mut self,
        mut job: Job<R, E>,
        end: End<E>,
        calls: impl Iterator<Item = witness::End>,
    ) {
        self.running -= 1;
        // Who was alone all the time met nobody of this batch.
        let may_be_here = job.has_company || job.number + 1 < self.started;
        match end {
            End::Busy(error, meeting) if may_be_here && !job.is_last => {
                job.error = Some(error);
                self.ready.extend(self.busy.met(job, meeting.id));
                // Its other calls wake nobody: two that meet in turn would wake each other for ever.
                return;
            }
            End::Busy(error, meeting) => {
                // Elsewhere: the others that met it need not ask once more.
                for mut other in self.busy.all_of(&meeting.id) {
                    if let Some(error) = other.error.take() {
                        self.fail(other, Reason::in_progress(error, &meeting));
                    }
                }
                self.fail(job, Reason::in_progress(error, &meeting));
            }
            End::Done => self.go_on(job.group),
            End::Failed(error) => self.fail(job, Reason::Failed(error)),
            End::Panicked => self.fail(job, Reason::Panicked),
            End::Unfinished => self.fail(job, Reason::Unfinished),
        }
        for call in calls {
            self.ready.extend(self.busy.ended(&call, self.started));
        }
        if self.running == 0 {
            self.busy.forget_ends();
        }
    }

    /// What is to come again, in the batch's order.
    pub(super) fn into_failures(mut self) -> Vec<Failure<E>> {
        self.failures.sort_by_key(|(place, _)| *place);
        self.failures
            .into_iter()
            .map(|(_, failure)| failure)
            .collect()
    }

    /// A record that nothing keeps from starting.
    fn free(&mut self) -> Option<Job<R, E>> {
        if let Some(job) = self.ready.pop_front() {
            return Some(job);
        }
        while let Some(job) = self.next.take().or_else(|| self.read()) {
            let Some(name) = &job.group else {
                return Some(job);
            };
            match self.groups.get_mut(name) {
                None => {
                    let going = Group::Going(VecDeque::new());
                    self.groups.insert(name.clone(), going);
                    return Some(job);
                }
                Some(Group::Stopped) => self.fail(job, Reason::Behind),
                Some(Group::Going(queue)) if self.waiting < self.limit => {
                    queue.push_back(job);
                    self.waiting += 1;
                }
                Some(Group::Going(_)) => {
                    self.next = Some(job);
                    return None;
                }
            }
        }
        None
    }

    fn read(&mut self) -> Option<Job<R, E>> {
        loop {
            let (place, record) = self.records.next()?;
            match place::group(&record) {
                Ok(group) => {
                    return Some(Job {
                        record,
                        place,
                        group,
                        number: 0,
                        has_company: false,
                        error: None,
                        is_last: false,
                    });
                }
                Err(place::Panicked) => self.report(place, &record, Reason::Panicked),
            }
        }
    }

    /// Has records called a last time, one of each key: they would meet each other. Says whether there are any.
    fn try_again(&mut self) -> bool {
        let jobs = self.busy.one_of_each();
        self.ready.extend(jobs.map(|job| Job {
            is_last: true,
            ..job
        }));
        !self.ready.is_empty()
    }

    /// The next of this group may start.
    fn go_on(&mut self, group: Option<Box<str>>) {
        let Some(name) = group else { return };
        match self.groups.get_mut(&name) {
            Some(Group::Going(queue)) if !queue.is_empty() => {
                self.ready.extend(queue.pop_front());
                self.waiting -= 1;
            }
            _ => {
                self.groups.remove(&name);
            }
        }
    }

    /// Reports the record, and all that wait behind it.
    fn fail(&mut self, job: Job<R, E>, reason: Reason<E>) {
        self.report(job.place, &job.record, reason);
        let Some(name) = job.group else { return };
        if let Some(Group::Going(queue)) = self.groups.insert(name, Group::Stopped) {
            self.waiting -= queue.len();
            for behind in queue {
                self.report(behind.place, &behind.record, Reason::Behind);
            }
        }
    }

    fn report(&mut self, place: usize, record: &R, reason: Reason<E>) {
        let failure = Failure {
            identifier: place::identifier(record),
            receipt_handle: place::receipt_handle(record),
            reason,
        };
        self.failures.push((place, failure));
    }
}
