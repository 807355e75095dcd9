use idem_lambda::{Error, Execution, Reconciliation, idempotent};

struct Receipt;

async fn ask(_: &String, _: &Execution) -> Result<Reconciliation<Receipt>, Error> {
    Ok(Reconciliation::Completed(Receipt))
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(ask))]
async fn charge(order: String) -> Result<Receipt, Error> {
    drop(order);
    Ok(Receipt)
}

fn main() {}
