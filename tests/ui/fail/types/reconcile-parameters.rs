use idem_lambda::{Error, Reconciliation, idempotent};

async fn ask(_: &String) -> Result<Reconciliation<usize>, Error> {
    Ok(Reconciliation::Unknown)
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(ask))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
