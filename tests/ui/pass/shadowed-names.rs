#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, unused_macros)]

mod core {}
mod std {}
mod idem_lambda {}
struct Result;
struct Option;
struct Some;
struct None;
struct Ok;
struct Err;
struct Site;
struct Value;
struct Path;
struct Expression;
struct OnBusy;
struct Duration;
struct u64;
struct str;
fn call() {}
fn run() {}
fn question() {}
fn drop() {}
macro_rules! concat {
    () => {};
}
macro_rules! module_path {
    () => {};
}
macro_rules! assert {
    () => {};
}

#[::idem_lambda::idempotent(key = ("$.id", json("$.a", "$.b"), |event| event.len()), fingerprint = request_id, ttl = "1h")]
async fn charge(
    event: ::std::string::String,
) -> ::std::result::Result<usize, ::idem_lambda::Error> {
    let (run, call, async_move) = (event.len(), 1, 2);
    ::std::result::Result::Ok(run + call + async_move)
}

#[::idem_lambda::idempotent(
    key = "$",
    ttl = "1h",
    on_busy = wait("5s"),
    on_abandoned = reconcile(async |ask: &::std::string::String, question| {
        let (_, answer) = (ask, question);
        find(answer).await
    })
)]
async fn refund(
    event: ::std::string::String,
) -> ::std::result::Result<usize, ::idem_lambda::Error> {
    ::std::result::Result::Ok(event.len())
}

async fn find(
    _: &::idem_lambda::Execution,
) -> ::std::result::Result<::idem_lambda::Reconciliation<usize>, ::idem_lambda::Error> {
    ::std::result::Result::Ok(::idem_lambda::Reconciliation::Unknown)
}

fn main() {
    let _ = (charge, refund);
}
