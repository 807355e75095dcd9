use idem_lambda::{Error, Execution, idempotent};

async fn ask(order: &String, _: &Execution) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(ask))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
