//! What must hold in every world.

use std::fmt;

use idem_core::Error;
use idem_core::key::RecordId;
use idem_core::policy::{OnAbandoned, OnOverrun};
use idem_core::record::{Owner, Record, Status};

use crate::caller::{Failed, Outcome};
use crate::network::Request;
use crate::plan::{Plan, SKEW};
use crate::support::{MARGIN, bank::Paid};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    NoOverlap,
    OneResult,
    Fenced,
    FreeAfterCrash,
    NotBlockedByItself,
    ExactlyOnce,
    Truthful,
    Ends,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOverlap => "(a) two executions never overlap while both hold a valid lease",
            Self::OneResult => "(b) a result that was seen is what every later caller sees",
            Self::Fenced => "(c) nobody erases or overwrites what another owns",
            Self::FreeAfterCrash => {
                "(d) after a crash, one lease and the margin later a call gets through"
            }
            Self::NotBlockedByItself => "(e) a call is never blocked by its own claim",
            Self::ExactlyOnce => {
                "(f) effects given to the store are committed with their record, once"
            }
            Self::Truthful => "an error says what is so",
            Self::Ends => "every call ends",
        })
    }
}

/// A promise that was broken, and how.
#[derive(Debug)]
pub(crate) struct Breach {
    promise: Promise,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is broken: {}", self.promise, self.what)
    }
}

/// All that was seen, and the first promise that it breaks.
pub(crate) struct Promises {
    only: Option<Promise>,
    breach: Option<Breach>,
    callers: Vec<Caller>,
    keys: Vec<Key>,
    /// Who got which claim, and when.
    granted: Vec<(Owner, usize, u64)>,
    /// How many results have been seen.
    seen: usize,
}

/// What is known of a caller.
struct Caller {
    key: usize,
    skew: i64,
    /// Its body must not be polled past its lease.
    stops: bool,
    /// It asks what became of an abandoned execution.
    asks: bool,
    /// Before which results it began to call: so many had been seen.
    began: usize,
    /// The end of its lease, by its own clock, as it knows it.
    lease: u64,
    runs: Runs,
    /// Whose record refused its latest claim.
    refused_by: Option<Owner>,
    canceled: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    NotYet,
    Now,
    NoMore,
}

/// What is known of a key.
struct Key {
    id: RecordId,
    /// Some policy can hold its record.
    may_hold: bool,
    stands: Option<Record>,
    ends: Vec<End>,
    seen: Vec<Seen>,
}

/// A completion that took effect.
struct End {
    caller: usize,
    /// The result, where it is stored; a remembered error is below zero.
    value: Option<f64>,
    /// With effects.
    commits: bool,
    /// When its claim was granted.
    claimed: u64,
    /// The end of its ttl in ms.
    until: u64,
}

/// A result that a caller got.
struct Seen {
    value: f64,
    /// After how many others.
    number: usize,
    until: u64,
}

impl Promises {
    pub(crate) fn new(ids: Vec<RecordId>, plans: &[Plan], only: Option<Promise>) -> Self {
        let key = |(number, id)| Key {
            id,
            may_hold: plans
                .iter()
                .any(|plan| plan.key == number && plan.may_hold()),
            stands: None,
            ends: Vec::new(),
            seen: Vec::new(),
        };
        Self {
            only,
            breach: None,
            callers: Vec::new(),
            keys: ids.into_iter().enumerate().map(key).collect(),
            granted: Vec::new(),
            seen: 0,
        }
    }

    pub(crate) fn take_breach(&mut self) -> Option<Breach> {
        self.breach.take()
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.breach.is_some()
    }

    pub(crate) fn break_of(&mut self, promise: Promise, what: impl FnOnce() -> String) {
        if self.breach.is_none() && self.only.is_none_or(|only| only == promise) {
            self.breach = Some(Breach {
                promise,
                what: what(),
            });
        }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &RecordId> {
        self.keys.iter().map(|key| &key.id)
    }

    pub(crate) fn id_of(&self, caller: usize) -> &RecordId {
        &self.keys[self.callers[caller].key].id
    }

    pub(crate) fn skew_of(&self, caller: usize) -> i64 {
        self.callers[caller].skew
    }

    /// Somebody is going to call.
    pub(crate) fn enters(&mut self, plan: &Plan) {
        self.callers.push(Caller {
            key: plan.key,
            skew: plan.skew,
            stops: plan.on_overrun == OnOverrun::Stop,
            asks: plan.on_abandoned == OnAbandoned::Reconcile,
            began: 0,
            lease: 0,
            runs: Runs::NotYet,
            refused_by: None,
            canceled: false,
        });
    }

    pub(crate) fn begins(&mut self, caller: usize) {
        self.callers[caller].began = self.seen;
    }

    pub(crate) fn ran(&self, caller: usize) -> bool {
        self.callers[caller].runs != Runs::NotYet
    }

    /// The call is over, or its process died.
    pub(crate) fn is_gone(&mut self, caller: usize) {
        if self.callers[caller].runs == Runs::Now {
            self.callers[caller].runs = Runs::NoMore;
        }
    }

    /// The caller knows of a lease until then.
    pub(crate) fn is_leased(&mut self, caller: usize, until: u64) {
        self.callers[caller].lease = until;
    }

    /// The claim of a caller is refused by this record, which may be its own.
    pub(crate) fn is_refused(&mut self, caller: usize, by: &Record) {
        if by.status == Status::InProgress && self.caller_of(by.owner) == Some(caller) {
            self.callers[caller].lease = by.lease_until.0;
        }
        self.callers[caller].refused_by = Some(by.owner);
    }

    /// The body of a caller is polled; `stands` is its record. Whether it is for the first time.
    pub(crate) fn body_is_polled(
        &mut self,
        now: u64,
        caller: usize,
        stands: Option<&Record>,
    ) -> bool {
        let me = &self.callers[caller];
        let holds = |caller: &Caller| now.saturating_add_signed(caller.skew) < caller.lease;
        if !holds(me) {
            if me.stops {
                self.break_of(Promise::NoOverlap, || {
                    format!("caller {caller} runs past its lease")
                });
            }
        } else if !stands.is_some_and(|record| {
            record.status == Status::InProgress && self.caller_of(record.owner) == Some(caller)
        }) {
            let standing = stands.map(|record| (record.status, self.caller_of(record.owner)));
            self.break_of(Promise::NoOverlap, || {
                format!(
                    "caller {caller} runs within its lease, and its record is not its own: {standing:?}"
                )
            });
        } else {
            let other = self.callers.iter().enumerate().find(|(number, other)| {
                *number != caller && other.key == me.key && other.runs == Runs::Now && holds(other)
            });
            if let Some((other, _)) = other {
                self.break_of(Promise::NoOverlap, || {
                    format!("callers {caller} and {other} run, both within their leases")
                });
            }
        }
        let first = self.callers[caller].runs == Runs::NotYet;
        self.callers[caller].runs = Runs::Now;
        first
    }

    pub(crate) fn body_ends(&mut self, caller: usize) {
        self.callers[caller].runs = Runs::NoMore;
    }

    /// A record now stands as it does, after a request of this caller, or a sweep, by a clock so far ahead. The record
    /// that stood there before, where it is another.
    pub(crate) fn stands(
        &mut self,
        now: u64,
        key: usize,
        after: Option<Record>,
        request: Option<(usize, &Request)>,
        skew: i64,
    ) -> Option<(Option<Record>, Option<Record>)> {
        if self.keys[key].stands == after {
            return None;
        }
        let before = std::mem::replace(&mut self.keys[key].stands, after.clone());
        let now_there = now.saturating_add_signed(skew);
        let request = request.filter(|(_, request)| *request.id() == self.keys[key].id);
        let margin = u64::try_from(MARGIN.as_millis()).unwrap();
        let is_over = |record: &Record| match record.status {
            Status::Released => true,
            Status::InProgress => record.lease_until.0 + margin <= now_there,
            Status::Completed | Status::Failed | Status::DoneNoResult => {
                is_expired(record, now_there)
            }
            _ => false,
        };
        let may = match (&before, &after, request) {
            (None, _, _) => true,
            (Some(before), _, Some((_, Request::Claim(_)))) => is_over(before),
            (Some(before), _, Some((caller, request))) => {
                !matches!(request, Request::Read(_))
                    && before.status == Status::InProgress
                    && self.caller_of(before.owner) == Some(caller)
            }
            (Some(before), None, None) => is_over(before) && is_expired(before, now_there),
            (Some(_), Some(_), None) => false,
        };
        if !may {
            let by = request.map_or("a sweep".to_owned(), |(caller, request)| {
                format!("{} of caller {caller}", request.verb())
            });
            let (was, is) = (self.told(before.as_ref()), self.told(after.as_ref()));
            self.break_of(Promise::Fenced, || {
                format!("{by} changed the record of key {key} from {was} to {is}")
            });
        }
        if let (Some(after), Some((caller, request))) = (&after, request) {
            if matches!(request, Request::Claim(_)) {
                self.granted.push((after.owner, caller, now));
            } else if is_end(after.status) {
                let mut grants = self.granted.iter().rev();
                let claimed = grants.find(|(_, of, _)| *of == caller);
                let effects = match request {
                    Request::Complete(completion) => completion.effects.as_ref(),
                    _ => None,
                };
                self.keys[key].ends.push(End {
                    caller,
                    value: value_of(after),
                    commits: effects.is_some(),
                    claimed: claimed.map_or(now, |(_, _, at)| *at),
                    until: after.expires_at.unwrap() * 1000,
                });
            }
        }
        Some((before, after))
    }

    /// A call is over.
    pub(crate) fn returns(&mut self, caller: usize, outcome: &Outcome) {
        match outcome {
            Outcome::Value(value) => self.returns_value(caller, *value),
            Outcome::Refused(error) => self.returns_refusal(caller, error),
            // An error that is not remembered is its caller's affair.
            Outcome::OwnError(of) if *of != caller || self.is_remembered(caller) => {
                self.returns_value(caller, error_of(*of));
            }
            Outcome::OwnError(_) | Outcome::Panic => {}
        }
        self.is_gone(caller);
    }

    /// Whether the error of this caller's body was stored.
    fn is_remembered(&self, caller: usize) -> bool {
        let mut ends = self.keys[self.callers[caller].key].ends.iter();
        ends.any(|end| end.value.is_some_and(|value| same(value, error_of(caller))))
    }

    fn returns_value(&mut self, caller: usize, value: f64) {
        let (began, number) = (self.callers[caller].began, self.callers[caller].key);
        let is_own = value.is_nan() || same(value, number_of(caller));
        let key = &self.keys[number];
        let end = key.ends.iter().rev().find(|end| match end.value {
            Some(stored) => same(stored, value),
            None => is_own && end.caller == caller,
        });
        let Some(&End { claimed, until, .. }) = end else {
            return self.break_of(Promise::OneResult, || {
                format!("caller {caller} got {value}, which nobody completed")
            });
        };
        let other = key.seen.iter().find(|seen| {
            seen.number < began
                && !same(seen.value, value)
                && claimed.saturating_add_signed(SKEW) < seen.until
        });
        if let Some(&Seen { value: seen, .. }) = other {
            self.break_of(Promise::OneResult, || {
                format!("caller {caller} got {value}, though {seen} had been seen and its ttl was not over")
            });
        }
        self.keys[number].seen.push(Seen {
            value,
            number: self.seen,
            until,
        });
        self.seen += 1;
    }

    fn returns_refusal(&mut self, caller: usize, error: &Error) {
        let me = &mut self.callers[caller];
        me.canceled = error.is_canceled();
        let ran = me.runs != Runs::NotYet;
        // It may lose its claim before it has asked.
        let asks = me.asks;
        let refused_by = me.refused_by;
        if error.is_in_progress() && refused_by.and_then(|by| self.caller_of(by)) == Some(caller) {
            self.break_of(Promise::NotBlockedByItself, || {
                format!("caller {caller} is refused by its own claim")
            });
        }
        let nothing_ran = error.is_in_progress()
            || error.is_mismatch()
            || error.is_held()
            || error.is_not_started()
            || error.is_store();
        let its_outcome_is_unknown =
            error.is_lease_lost() || error.is_completion_unknown() || error.is_canceled();
        if (nothing_ran && ran)
            || (its_outcome_is_unknown && !ran && !asks)
            || !(nothing_ran || its_outcome_is_unknown || error.is_done_without_result())
        {
            self.break_of(Promise::Truthful, || {
                format!("the body of caller {caller} ran: {ran}; and its error says: {error}")
            });
        }
    }

    /// A fresh call of this key, after all leases and the margin, ends.
    pub(crate) fn fresh_call_ends(&mut self, now: u64, caller: usize, outcome: &Outcome) {
        let key = &self.keys[self.callers[caller].key];
        let done_without_result = key
            .ends
            .iter()
            .any(|end| end.value.is_none() && now < end.until.saturating_add_signed(SKEW));
        let gets_through = match outcome {
            Outcome::Value(_) => true,
            Outcome::Refused(error) => {
                (error.is_held() && key.may_hold)
                    || (error.is_done_without_result() && done_without_result)
            }
            Outcome::OwnError(of) => self.is_remembered(*of),
            Outcome::Panic => false,
        };
        if !gets_through {
            self.break_of(Promise::FreeAfterCrash, || {
                format!("the fresh caller {caller} ends with {outcome:?}")
            });
        }
    }

    /// All is over; this is what was committed.
    pub(crate) fn all_is_over(&mut self, ledger: &[Paid]) {
        for caller in 0..self.callers.len() {
            let number = u32::try_from(caller).unwrap();
            let lines = ledger.iter().filter(|line| line.0 == number).count();
            let key = &self.keys[self.callers[caller].key];
            let mine = |end: &&End| end.caller == caller && end.commits;
            let ends = key.ends.iter().filter(mine).count();
            if lines != ends {
                self.break_of(Promise::ExactlyOnce, || {
                    format!("caller {caller} completed {ends} times, and {lines} times its effects were committed")
                });
            }
            if lines > 0 && self.callers[caller].canceled {
                self.break_of(Promise::ExactlyOnce, || {
                    format!(
                        "the effects of caller {caller} were committed, and it was told otherwise"
                    )
                });
            }
        }
        for (number, key) in self.keys.iter().enumerate() {
            let twice = key.ends.iter().enumerate().find_map(|(at, end)| {
                let next = key.ends.get(at + 1)?;
                let too_early = next.claimed.saturating_add_signed(SKEW) < end.until;
                too_early.then_some((end.caller, next.caller))
            });
            if let Some((one, other)) = twice {
                return self.break_of(Promise::ExactlyOnce, || {
                    format!("the effects of callers {one} and {other} of key {number} were both committed within one ttl")
                });
            }
        }
    }

    fn caller_of(&self, owner: Owner) -> Option<usize> {
        let granted = self.granted.iter().find(|(of, ..)| *of == owner);
        granted.map(|(_, caller, _)| *caller)
    }

    /// A record in a few words.
    pub(crate) fn told(&self, record: Option<&Record>) -> String {
        record.map_or("nothing".to_owned(), |record| {
            let owner = self.caller_of(record.owner);
            let owner = owner.map_or("somebody".to_owned(), |caller| format!("caller {caller}"));
            format!(
                "{:?} of {owner} (generation {})",
                record.status, record.generation
            )
        })
    }
}

fn is_expired(record: &Record, now: u64) -> bool {
    record.expires_at.is_some_and(|until| until * 1000 <= now)
}

/// The result of a caller's own run.
pub(crate) fn number_of(caller: usize) -> f64 {
    f64::from(u32::try_from(caller).unwrap())
}

/// A remembered error of a caller's own run.
fn error_of(caller: usize) -> f64 {
    -1.0 - number_of(caller)
}

fn is_end(status: Status) -> bool {
    matches!(
        status,
        Status::Completed | Status::Failed | Status::DoneNoResult
    )
}

/// What a completed record holds.
fn value_of(record: &Record) -> Option<f64> {
    let json = record.result.as_ref()?.as_bytes();
    if record.status == Status::Completed {
        return serde_json::from_slice(json).unwrap();
    }
    match serde_json::from_slice(json).unwrap() {
        Failed::Own(caller) => Some(error_of(caller)),
        Failed::Guard(_) => unreachable!("it does not serialize"),
    }
}

fn same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits()
}
