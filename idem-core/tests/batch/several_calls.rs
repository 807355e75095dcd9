//! Functions that make several guarded calls, one after another or one inside another.

use std::cell::Cell;

use idem_core::policy::OnMissingKey;
use idem_core::{Error, batch};
use lambda_runtime::LambdaEvent;
use serde_json::Value;

use crate::elsewhere::begun;
use crate::shop::{Failed, Shop, event, message};
use crate::support::{TTL, now, poll};
use crate::{reasons, reported};

/// What is told of a record whose function makes these calls while A-1 is at work elsewhere, and how often it was called.
fn told(calls: &impl AsyncFn(&Shop, LambdaEvent<Value>) -> Result<(), Failed>) -> (String, u32) {
    let shop = Shop::new();
    let _other = begun(&shop);
    let times = Cell::new(0);
    // The other is its company, so that they could have met in here.
    let batch = event([message("m-1", "A-1"), message("m-2", "")]);
    let handle = async |record: LambdaEvent<Value>| {
        if record.payload["body"] == "" {
            return Ok(());
        }
        times.set(times.get() + 1);
        calls(&shop, record).await
    };
    let response = now(shop.runtime.scope(batch::run(batch, handle))).unwrap();
    (reasons(response.failures()).concat(), times.get())
}

/// A call of `name` with this body.
async fn call<F>(shop: &Shop, name: &str, body: impl FnOnce() -> F) -> Result<(), Failed>
where
    F: Future<Output = Result<(), Failed>>,
{
    shop.runtime.call(name, "any").ttl(TTL).run(body).await
}

const IN_PROGRESS: &str = "m-1 InProgress { retry_after: 13s, .. }";

#[test]
fn an_execution_that_a_call_inside_another_met_is_told_where_that_fails() {
    let nested = async |shop: &Shop, record| {
        call(shop, "outer", async || shop.charge(record).await.map(drop)).await
    };
    assert_eq!(told(&nested).0, IN_PROGRESS);

    let unguarded = async |shop: &Shop, record| {
        let call = shop.runtime.call("outer", "").ttl(TTL);
        let call = call.on_missing_key(OnMissingKey::Run);
        call.run(async || shop.charge(record).await.map(drop)).await
    };
    assert_eq!(told(&unguarded).0, IN_PROGRESS);
}

#[test]
fn an_execution_that_was_met_is_not_told_where_a_later_call_ends_otherwise() {
    let failed = ("m-1 Failed(..)".to_owned(), 1);
    let then_fails = async |shop: &Shop, record| {
        _ = shop.charge(record).await;
        call(shop, "later", async || Err(Failed::Told)).await
    };
    assert_eq!(told(&then_fails), failed);

    let then_has_no_key = async |shop: &Shop, record| {
        _ = shop.charge(record).await;
        let call = shop.runtime.call("later", "").ttl(TTL);
        call.run(async || Ok::<_, Failed>(())).await
    };
    assert_eq!(told(&then_has_no_key), failed);

    let inside_a_success = async |shop: &Shop, record| {
        let tolerate = async || {
            _ = shop.charge(record).await;
            Ok(())
        };
        call(shop, "outer", tolerate).await?;
        Err(Failed::Told)
    };
    assert_eq!(told(&inside_a_success), failed);

    let inside_an_unguarded_success = async |shop: &Shop, record| {
        let call = shop.runtime.call("outer", "").ttl(TTL);
        let call = call.on_missing_key(OnMissingKey::Run);
        let tolerate = async || {
            _ = shop.charge(record).await;
            Ok::<_, Failed>(())
        };
        call.run(tolerate).await?;
        Err(Failed::Told)
    };
    assert_eq!(told(&inside_an_unguarded_success), failed);
}

#[test]
fn an_execution_that_was_met_and_tolerated_has_a_function_that_fails_called_once_more() {
    let tolerates = async |shop: &Shop, record| {
        _ = shop.charge(record).await;
        Err(Failed::Told)
    };
    assert_eq!(told(&tolerates), (IN_PROGRESS.to_owned(), 2));
}

#[test]
fn duplicates_get_the_result_of_a_call_that_was_not_the_last_of_its_function() {
    let shop = Shop::new();
    for order in ["A-1", "A-2"] {
        shop.close(order);
    }
    let batch = [("m-1", "A-1"), ("m-2", "A-1"), ("m-3", "A-2")];
    let batch = event(batch.map(|(id, order)| message(id, order)));
    let handle = async |record: LambdaEvent<Value>| {
        let id = record.payload["messageId"].clone();
        let run = shop.charge(record).await?;
        for step in ["pack", "ship"] {
            let call = shop.runtime.call(step, &id).ttl(TTL);
            call.run(async || Ok::<_, Failed>(())).await?;
        }
        Ok::<_, Failed>(run)
    };
    let mut handled = Box::pin(shop.runtime.scope(batch::run(batch, handle)));
    assert!(poll(&mut handled).is_pending());
    shop.open("A-1");
    assert!(poll(&mut handled).is_pending());
    assert_eq!(shop.results().len(), 2);
    shop.open("A-2");
    assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
}

#[test]
fn duplicates_of_a_call_inside_another_get_the_result_too() {
    let shop = Shop::new();
    shop.close("A-1");
    let batch = event([message("m-1", "A-1"), message("m-2", "A-1")]);
    let handle = async |record: LambdaEvent<Value>| {
        let id = record.payload["messageId"].clone();
        let call = shop.runtime.call("once per message", &id).ttl(TTL);
        call.run(|| shop.charge(record)).await
    };
    let mut handled = Box::pin(shop.runtime.scope(batch::run(batch, handle)));
    assert!(poll(&mut handled).is_pending());
    shop.open("A-1");
    assert_eq!(reported(&now(handled).unwrap()), [""; 0]);
    assert_eq!(shop.results(), vec![("A-1".to_owned(), 1); 2]);
}

#[test]
fn calls_that_meet_in_turn_come_to_an_end() {
    const KEYS: [u8; 4] = [0, 1, 2, 0];
    let shop = Shop::new();
    let calls = Cell::new(0);
    let batch = event((0..3).map(|number| message(&number.to_string(), "")));
    // Each holds its own key while it asks for the next one's. They wait so that who ends finds another to wake, whose key the
    // third then finds taken again.
    let handle = async |record: LambdaEvent<Value>| {
        let own: usize = record.payload["messageId"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        calls.set(calls.get() + 1);
        let waits = if calls.get() <= 3 { [4, 1, 3][own] } else { 3 };
        let call = |key: usize| shop.runtime.call("any", &KEYS[key]).ttl(TTL);
        let inner = async || {
            for _ in 0..waits {
                tokio::task::yield_now().await;
            }
            call(own + 1).run(async || Ok::<_, Error>(0)).await
        };
        call(own).run(inner).await
    };
    let handled = shop.runtime.scope(batch::run(batch, handle));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    _ = runtime.block_on(handled).unwrap();
    assert!(calls.get() <= 6, "{calls:?}");
}
