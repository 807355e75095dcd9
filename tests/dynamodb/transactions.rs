//! A handler's own writes, committed with its record.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};
use idem_lambda::clock::ManualClock;
use idem_lambda::policy::{OnError, OnOverrun};
use idem_lambda::store::dynamodb::Cancellation;
use idem_lambda::{Error, Execution, Idempotency, idempotent};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

use crate::faults::drive;
use crate::network::Fate;
use crate::table::Table;
use crate::{HOUR, NOW};

/// Accounts and, beside them, the records.
struct Bank {
    table: Table,
    clock: ManualClock,
    runtime: Idempotency,
}

impl Bank {
    async fn new() -> Self {
        let table = Table::simple().await;
        let clock = ManualClock::at(NOW);
        Self {
            runtime: Idempotency::builder(table.store().build())
                .clock(clock.clone())
                .build(),
            clock,
            table,
        }
    }

    /// Adds to an account, whatever stands there.
    fn add(&self, account: &str, amount: i64) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(self.table.name())
            .key("id", AttributeValue::S(account.to_owned()))
            .update_expression("ADD amount :amount")
            .expression_attribute_values(":amount", AttributeValue::N(amount.to_string()));
        TransactWriteItem::builder()
            .update(update.build().unwrap())
            .build()
    }

    /// Opens an account that must not be there.
    fn open(&self, account: &str) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(self.table.name())
            .item("id", AttributeValue::S(account.to_owned()))
            .item("amount", AttributeValue::N("0".to_owned()))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        TransactWriteItem::builder()
            .put(put.build().unwrap())
            .build()
    }

    async fn amounts(&self) -> HashMap<String, i64> {
        let items = self.table.items().await.into_iter();
        let amounts = items.filter_map(|item| {
            let amount = item.get("amount")?.as_n().unwrap().parse().unwrap();
            Some((item["id"].as_s().unwrap().clone(), amount))
        });
        amounts.collect()
    }

    async fn pay(&self, writes: Vec<TransactWriteItem>) -> Result<u32, Error> {
        self.pay_on(&self.runtime, writes).await
    }

    async fn pay_on(
        &self,
        runtime: &Idempotency,
        writes: Vec<TransactWriteItem>,
    ) -> Result<u32, Error> {
        let call = runtime.call("pay", "order-17").ttl(HOUR);
        let call = call.run_with(async |execution: Execution<TransactWriteItem>| {
            execution.transact(writes)?;
            Ok(17)
        });
        drive(&self.clock, &self.table.network, call).await
    }
}

#[tokio::test]
async fn writes_are_committed_once_with_the_record_in_two_requests() {
    let bank = Bank::new().await;
    for requests in [&["UpdateItem", "TransactWriteItems"][..], &["UpdateItem"]] {
        bank.table.network.requests();
        let writes = vec![bank.add("alice", -5), bank.add("bob", 5)];
        assert_eq!(bank.pay(writes).await.unwrap(), 17);
        assert_eq!(bank.table.network.requests(), requests);
    }
    let expected = [("alice".to_owned(), -5), ("bob".to_owned(), 5)];
    assert_eq!(bank.amounts().await, HashMap::from(expected));
}

/// Through the attribute, which fills the execution in.
#[tokio::test]
async fn an_annotated_handler_commits_what_it_gives_to_transact() {
    #[idempotent(key = "$", ttl = "1h", runtime = bank.runtime, name = "open")]
    async fn open(
        account: &str,
        bank: &Bank,
        #[execution] execution: Execution<TransactWriteItem>,
    ) -> Result<u32, Error> {
        execution.transact([bank.open(account)])?;
        Ok(17)
    }
    let bank = Bank::new().await;
    for _ in 0..2 {
        assert_eq!(open("alice", &bank).await.unwrap(), 17);
    }
    assert_eq!(
        bank.amounts().await,
        HashMap::from([("alice".to_owned(), 0)])
    );
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_an_error_with_its_reason_and_the_key_is_free() {
    let bank = Bank::new().await;
    bank.table
        .put(HashMap::from([
            ("id".to_owned(), AttributeValue::S("alice".to_owned())),
            ("amount".to_owned(), AttributeValue::N("3".to_owned())),
        ]))
        .await;
    let writes = vec![bank.add("bob", 5), bank.open("alice")];
    let error = bank.pay(writes).await.unwrap_err();
    assert!(error.is_canceled(), "{error}");
    let reasons = Cancellation::of(&error).unwrap().reasons();
    let codes: Vec<_> = reasons
        .iter()
        .map(|reason| reason.code().unwrap())
        .collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(reasons[1].item().unwrap()["amount"].as_n().unwrap(), "3");
    let said = format!("{error:?} {}", Cancellation::of(&error).unwrap());
    assert!(!said.contains("alice"), "{said}");
    assert_eq!(
        bank.amounts().await,
        HashMap::from([("alice".to_owned(), 3)])
    );

    bank.pay(vec![bank.add("bob", 5)]).await.unwrap();
    assert_eq!(bank.amounts().await["bob"], 5);
}

#[tokio::test]
async fn a_condition_that_does_not_hold_holds_the_key_where_the_policy_says_so() {
    let bank = Bank::new().await;
    let store = bank.table.store().build();
    let runtime = Idempotency::builder(store)
        .clock(bank.clock.clone())
        .on_error(OnError::Hold)
        .build();
    let check = ConditionCheck::builder()
        .table_name(bank.table.name())
        .key("id", AttributeValue::S("alice".to_owned()))
        .condition_expression("attribute_exists(id)");
    let check = TransactWriteItem::builder().condition_check(check.build().unwrap());
    let error = bank
        .pay_on(&runtime, vec![check.build()])
        .await
        .unwrap_err();
    assert!(error.is_canceled(), "{error}");
    let error = bank.pay_on(&runtime, Vec::new()).await.unwrap_err();
    assert!(error.is_held(), "{error}");
}

/// A transaction that DynamoDB does not take at all: two writes of one item, too many, a table that is not there.
#[tokio::test]
async fn a_transaction_that_is_no_transaction_is_an_error_and_commits_nothing() {
    let bank = Bank::new().await;
    let nowhere = Update::builder()
        .table_name("nowhere")
        .key("id", AttributeValue::S("alice".to_owned()))
        .update_expression("SET amount = :amount")
        .expression_attribute_values(":amount", AttributeValue::N("1".to_owned()));
    let nowhere = TransactWriteItem::builder().update(nowhere.build().unwrap());
    let many = (0..100).map(|account| bank.add(&account.to_string(), 1));
    for (writes, why) in [
        (
            vec![bank.add("alice", 1), bank.open("alice")],
            "no two are of one item",
        ),
        (many.collect(), "at most 99 writes"),
        (vec![nowhere.build()], "does not exist"),
    ] {
        let error = bank.pay(writes).await.unwrap_err();
        assert!(error.is_canceled(), "{error}");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(why), "{source}");
    }
    assert_eq!(bank.amounts().await, HashMap::new());
}

#[tokio::test]
async fn whichever_message_is_lost_the_writes_are_committed_once() {
    for fate in [
        Fate::LoseReply,
        Fate::LoseRequest,
        Fate::Refuse(500, "InternalServerError"),
        Fate::Refuse(400, "TransactionInProgressException"),
    ] {
        for at in 0..4 {
            // The SDK's own re-sends, and the guard's: each operation of the SDK sends three times.
            for times in [1, 4] {
                let bank = Bank::new().await;
                let passing = std::iter::repeat_n(Fate::Pass, at);
                let fates = passing.chain(std::iter::repeat_n(fate, times));
                bank.table.network.plan(fates);
                for _ in 0..2 {
                    let writes = vec![bank.open("bob"), bank.add("alice", 5)];
                    let paid = bank.pay(writes).await;
                    assert_eq!(paid.unwrap(), 17, "{fate:?} at {at}, {times} times");
                }
                bank.table.network.plan([]);
                let expected = [("alice".to_owned(), 5), ("bob".to_owned(), 0)];
                assert_eq!(bank.amounts().await, HashMap::from(expected));
            }
        }
    }
}

#[tokio::test]
async fn a_conflict_with_another_transaction_is_sent_again() {
    let bank = Bank::new().await;
    let conflict = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"}]}"#;
    bank.table
        .network
        .plan([Fate::Pass, Fate::Answer(400, conflict)]);
    assert_eq!(bank.pay(vec![bank.add("alice", 5)]).await.unwrap(), 17);
    assert_eq!(bank.amounts().await["alice"], 5);
}

/// What is sent again without the result that the table refuses is another transaction, which finds the first committed.
#[tokio::test]
async fn a_transaction_that_took_effect_is_recognised_by_one_without_the_result() {
    let bank = Bank::new().await;
    bank.table.network.plan([
        Fate::Pass,
        Fate::Pass,
        Fate::LoseReply,
        Fate::LoseRequest,
        Fate::LoseRequest,
        // The guard's second send begins with the large result.
        Fate::Refuse(400, "AccessDeniedException"),
    ]);
    let call = bank.runtime.call("pay", "order-17").ttl(HOUR);
    let call = call.run_with(async |execution: Execution<TransactWriteItem>| {
        execution.transact([bank.open("alice")])?;
        Ok::<_, Error>("x".repeat(5_000))
    });
    let paid = drive(&bank.clock, &bank.table.network, call).await;
    assert_eq!(paid.unwrap().len(), 5_000);
}

#[tokio::test]
async fn a_large_result_is_committed_with_the_writes() {
    let bank = Bank::new().await;
    for _ in 0..2 {
        let call = bank.runtime.call("pay", "order-17").ttl(HOUR);
        let call = call.run_with(async |execution: Execution<TransactWriteItem>| {
            execution.transact([bank.add("alice", 5)])?;
            Ok::<_, Error>("x".repeat(5_000))
        });
        assert_eq!(call.await.unwrap().len(), 5_000);
    }
    assert_eq!(bank.amounts().await["alice"], 5);
}

/// For each key eight executions start one after another, each past the lease of the one before, and all of them then
/// end at once. What each writes is added up: exactly one of the eight may count.
#[tokio::test(flavor = "multi_thread")]
async fn of_eight_executions_of_each_of_a_thousand_keys_exactly_one_has_its_writes() {
    const KEYS: usize = 1_000;
    const EXECUTIONS: usize = 8;
    let bank = Arc::new(Bank::new().await);
    let runs = Arc::new(AtomicU32::new(0));
    // On clocks that stand still an emulator that is asked too much at once would be waited for in vain.
    let places = Arc::new(Semaphore::new(8));
    let mut keys = JoinSet::new();
    for key in 0..KEYS {
        let (bank, runs) = (Arc::clone(&bank), Arc::clone(&runs));
        let places = Arc::clone(&places);
        keys.spawn(async move {
            let _place = places.acquire().await.unwrap();
            let key = format!("order-{key}");
            let barrier = Arc::new(Barrier::new(EXECUTIONS));
            let mut executions = JoinSet::new();
            for execution in 0..EXECUTIONS {
                // Each on a clock of its own, one hour after the one before.
                let clock = ManualClock::at(NOW.after(HOUR * u32::try_from(execution).unwrap()));
                let runtime = Idempotency::builder(bank.table.store().build())
                    .clock(clock)
                    .on_overrun(OnOverrun::Run)
                    .build();
                let (bank, key, runs) = (Arc::clone(&bank), key.clone(), Arc::clone(&runs));
                let (barrier, (started, starts)) =
                    (Arc::clone(&barrier), tokio::sync::oneshot::channel());
                executions.spawn(async move {
                    let account = key.clone();
                    let call = runtime.call("pay", &key).ttl(HOUR * 24);
                    call.run_with(async move |handle: Execution<TransactWriteItem>| {
                        started.send(()).unwrap();
                        runs.fetch_add(1, Ordering::Relaxed);
                        handle.transact([bank.add(&account, 1)])?;
                        barrier.wait().await;
                        Ok::<_, Error>(execution)
                    })
                    .await
                });
                starts.await.unwrap();
            }
            let mut results = executions.join_all().await.into_iter();
            // The last holds the claim: all of them end with its result, or do not know the outcome yet.
            assert!(results.all(|result| match result {
                Ok(execution) => execution == EXECUTIONS - 1,
                Err(error) => error.is_lease_lost(),
            }));
        });
    }
    keys.join_all().await;
    assert_eq!(runs.load(Ordering::Relaxed) as usize, KEYS * EXECUTIONS);
    let amounts = bank.amounts().await;
    assert_eq!(amounts.len(), KEYS);
    assert!(amounts.values().all(|amount| *amount == 1), "{amounts:?}");
}
