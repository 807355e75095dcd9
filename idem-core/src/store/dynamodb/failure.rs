//! What the SDK's errors mean for a request.

use std::error::Error as StdError;
use std::fmt;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::store::{Failure, StoreError};

/// What a request needs, for its error messages.
pub(super) struct Request {
    failed: &'static str,
    denied: &'static str,
}

pub(super) const WRITE: Request = Request {
    failed: "failed to write the record",
    denied: "access to the table was denied; allow `dynamodb:UpdateItem` on it",
};
pub(super) const WRITE_RESULT: Request = Request {
    failed: "failed to write a large result",
    denied: "access to the table was denied; allow `dynamodb:PutItem` on it, which large results need",
};
pub(super) const READ_RESULT: Request = Request {
    failed: "failed to read a large result",
    denied: "access to the table was denied; allow `dynamodb:GetItem` on it, which large results need",
};

pub(super) const READ: Request = Request {
    failed: "failed to read the record",
    denied: "access to the table was denied; allow `dynamodb:GetItem` on it, which waiting for another execution needs",
};
pub(super) const LIST: Request = Request {
    failed: "failed to list records",
    denied: "access to the table was denied; allow `dynamodb:Scan` on it, or `dynamodb:Query` where its primary key has a sort key",
};
pub(super) const DELETE: Request = Request {
    failed: "failed to delete the record",
    denied: "access to the table was denied; allow `dynamodb:DeleteItem` on it",
};
pub(super) const WARM_UP: Request = Request {
    failed: "failed to reach the table",
    denied: "access to the table was denied; allow `dynamodb:GetItem` on it, which `warm_up` and large results need",
};
pub(super) const CHECK: Request = Request {
    failed: "failed to look at the table",
    denied: "access to the table was denied; allow `dynamodb:DescribeTable` and `dynamodb:DescribeTimeToLive` on it, which `check` needs",
};
pub(super) const CREATE: Request = Request {
    failed: "failed to create the table",
    denied: "access was denied; allow `dynamodb:CreateTable` and `dynamodb:UpdateTimeToLive`, which `create_table_if_missing` needs",
};
const TRANSACTION: Request = Request {
    failed: "failed to commit the transaction",
    denied: "access was denied; allow `dynamodb:UpdateItem` on the table of the records, and on the tables of the transaction what its writes are",
};

/// What is said of an SDK error: never its `Debug`, which holds requests and replies.
#[derive(Debug)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Cause {}

/// The error of a request that was not carried out, or may not have been.
pub(super) fn of<E, R>(error: &SdkError<E, R>, request: &Request) -> StoreError
where
    E: ProvideErrorMetadata + StdError + 'static,
    R: fmt::Debug + 'static,
{
    if let SdkError::ServiceError(_) = error {
        return of_service(error, request);
    }
    let causes = causes(error);
    if causes.contains("credential") {
        let message = "no AWS credentials were found, or they could not be loaded; give the function a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        // Where they come over a network, they may be there the next time; and nothing says that the result is at fault.
        return StoreError::new(Failure::Transient, message).with_source(Cause(causes));
    }
    let failure = match error {
        SdkError::ConstructionFailure(_) => Failure::Permanent,
        _ => Failure::Transient,
    };
    StoreError::new(failure, request.failed).with_source(Cause(causes))
}

/// There is no table.
pub(super) fn no_table() -> StoreError {
    StoreError::new(
        Failure::Permanent,
        "the table does not exist in this region and account; create it, or set IDEM_TABLE to its name",
    )
}

/// The same of a completion with effects. One that is refused for good has written nothing.
pub(super) fn of_transaction<E, R>(error: &SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + StdError + 'static,
    R: fmt::Debug + 'static,
{
    let error = match error.code() {
        Some("ResourceNotFoundException") => StoreError::new(
            Failure::Permanent,
            "a table of the transaction does not exist in this region and account",
        ),
        Some(code @ "ValidationException") => StoreError::new(
            Failure::Permanent,
            "DynamoDB refused the transaction; compare its writes with the key schemas of their tables, and see that no two are of one item",
        ).with_source(Cause(code.to_owned())),
        _ => of(error, &TRANSACTION),
    };
    match error.failure() {
        Failure::Transient => error,
        _ => error.with_failure(Failure::Canceled),
    }
}

fn of_service<E, R>(error: &SdkError<E, R>, request: &Request) -> StoreError
where
    E: ProvideErrorMetadata,
{
    let code = error.code().unwrap_or("an error without a code");
    let message = error.message().unwrap_or_default();
    let (failure, said) = match code {
        "ResourceNotFoundException" => return no_table(),
        "AccessDeniedException" => (Failure::Permanent, request.denied),
        "ExpiredTokenException" | "ExpiredToken" => (
            Failure::Transient,
            "the AWS credentials have expired; renew them, or give the function a role",
        ),
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "IncompleteSignatureException"
        | "MissingAuthenticationTokenException" => (
            Failure::Permanent,
            "the AWS credentials were refused; check them, the region and this machine's clock",
        ),
        "ValidationException" if is_of_item_size(message) => (
            Failure::TooLarge,
            "the record is larger than a DynamoDB item may be",
        ),
        "ValidationException" => (
            Failure::Permanent,
            "the table refused the request; compare its key schema with the store's settings",
        ),
        "ItemCollectionSizeLimitExceededException" => (Failure::Permanent, request.failed),
        // Throttling, a fault of the service, a conflict with a transaction: it asks to come back.
        _ => (Failure::Transient, request.failed),
    };
    // A validation message may quote a value.
    let cause = match code {
        "ValidationException" => code.to_owned(),
        _ => format!("{code}: {message}"),
    };
    StoreError::new(failure, said).with_source(Cause(cause))
}

/// Whether it says that an item is too large; keys have sizes that they may not exceed, too.
fn is_of_item_size(message: &str) -> bool {
    message.contains("size") && message.contains("exceed") && !message.contains("key")
}

/// The messages of an error that did not come from the service: connections, timeouts, credentials.
fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_is_too_large_is_told_from_a_key_that_is() {
        for (message, is_it) in [
            ("Item size has exceeded the maximum allowed size", true),
            (
                "Item size to update has exceeded the maximum allowed size",
                true,
            ),
            (
                "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of 2048 bytes",
                false,
            ),
            (
                "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
                false,
            ),
            ("The provided key element does not match the schema", false),
        ] {
            assert_eq!(is_of_item_size(message), is_it, "{message}");
        }
    }
}
