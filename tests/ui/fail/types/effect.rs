use idem_lambda::{Error, Execution, idempotent};

#[idempotent(key = "$", ttl = "1h")]
async fn charge(order: String, #[execution] execution: Execution) -> Result<usize, Error> {
    execution.transact([()])?;
    Ok(order.len())
}

fn main() {}
