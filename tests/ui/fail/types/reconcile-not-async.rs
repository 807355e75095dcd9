use idem_lambda::idempotent;

mod gateway {
    use idem_lambda::{Error, Execution, Reconciliation};

    pub(super) fn ask(_: &String, _: &Execution) -> Result<Reconciliation<usize>, Error> {
        Ok(Reconciliation::Unknown)
    }
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(gateway::ask))]
async fn charge(order: String) -> Result<usize, idem_lambda::Error> {
    Ok(order.len())
}

fn main() {}
