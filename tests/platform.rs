//! The Runtime API that other tests and the `orders` example run on, with the real runtime behind it.

#[path = "../examples/orders/platform.rs"]
mod platform;

use std::io;
use std::process::Stdio;
use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::{Answer, Invocation, Platform};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::Barrier;

#[tokio::test]
async fn answers_reach_their_invocations_though_both_run_at_once_under_one_request_id() {
    let platform = Platform::start().await.unwrap();
    let mut function = start(&platform).unwrap();

    // Neither goes on before both are inside.
    let (first, second) = tokio::join!(
        platform.invoke(invocation(Some("t-1"), r#"{"meet":true}"#)),
        platform.invoke(invocation(None, r#"{"meet":true,"fail":true}"#)),
    );
    function.kill().await.unwrap();

    let Answer::Response(body) = first else {
        panic!("the first invocation failed");
    };
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["request"], "r-1");
    assert_eq!(told["deadline"], 4_102_444_800_000_u64);
    assert_eq!(told["tenant"], "t-1");
    assert_eq!(told["function"], "orders");
    assert!(matches!(second, Answer::Error(body) if body.contains("told to fail")));
}

#[tokio::test]
async fn a_new_process_serves_what_is_queued_after_the_last_one_was_killed() {
    let platform = Platform::start().await.unwrap();
    let mut function = start(&platform).unwrap();
    let first = platform.invoke(invocation(None, "{}")).await;
    function.kill().await.unwrap();

    let (second, function) = tokio::join!(platform.invoke(invocation(None, "{}")), async {
        start(&platform)
    });
    function.unwrap().kill().await.unwrap();

    assert_eq!(second, first);
}

/// The function's side, in the process that [`start`] starts; among the tests it does nothing.
#[tokio::test]
async fn function() {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return;
    }
    let meeting = Arc::new(Barrier::new(2));
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let meeting = Arc::clone(&meeting);
        async move {
            let LambdaEvent { payload, context } = event;
            if payload["meet"] == true {
                meeting.wait().await;
            }
            if payload["fail"] == true {
                return Err(Error::from("told to fail"));
            }
            Ok(json!({
                "request": context.request_id,
                "deadline": context.deadline,
                "tenant": context.tenant_id,
                "function": context.env_config.function_name,
            }))
        }
    });
    lambda_runtime::run_concurrent(handler).await.unwrap();
}

fn start(platform: &Platform) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["--exact", "function"])
        .envs(platform.environment("orders", 2))
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

fn invocation(tenant_id: Option<&str>, payload: &str) -> Invocation {
    Invocation {
        request_id: "r-1".to_owned(),
        deadline_ms: 4_102_444_800_000,
        tenant_id: tenant_id.map(str::to_owned),
        payload: payload.to_owned(),
    }
}
