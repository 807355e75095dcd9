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
struct u64;
struct str;
fn call() {}
fn run() {}
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

fn main() {
    let _ = charge;
}
