use idem_lambda::{Error, Execution, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(
    order: String,
    #[execution(transact)] execution: &Execution,
) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
