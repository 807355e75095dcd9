//! Why a duplicate came: one pure function over what its record says.
//!
//! AWS's own advice is to [look through the logs][aws]: did the duplicates share a request id, did the first return an
//! error or time out? Same id and an error: Lambda retried. No error: the client did. That is too simple in three places.
//! An asynchronous event can come twice although nothing failed ([`Verdict::QueueDuplicate`]). A queue or a stream that
//! delivers again does so under a new request id ([`Verdict::Redelivery`]): the message's own id tells. And an execution
//! that was killed left no error anywhere ([`Verdict::Abandoned`]): the end of its lease tells.
//!
//! [aws]: https://repost.aws/knowledge-center/lambda-function-duplicate-invocations

mod advice;
mod evidence;

use std::fmt;

pub(crate) use self::advice::Advisor;
pub(crate) use self::evidence::{Duplicate, of_granted, of_lost};

/// Why a duplicate came: the verdict on every call whose key was claimed before. See [`verdict`] for the table.
///
/// It prints as one word, as events and metrics have it: `lambda_retry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The Lambda service retried an invocation that had failed or timed out: same request id.
    LambdaRetry,
    /// Lambda delivered an invocation once more whose handler was done: same request id. Its queue of asynchronous events
    /// gives no other guarantee than *at least once*. An invocation that failed after its handler was done looks the same (a
    /// response that is too large, a completion that was not confirmed), and so does one that calls a handler twice.
    QueueDuplicate,
    /// The event source delivered the same message again: new request id.
    Redelivery,
    /// Somebody sent it once more: a client that retries, a producer that sends twice, an operator who replays.
    ClientRetry,
    /// The key is the same, what is asked for is not.
    KeyReuse,
    /// It came while another execution of its key was at work, or had died less than a lease ago.
    Concurrent,
    /// An earlier execution disappeared: a crash, a timeout, a frozen sandbox; and this is no retry of its invocation.
    Abandoned,
    /// It came after the result had expired, and ran once more.
    LateArrival,
}

/// How the record stood when the event came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// It has another fingerprint. Of one that is held or released, nobody looks at that.
    Reused,
    /// It is in progress, and lease and margin are not over.
    Running,
    /// It is in progress, and lease and margin are over.
    Abandoned,
    /// Its last attempt failed: it is released or held, or remembers an error.
    Failed,
    /// It is done, with a result or without, and its ttl is not over.
    Done,
    /// It was done in any way, and its ttl is over.
    Expired,
}

/// What the event has in common with the first or one of the latest attempts of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delivery {
    /// The request id, and the message of the event source where both have one.
    SameRequest,
    /// The message of the event source, under a new request id.
    SameMessage,
    /// Neither.
    New,
    /// The record does not say what brought its attempts: another library wrote it.
    Unknown,
}

/// Why a duplicate came. None where nobody can tell.
///
/// | the record is | same request | same message | new | unknown |
/// |---|---|---|---|---|
/// | of another fingerprint, and neither held nor released | [`KeyReuse`](Verdict::KeyReuse) | the same | the same | the same |
/// | in progress, lease and margin not over | [`Concurrent`](Verdict::Concurrent) | the same | the same | the same |
/// | in progress, lease and margin over | [`LambdaRetry`](Verdict::LambdaRetry) | [`Redelivery`](Verdict::Redelivery) | [`Abandoned`](Verdict::Abandoned) | the same |
/// | released, held, or a remembered error | [`LambdaRetry`](Verdict::LambdaRetry) | [`Redelivery`](Verdict::Redelivery) | [`ClientRetry`](Verdict::ClientRetry) | none |
/// | done, ttl not over | [`QueueDuplicate`](Verdict::QueueDuplicate) | [`Redelivery`](Verdict::Redelivery) | [`ClientRetry`](Verdict::ClientRetry) | none |
/// | done, ttl over | [`LateArrival`](Verdict::LateArrival) | the same | the same | the same |
#[must_use]
pub fn verdict(standing: Standing, delivery: Delivery) -> Option<Verdict> {
    Some(match (standing, delivery) {
        (Standing::Reused, _) => Verdict::KeyReuse,
        (Standing::Running, _) => Verdict::Concurrent,
        (Standing::Expired, _) => Verdict::LateArrival,
        (Standing::Done, Delivery::SameRequest) => Verdict::QueueDuplicate,
        (Standing::Abandoned | Standing::Failed, Delivery::SameRequest) => Verdict::LambdaRetry,
        (_, Delivery::SameMessage) => Verdict::Redelivery,
        (Standing::Abandoned, Delivery::New | Delivery::Unknown) => Verdict::Abandoned,
        (Standing::Failed | Standing::Done, Delivery::New) => Verdict::ClientRetry,
        (Standing::Failed | Standing::Done, Delivery::Unknown) => return None,
    })
}

impl Verdict {
    /// Every one of them.
    pub const ALL: [Self; 8] = [
        Self::LambdaRetry,
        Self::QueueDuplicate,
        Self::Redelivery,
        Self::ClientRetry,
        Self::KeyReuse,
        Self::Concurrent,
        Self::Abandoned,
        Self::LateArrival,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LambdaRetry => "lambda_retry",
            Self::QueueDuplicate => "queue_duplicate",
            Self::Redelivery => "redelivery",
            Self::ClientRetry => "client_retry",
            Self::KeyReuse => "key_reuse",
            Self::Concurrent => "concurrent",
            Self::Abandoned => "abandoned",
            Self::LateArrival => "late_arrival",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row of the table: the same request, the same message, new, unknown.
    fn row(standing: Standing) -> [Option<Verdict>; 4] {
        [
            Delivery::SameRequest,
            Delivery::SameMessage,
            Delivery::New,
            Delivery::Unknown,
        ]
        .map(|delivery| verdict(standing, delivery))
    }

    #[test]
    fn another_fingerprint_is_a_key_that_is_used_again() {
        assert_eq!(row(Standing::Reused), [Some(Verdict::KeyReuse); 4]);
    }

    #[test]
    fn while_the_record_is_in_progress_a_duplicate_is_concurrent() {
        assert_eq!(row(Standing::Running), [Some(Verdict::Concurrent); 4]);
    }

    #[test]
    fn after_an_attempt_that_disappeared_the_delivery_tells_who_retried() {
        assert_eq!(
            row(Standing::Abandoned),
            [
                Some(Verdict::LambdaRetry),
                Some(Verdict::Redelivery),
                Some(Verdict::Abandoned),
                Some(Verdict::Abandoned),
            ]
        );
    }

    #[test]
    fn after_an_attempt_that_failed_the_delivery_tells_who_retried() {
        assert_eq!(
            row(Standing::Failed),
            [
                Some(Verdict::LambdaRetry),
                Some(Verdict::Redelivery),
                Some(Verdict::ClientRetry),
                None,
            ]
        );
    }

    #[test]
    fn after_a_run_that_is_done_the_delivery_tells_who_sent_again() {
        assert_eq!(
            row(Standing::Done),
            [
                Some(Verdict::QueueDuplicate),
                Some(Verdict::Redelivery),
                Some(Verdict::ClientRetry),
                None,
            ]
        );
    }

    #[test]
    fn after_the_ttl_a_duplicate_is_late() {
        assert_eq!(row(Standing::Expired), [Some(Verdict::LateArrival); 4]);
    }

    #[test]
    fn every_verdict_has_a_word_of_its_own() {
        let words = Verdict::ALL.map(Verdict::as_str);
        let distinct = std::collections::BTreeSet::from(words);
        assert_eq!(distinct.len(), words.len());
    }
}
