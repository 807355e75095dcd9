//! Handlers whose events, results and errors are full of secrets.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::{Ready, poll_fn, ready};
use std::task::Poll;

use idem_lambda::{Error, Execution, Reconciliation, idempotent};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::witness::{NUMBER, Witness, secret};

/// An event as API Gateway sends it, with a secret wherever one can be.
pub(crate) fn event() -> Value {
    json!({
        "headers": {
            "Idempotency-Key": secret("key"),
            "Authorization": secret("header"),
        },
        "queryStringParameters": { secret("name-of-a-member"): secret("query") },
        "requestContext": { "authorizer": { "principalId": secret("principal") } },
        "body": body(&secret("part-of-the-key"), &secret("card")),
    })
}

pub(crate) fn body(order_id: &str, card: &str) -> String {
    let order =
        json!({ "orderId": order_id, "card": card, "number": NUMBER, "mail": secret("mail") });
    order.to_string()
}

/// A delivery of this event under this request id.
pub(crate) fn deliver<T>(payload: T, request_id: &str) -> LambdaEvent<T> {
    let mut context = Context::default();
    request_id.clone_into(&mut context.request_id);
    context.tenant_id = Some(secret("tenant"));
    LambdaEvent::new(payload, context)
}

/// How a run of a handler ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Return,
    Fail,
    Panic,
}

/// What a handler works with.
pub(crate) struct Desk {
    pub(crate) witness: Witness,
    pub(crate) end: Cell<End>,
    /// Whether the handler need not wait.
    pub(crate) is_open: Cell<bool>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    card: String,
    number: u64,
}

impl Receipt {
    pub(crate) fn new() -> Self {
        Self {
            card: secret("result"),
            number: NUMBER,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Failure {
    Declined(String),
    #[serde(skip)]
    Guard(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Guard(error)
    }
}

async fn serve(desk: &Desk, execution: &Execution) -> Result<Receipt, Failure> {
    desk.witness.note("execution", format!("{execution:?}"));
    poll_fn(|_| {
        if desk.is_open.get() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    match desk.end.get() {
        End::Return => Ok(Receipt::new()),
        End::Fail => Err(Failure::Declined(secret("error"))),
        End::Panic => panic!("{}", secret("panic")),
    }
}

/// Declares a handler for each set of policies, with the same key and fingerprint.
macro_rules! handlers {
    ($($handler:ident($($policies:tt)*);)*) => {
        $(#[idempotent(
            key = (header("idempotency-key"), json("$.body", "$.orderId")),
            fingerprint = (
                "$.requestContext.authorizer.principalId",
                json("$.body", "$.card"),
                json("$.body", "$.number")
            ),
            ttl = "1h",
            $($policies)*
        )]
        pub(crate) async fn $handler(
            event: LambdaEvent<Value>,
            desk: &Desk,
            #[execution] execution: Execution,
        ) -> Result<Receipt, Failure> {
            drop(event);
            serve(desk, &execution).await
        })*
    };
}

handlers! {
    charge();
    remember(on_error = remember);
    hold(on_error = hold, on_abandoned = hold);
    reconcile(on_abandoned = reconcile(completed));
    ask_in_vain(on_abandoned = reconcile(unknown));
    wait(on_busy = wait("20s"));
    run_on(on_overrun = run);
    run_without_key(on_missing_key = run);
    run_without_store(on_store_failure = run);
}

type Answer = Ready<Result<Reconciliation<Receipt>, Failure>>;

fn completed(_: &LambdaEvent<Value>, _: &Execution) -> Answer {
    ready(Ok(Reconciliation::Completed(Receipt::new())))
}

fn unknown(_: &LambdaEvent<Value>, _: &Execution) -> Answer {
    ready(Ok(Reconciliation::Unknown))
}

#[idempotent(key = json(base64("$.body"), "$.orderId"), ttl = "1h")]
pub(crate) async fn decode(event: LambdaEvent<Value>) -> Result<Receipt, Failure> {
    unreachable!("{event:?} has no key")
}

#[idempotent(key = "$.items[*].id", ttl = "1h")]
pub(crate) async fn select(event: LambdaEvent<Value>) -> Result<Receipt, Failure> {
    unreachable!("{event:?} has no key")
}

#[idempotent(key = "$", ttl = "1h")]
pub(crate) async fn serialize<T: Serialize>(event: LambdaEvent<T>) -> Result<Receipt, Failure> {
    unreachable!("the event of {} has no key", event.context.request_id)
}

#[idempotent(key = json("$.body", "$.orderId"), ttl = "1h")]
pub(crate) async fn fulfil(
    message: LambdaEvent<Value>,
    desk: &Desk,
    #[execution] execution: Execution,
) -> Result<Receipt, Failure> {
    drop(message);
    serve(desk, &execution).await
}

/// The version before [`typed`], whose result that one cannot read.
#[idempotent(key = json("$.body", "$.orderId"), ttl = "1h", name = "typed")]
pub(crate) async fn typed_before(
    event: LambdaEvent<Value>,
) -> Result<BTreeMap<String, String>, Failure> {
    drop(event);
    Ok(BTreeMap::from([("number".to_owned(), secret("result"))]))
}

#[idempotent(key = json("$.body", "$.orderId"), ttl = "1h", name = "typed")]
pub(crate) async fn typed(event: LambdaEvent<Value>) -> Result<Receipt, Failure> {
    unreachable!("{event:?} was done before")
}
