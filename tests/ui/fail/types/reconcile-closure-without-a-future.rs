use idem_lambda::{Error, Reconciliation, idempotent};

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(|_, _| Ok(Reconciliation::Unknown)))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
