use idem_lambda::{Error, Execution, idempotent};

async fn ask(_: &String, _: &Execution) -> Option<usize> {
    None
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(ask))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
