#![deny(warnings)]

use idem_lambda::store::dynamodb::TransactWriteItem;
use idem_lambda::{Error, Execution, idempotent};

struct Bank;

impl Bank {
    #[idempotent(key = "$.id", ttl = "1h", name = "bank/move")]
    async fn transfer(
        &self,
        #[execution] execution: Execution<TransactWriteItem>,
        order: serde_json::Value,
        writes: Vec<TransactWriteItem>,
    ) -> Result<u64, Error> {
        execution.transact(writes)?;
        settle(&execution).await;
        Ok(order.to_string().len() as u64)
    }
}

async fn settle(execution: &Execution<TransactWriteItem>) {
    let _ = execution.transact([]);
}

#[idempotent(key = "$", ttl = "1h")]
async fn charge(order: String, #[execution] _: Execution) -> Result<usize, Error> {
    Ok(order.len())
}

fn send(_: impl Send) {}

fn main() {
    send(Bank.transfer(serde_json::Value::Null, Vec::new()));
    send(charge("A-1001".to_owned()));
}
