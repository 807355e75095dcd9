use idem_lambda::{Error, Reconciliation, idempotent};

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(async |order, _| Ok(Reconciliation::Completed(order.clone()))))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
