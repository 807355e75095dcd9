//! What to look at after a duplicate, and how often to say so.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Verdict;
use crate::clock::UnixMillis;
use crate::source::SourceKind;

/// How long the same advice to the same handler is not given again.
const PAUSE: Duration = Duration::from_mins(1);
/// Of how many verdicts and handlers it is known when they were advised.
const CAPACITY: usize = 1024;

impl Verdict {
    /// One sentence: which setting to look at, for an event of this source.
    #[must_use]
    pub const fn advice(self, source: Option<SourceKind>) -> &'static str {
        match (self, source) {
            (Self::LambdaRetry, _) => {
                "Lambda retried this invocation after an error or a timeout: set `MaximumRetryAttempts` and an on-failure destination on the function's asynchronous invocation to what you want"
            }
            (Self::QueueDuplicate, _) => {
                "Lambda delivered an invocation again whose handler was done: its queue of asynchronous events does so now and then, else look at what failed after the handler in the same invocation; keep `ttl` above `MaximumEventAgeInSeconds` (6 hours by default)"
            }
            (Self::Redelivery, Some(SourceKind::Sqs)) => {
                "the queue delivered the message again: set its visibility timeout to at least 6 times the function's timeout, and turn on `ReportBatchItemFailures`, so that one failure does not bring back the whole batch"
            }
            (Self::Redelivery, Some(SourceKind::Kinesis | SourceKind::DynamoDb)) => {
                "the stream delivered the record again: turn on `ReportBatchItemFailures`, and set `MaximumRetryAttempts` and an on-failure destination on the event source mapping, which are unlimited and none by default"
            }
            (Self::Redelivery, Some(SourceKind::S3)) => {
                "the bucket sent the notification again, as buckets do now and then: nothing is wrong; keep `ttl` above the function's `MaximumEventAgeInSeconds` (6 hours by default)"
            }
            (Self::Redelivery, _) => {
                "the source delivered the message again: look at the retry policy of its rule or subscription, and keep `ttl` above the longest time that it retries"
            }
            (Self::ClientRetry, Some(_)) => {
                "another message asks for the same: look at whether the producer sends twice, and at its SDK's read timeout and retries"
            }
            (Self::ClientRetry, None) => {
                "the caller sent it again: make its SDK's read timeout longer than the function's duration, or call asynchronously; behind a queue or stream, give the handler the whole record, whose id tells a redelivery"
            }
            (Self::KeyReuse, _) => {
                "the same key came with other contents: have the client use a new key for a new request, or take more of the event into `key`"
            }
            (Self::Concurrent, Some(SourceKind::Sqs)) => {
                "it came while the first was at work: set the queue's visibility timeout to at least 6 times the function's timeout; where an attempt may have died, a short `lease` frees its key sooner"
            }
            // Nobody waits for these with a read timeout.
            (Self::Concurrent, Some(_)) => {
                "it came while the first was at work, or had died within its lease: compare the first's duration with the function's `Timeout`; a short `lease` frees its key sooner, and `on_busy` waits for the result"
            }
            (Self::Concurrent, None) => {
                "it came while the first was at work: make the caller's SDK read timeout longer than the function's duration, or wait with `on_busy`; where an attempt may have died, a short `lease` frees its key sooner"
            }
            (Self::Abandoned, _) => {
                "an earlier execution ended without a word: compare its duration and memory with the function's `Timeout` and `MemorySize`; where its effect must not repeat, set `on_abandoned`"
            }
            (Self::LateArrival, _) => {
                "it came after its result had expired, and ran again: make `ttl` longer than the source delivers again"
            }
        }
    }
}

/// Says when advice is due: at most once a minute per verdict and handler.
#[derive(Debug, Default)]
pub(crate) struct Advisor(Mutex<HashMap<(Box<str>, Verdict), UnixMillis>>);

impl Advisor {
    /// Whether `handler` is to be advised on `verdict` now.
    pub(crate) fn is_due(&self, handler: &str, verdict: Verdict, now: UnixMillis) -> bool {
        let mut advised = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not silence it.
        let is_fresh = |at: UnixMillis| at <= now && now < at.after(PAUSE);
        let place = (Box::from(handler), verdict);
        if advised.get(&place).is_some_and(|at| is_fresh(*at)) {
            return false;
        }
        if advised.len() >= CAPACITY {
            advised.retain(|_, at| is_fresh(*at));
        }
        // A thousand handlers in a minute are none: names that a program makes up.
        if advised.len() < CAPACITY {
            advised.insert(place, now);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    #[test]
    fn advice_is_due_once_a_minute_per_verdict_and_handler() {
        let advisor = Advisor::default();
        assert!(advisor.is_due("charge", Verdict::Redelivery, NOW));
        assert!(!advisor.is_due(
            "charge",
            Verdict::Redelivery,
            NOW.after(PAUSE).before(Duration::from_millis(1))
        ));
        assert!(advisor.is_due("charge", Verdict::Concurrent, NOW));
        assert!(advisor.is_due("refund", Verdict::Redelivery, NOW));
        assert!(advisor.is_due("charge", Verdict::Redelivery, NOW.after(PAUSE)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_it() {
        let advisor = Advisor::default();
        assert!(advisor.is_due("charge", Verdict::Redelivery, NOW));
        assert!(advisor.is_due("charge", Verdict::Redelivery, UnixMillis(0)));
    }

    #[test]
    fn names_without_end_take_no_memory_without_end() {
        let advisor = Advisor::default();
        for number in 0..3 * CAPACITY {
            let now = NOW.after(Duration::from_millis(number as u64));
            assert!(advisor.is_due(&format!("handler-{number}"), Verdict::Redelivery, now));
        }
        assert_eq!(advisor.0.lock().unwrap().len(), CAPACITY);
    }

    #[test]
    fn only_who_has_a_caller_that_waits_is_told_of_read_timeouts() {
        for verdict in Verdict::ALL {
            for source in SourceKind::ALL.map(Some) {
                let advice = verdict.advice(source);
                let is_of_producer = verdict == Verdict::ClientRetry;
                assert_eq!(advice.contains("read timeout"), is_of_producer, "{advice}");
            }
        }
        assert!(Verdict::Concurrent.advice(None).contains("read timeout"));
    }

    #[test]
    fn each_advice_is_one_sentence_that_names_what_to_look_at() {
        let sources = [
            None,
            Some(SourceKind::Sqs),
            Some(SourceKind::Kinesis),
            Some(SourceKind::S3),
        ];
        for verdict in Verdict::ALL {
            for source in sources {
                let advice = verdict.advice(source);
                assert!(!advice.contains(". ") && !advice.ends_with('.'), "{advice}");
                assert!(
                    advice.contains('`') || advice.contains("timeout"),
                    "{advice}"
                );
            }
        }
    }
}
