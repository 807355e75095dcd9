//! What is known to change from one delivery of an event to the next, and the better key.
//!
//! A key with such a part never comes a second time, and a fingerprint with one never fits. Members are known by where
//! they stand in the events of AWS, so that a `requestId` of the user's own is none of them.

use super::path::{Hop, Selector, hops};

/// A part of an event that changes from one delivery to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Volatile {
    /// The member or the header.
    pub name: &'static str,
    /// Whether it is within what the path leads to, and not that itself.
    pub is_within: bool,
    /// The key to have instead, as the attribute has it.
    pub better: String,
}

/// Members of one place in an event.
struct Place {
    /// The way there; `*` is any item of a list. The first name has to be in the path.
    within: &'static [&'static str],
    /// In any case.
    names: &'static [&'static str],
}

/// Members of SQS messages, wherever a path names them: nothing else is called so.
const RECEIPTS: [&str; 3] = [
    "receiptHandle",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
];

/// Members and headers of one HTTP request, wherever a path names them and in any case: nothing else is called so.
const REQUESTS: [&str; 6] = [
    "extendedRequestId",
    "requestTimeEpoch",
    "x-amzn-trace-id",
    "x-amzn-request-id",
    "x-amzn-requestid",
    "x-amz-cf-id",
];

/// Headers that are of one request, and so not of the next attempt.
const HEADERS: [&str; 8] = [
    "x-amzn-trace-id",
    "x-amzn-request-id",
    "x-amzn-requestid",
    "x-amz-cf-id",
    "x-amz-date",
    "traceparent",
    "tracestate",
    "date",
];

const PLACES: [Place; 6] = [
    Place {
        within: &["Records", "*"],
        names: &["receiptHandle"],
    },
    Place {
        within: &["Records", "*", "attributes"],
        names: &["ApproximateReceiveCount"],
    },
    // REST APIs have the first four, HTTP APIs and function URLs the first and the last two.
    Place {
        within: &["requestContext"],
        names: &[
            "requestId",
            "extendedRequestId",
            "requestTime",
            "requestTimeEpoch",
            "time",
            "timeEpoch",
        ],
    },
    // What a Lambda authorizer took, in milliseconds.
    Place {
        within: &["requestContext", "authorizer"],
        names: &["integrationLatency"],
    },
    Place {
        within: &["headers"],
        names: &HEADERS,
    },
    Place {
        within: &["multiValueHeaders"],
        names: &HEADERS,
    },
];

/// The longest start of a path that goes into a better one.
const START: usize = 40;

/// What is volatile at the end of a path, above it or within what it leads to.
///
/// `$`, the event as a whole, is let through, and so is text that is no path.
///
/// # Example: a receipt
///
/// ```
/// # use idem_core as idem_lambda;
/// use idem_lambda::key::volatile;
///
/// let found = volatile::of_path("$.Records[0].receiptHandle").unwrap();
/// assert_eq!(found.name, "receiptHandle");
/// assert_eq!(found.better, "$.Records[0].messageId");
/// assert_eq!(volatile::of_path("$.Records[0].messageId"), None);
/// ```
#[must_use]
pub fn of_path(text: &str) -> Option<Volatile> {
    let hops = hops(text).ok()?;
    receipt(text, &hops)
        .or_else(|| request(&hops))
        .or_else(|| PLACES.iter().find_map(|place| place.volatile(text, &hops)))
}

/// What is volatile about the header of this name, in any case.
#[must_use]
pub fn of_header(name: &str) -> Option<Volatile> {
    let name = HEADERS
        .into_iter()
        .find(|header| header.eq_ignore_ascii_case(name))?;
    Some(of_request(name, false))
}

/// A member of an SQS message that the path names.
fn receipt(text: &str, hops: &[Hop]) -> Option<Volatile> {
    let of = |hop: &Hop| RECEIPTS.into_iter().find(|name| hop.names(name));
    let (mut at, name) = (0..).zip(hops).find_map(|(at, hop)| Some((at, of(hop)?)))?;
    if at > 0 && hops[at - 1].names("attributes") {
        at -= 1;
    }
    let dots = if hops[at].is_deep { ".." } else { "." };
    Some(Volatile {
        name,
        is_within: false,
        better: message(&text[..hops[at].start], dots),
    })
}

/// A member or header of an HTTP request that the path names.
fn request(hops: &[Hop]) -> Option<Volatile> {
    let mut selectors = hops.iter().flat_map(|hop| &hop.selectors);
    selectors.find_map(|selector| match selector {
        Selector::Name(name) => REQUESTS
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))
            .map(|known| of_request(known, false)),
        _ => None,
    })
}

impl Place {
    fn volatile(&self, text: &str, hops: &[Hop]) -> Option<Volatile> {
        let ([first, within @ ..], [hop, rest @ ..]) = (self.within, hops) else {
            return None;
        };
        if !hop.names(first) {
            return None;
        }
        let (name, is_within) = self.meets(within, rest)?;
        if *first != "Records" {
            return Some(of_request(name, is_within));
        }
        let end = rest.get(1).map_or(text.len(), |hop| hop.start);
        let start = match rest {
            [record, ..] if !record.is_deep => &text[..end],
            _ => "$.Records[*]",
        };
        let better = message(start, ".");
        Some(Volatile {
            name,
            is_within,
            better,
        })
    }

    /// Whether one of `hops` and the rest of the place can be the start of the other: the first name that is met, and
    /// whether it is within.
    fn meets(&self, within: &[&str], hops: &[Hop]) -> Option<(&'static str, bool)> {
        let Some((hop, rest)) = hops.split_first() else {
            return Some((self.names[0], true));
        };
        let Some((next, within)) = within.split_first() else {
            let mut names = self.names.iter();
            return names.find_map(|name| hop.selects(name).then_some((*name, false)));
        };
        let here = hop.selects(next).then(|| self.meets(within, rest));
        // A `..` may also leave this one out.
        here.flatten()
            .or_else(|| hop.is_deep.then(|| self.meets(within, hops))?)
    }
}

impl Hop {
    fn names(&self, name: &str) -> bool {
        let is = |selector: &Selector| matches!(selector, Selector::Name(other) if other == name);
        self.selectors.iter().any(is)
    }

    /// Whether it can select this: a member, or an item where it is `*`.
    fn selects(&self, part: &str) -> bool {
        self.selectors.iter().any(|selector| match selector {
            Selector::Name(name) => name.eq_ignore_ascii_case(part),
            Selector::Item => part == "*",
            Selector::Any => true,
        })
    }
}

/// The id of an SQS message stays. `start` is how the path came to the message.
fn message(start: &str, dots: &str) -> String {
    if start.chars().count() > START {
        return "$.Records[*].messageId".to_owned();
    }
    format!("{start}{dots}messageId")
}

/// What a client sends again with the next attempt.
fn of_request(name: &'static str, is_within: bool) -> Volatile {
    Volatile {
        name,
        is_within,
        better: r#"header("Idempotency-Key")"#.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{of_header, of_path};

    fn found(path: &str) -> Option<(&'static str, bool, String)> {
        of_path(path).map(|found| (found.name, found.is_within, found.better))
    }

    #[test]
    fn what_a_receipt_makes_is_found_wherever_it_is_named() {
        for (path, name, better) in [
            (
                "$.Records[0].receiptHandle",
                "receiptHandle",
                "$.Records[0].messageId",
            ),
            (
                "$.Records[*]['receiptHandle']",
                "receiptHandle",
                "$.Records[*].messageId",
            ),
            (
                "$.Records[-1].receiptHandle",
                "receiptHandle",
                "$.Records[-1].messageId",
            ),
            (
                "$.Records[?@.a].receiptHandle",
                "receiptHandle",
                "$.Records[?@.a].messageId",
            ),
            (
                "$['Records'][0] .receiptHandle",
                "receiptHandle",
                "$['Records'][0].messageId",
            ),
            (
                "$.Records[0]['messageId', 'receiptHandle']",
                "receiptHandle",
                "$.Records[0].messageId",
            ),
            (
                "$.Records[0]['receipt\\u0048andle']",
                "receiptHandle",
                "$.Records[0].messageId",
            ),
            ("$..receiptHandle", "receiptHandle", "$..messageId"),
            ("$..['receiptHandle']", "receiptHandle", "$..messageId"),
            ("$.receiptHandle", "receiptHandle", "$.messageId"),
            ("$[0].receiptHandle", "receiptHandle", "$[0].messageId"),
            ("$.receiptHandle.part", "receiptHandle", "$.messageId"),
            (
                "$.attributes.ApproximateReceiveCount",
                "ApproximateReceiveCount",
                "$.messageId",
            ),
            (
                "$..attributes.ApproximateReceiveCount",
                "ApproximateReceiveCount",
                "$..messageId",
            ),
            (
                "$.Records[0].attributes.ApproximateReceiveCount",
                "ApproximateReceiveCount",
                "$.Records[0].messageId",
            ),
            (
                "$.Records[0].attributes['ApproximateFirstReceiveTimestamp']",
                "ApproximateFirstReceiveTimestamp",
                "$.Records[0].messageId",
            ),
            (
                "$.Records[?@.eventSource == 'aws:sqs' && @.body].receiptHandle",
                "receiptHandle",
                "$.Records[*].messageId",
            ),
        ] {
            assert_eq!(
                found(path),
                Some((name, false, better.to_owned())),
                "{path}"
            );
        }
    }

    #[test]
    fn a_whole_that_holds_one_is_found() {
        for (path, name, better) in [
            ("$.Records", "receiptHandle", "$.Records[*].messageId"),
            ("$..Records", "receiptHandle", "$.Records[*].messageId"),
            ("$.Records[0]", "receiptHandle", "$.Records[0].messageId"),
            (
                "$.Records[-1:]",
                "receiptHandle",
                "$.Records[-1:].messageId",
            ),
            (
                "$.Records[0].attributes",
                "ApproximateReceiveCount",
                "$.Records[0].messageId",
            ),
            (
                "$.Records..attributes",
                "ApproximateReceiveCount",
                "$.Records[*].messageId",
            ),
            (
                "$.requestContext",
                "requestId",
                "header(\"Idempotency-Key\")",
            ),
            (
                "$.requestContext.authorizer",
                "integrationLatency",
                "header(\"Idempotency-Key\")",
            ),
            (
                "$.headers",
                "x-amzn-trace-id",
                "header(\"Idempotency-Key\")",
            ),
            (
                "$['body', 'headers']",
                "x-amzn-trace-id",
                "header(\"Idempotency-Key\")",
            ),
            (
                "$.multiValueHeaders",
                "x-amzn-trace-id",
                "header(\"Idempotency-Key\")",
            ),
        ] {
            assert_eq!(found(path), Some((name, true, better.to_owned())), "{path}");
        }
    }

    #[test]
    fn what_is_of_one_request_is_found_where_it_stands() {
        for (path, name) in [
            ("$.requestContext.requestId", "requestId"),
            ("$.requestContext.extendedRequestId", "extendedRequestId"),
            ("$.requestContext.requestTime", "requestTime"),
            ("$.requestContext.requestTimeEpoch", "requestTimeEpoch"),
            ("$.requestContext.time", "time"),
            ("$.requestContext['accountId', 'timeEpoch']", "timeEpoch"),
            ("$.requestContext.*", "requestId"),
            ("$.requestContext..requestId", "requestId"),
            (
                "$.requestContext.authorizer.integrationLatency",
                "integrationLatency",
            ),
            ("$.requestContext.authorizer.*", "integrationLatency"),
            ("$..requestTimeEpoch", "requestTimeEpoch"),
            ("$..extendedRequestId", "extendedRequestId"),
            ("$..['X-Amzn-Trace-Id']", "x-amzn-trace-id"),
            ("$.*['x-amzn-trace-id']", "x-amzn-trace-id"),
            ("$..requestContext.requestId", "requestId"),
            ("$.headers['X-Amzn-Trace-Id']", "x-amzn-trace-id"),
            ("$.headers.date", "date"),
            ("$.headers.*", "x-amzn-trace-id"),
            ("$.multiValueHeaders.Date[0]", "date"),
            ("$..headers['x-amz-cf-id']", "x-amz-cf-id"),
        ] {
            let better = "header(\"Idempotency-Key\")".to_owned();
            assert_eq!(found(path), Some((name, false, better)), "{path}");
        }
        assert_eq!(of_header("X-Amz-Date").unwrap().name, "x-amz-date");
        for name in ["traceparent", "tracestate"] {
            assert_eq!(of_header(name).unwrap().name, name);
        }
        assert_eq!(of_header("idempotency-key"), None);
    }

    #[test]
    fn what_stays_and_what_is_the_users_own_is_let_through() {
        for path in [
            "$",
            "$.*",
            "$..*",
            "$.id",
            "$.time",
            "$.requestId",
            "$..requestId",
            "$.order.requestContext.requestId",
            "$.email.headers.date",
            "$.attributes",
            "$.records[0]",
            "$.body",
            "$.Records[0].body",
            "$.Records[0].messageId",
            "$.Records[*].messageId",
            "$.Records..messageId",
            "$.Records[?@.receiptHandle].messageId",
            "$.Records[0].attributes.SentTimestamp",
            "$.Records[0].attributes['MessageGroupId', 'MessageDeduplicationId']",
            "$.Records[0].Sns.MessageId",
            "$.Records[0].Sns.Timestamp",
            "$.Records[0].kinesis.approximateArrivalTimestamp",
            "$.Records[0].s3.object.sequencer",
            "$.Records[0].eventID",
            "$.requestContext.accountId",
            "$.requestContext.messageId",
            "$.requestContext.authorizer.claims.sub",
            "$.requestContext..sub",
            "$.headers['Idempotency-Key']",
            "$.multiValueHeaders['idempotency-key'][0]",
            "no path",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
