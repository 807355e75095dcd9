//! What happens where calls of this library and of Powertools for AWS Lambda (Python) meet: one table, and equal ids,
//! which they never have unless a test forces them. Whoever meets the other's record blocks, replays it or refuses.
//!
//! `IDEM_POWERTOOLS` names a Python that has `aws-lambda-powertools` and `boto3`; `scripts/test` makes one.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

#[path = "powertools/late.rs"]
mod late;
#[path = "powertools/meeting.rs"]
mod meeting;
#[allow(dead_code, reason = "the store's own tests use the rest")]
#[path = "dynamodb/network.rs"]
mod network;
#[path = "powertools/ours_first.rs"]
mod ours_first;
#[allow(dead_code, reason = "the store's own tests use the rest")]
#[path = "dynamodb/table.rs"]
mod table;
#[path = "powertools/theirs.rs"]
mod theirs;
#[path = "powertools/theirs_first.rs"]
mod theirs_first;
