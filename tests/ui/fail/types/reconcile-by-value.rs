use idem_lambda::{Error, Execution, Reconciliation, idempotent};

async fn ask(_: String, _: Execution) -> Result<Reconciliation<usize>, Error> {
    Ok(Reconciliation::Unknown)
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(ask))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
