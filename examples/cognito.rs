//! A trigger of a Cognito user pool that mails a user once when an account is confirmed or a password reset.
//!
//! Cognito waits 5 seconds for the trigger and calls it 3 times at most (AWS: "Customizing user pool workflows with Lambda
//! triggers"). The event has no id; pool, user and trigger source name it, and they are the key. They come again whenever the
//! user resets the password, so the result is kept for 10 minutes only, which outlives 3 attempts by far.
//!
//! The first attempt goes on when Cognito calls again. A later one waits for its result, as long as Cognito waits for it: a
//! refusal would be an error that the user sees.
//!
//! A trigger answers with the event, its `response` filled in. That of this trigger has nothing to fill in.
//!
//! `cargo run --example cognito` plays all that. Started by Lambda, the same program is the function.

#![allow(clippy::print_stdout, reason = "it is what the example does")]

#[path = "events/outside.rs"]
mod outside;
#[path = "events/play.rs"]
mod play;

use std::time::Duration;

use aws_lambda_events::cognito::CognitoEventUserPoolsPostConfirmation as Confirmed;
use idem_lambda::{Idempotency, idempotent, store::Memory};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use play::Play;
use serde_json::{Value, json};

#[idempotent(
    key = ("$.userPoolId", "$.userName", "$.triggerSource"),
    ttl = "10m",
    on_busy = wait("5s")
)]
async fn tell_user(event: LambdaEvent<Confirmed>) -> Result<Confirmed, Error> {
    outside::effect("mail").await?;
    Ok(event.payload)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return demo().await;
    }
    tracing_subscriber::fmt().json().init();
    Idempotency::new(Memory::new()).install()?; // one process; a function that scales out needs a store outside
    lambda_runtime::run(service_fn(tell_user)).await
}

async fn demo() -> Result<(), Error> {
    let sign_up: Value = serde_json::from_str(include_str!("../tests/data/cognito.json"))?;
    let mut reset = sign_up.clone();
    reset["triggerSource"] = json!("PostConfirmation_ConfirmForgotPassword");

    let play = Play::start(0);
    let deliver =
        async |what, request_id, event| play.deliver(what, request_id, event, tell_user).await;
    tokio::try_join!(
        deliver("a user signs up; the mail takes long", "r-1", &sign_up),
        deliver("Cognito calls again meanwhile", "r-2", &sign_up),
        deliver("and once more", "r-3", &sign_up),
    )?;
    deliver("the user resets the password", "r-4", &reset).await?;
    play.later(Duration::from_hours(1));
    deliver("and again, an hour later", "r-5", &reset).await?;

    let mails = outside::count("mail");
    println!("5 calls, 3 things that a user did: {mails} mails");
    Ok(())
}
