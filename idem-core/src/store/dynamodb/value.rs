//! Attribute values, written and read.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::UnixMillis;
use crate::record::{Owner, StoredResult};

pub(super) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn decimal(number: &str) -> AttributeValue {
    AttributeValue::N(number.to_owned())
}

pub(super) fn bytes(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// What was given back, for other libraries: a lease that is over. It keeps its end.
pub(super) fn voided(lease: UnixMillis) -> AttributeValue {
    AttributeValue::N(format!("-{lease}", lease = lease.0))
}

pub(super) fn owner(owner: Owner) -> AttributeValue {
    bytes(&owner.0.to_be_bytes())
}

/// Text as text, so that it can be read in the console and by other libraries.
pub(super) fn of_result(result: &StoredResult) -> AttributeValue {
    match str::from_utf8(result.as_bytes()) {
        Ok(result) => text(result),
        Err(_) => bytes(result.as_bytes()),
    }
}

pub(super) fn into_result(value: AttributeValue) -> Option<StoredResult> {
    match value {
        AttributeValue::S(text) => Some(StoredResult::new(text.into_bytes())),
        AttributeValue::B(bytes) => Some(StoredResult::new(bytes.into_inner())),
        _ => None,
    }
}

/// Whether Powertools for AWS Lambda replays this JSON as the value that it is. Of one that is false to Python it replays
/// `None`, which is right for `null` alone.
pub(super) fn is_read_alike(json: &str) -> bool {
    let json = json.trim();
    let is_empty = |open, close| {
        let inner = json
            .strip_prefix(open)
            .and_then(|json| json.strip_suffix(close));
        inner.is_some_and(|inner: &str| inner.trim().is_empty())
    };
    !(matches!(json, "" | "false" | "\"\"")
        || json.parse::<f64>().is_ok_and(|number| number == 0.0)
        || is_empty('[', ']')
        || is_empty('{', '}'))
}

pub(super) fn as_number(value: &AttributeValue) -> Option<u64> {
    value.as_n().ok()?.parse().ok()
}

/// The end of a lease, [voided](voided) or not.
pub(super) fn as_lease(value: &AttributeValue) -> Option<UnixMillis> {
    let lease = value.as_n().ok()?;
    let end = lease.strip_prefix('-').unwrap_or(lease);
    end.parse().ok().map(UnixMillis)
}

pub(super) fn as_owner(value: &AttributeValue) -> Option<Owner> {
    let bytes = value.as_b().ok()?.as_ref().try_into().ok()?;
    Some(Owner(u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_false_to_python_is_not_read_alike() {
        for json in [
            "", "false", "0", "-0", "0.0", "-0.0", "0e9", "1e-999", "\"\"", "[]", "[ ]", "{}",
            " {\n} ",
        ] {
            assert!(!is_read_alike(json), "{json:?}");
        }
    }

    #[test]
    fn other_values_are_read_alike() {
        for json in [
            "null",
            "true",
            "1",
            "-1",
            "5e-324",
            "\" \"",
            "\"0\"",
            "\"[]\"",
            "[0]",
            "[[]]",
            r#"{"":0}"#,
        ] {
            assert!(is_read_alike(json), "{json:?}");
        }
    }
}
