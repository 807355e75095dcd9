use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(move |event, execution| ask(event, execution)))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(#[inline] |event, execution| -> Answer { ask(event, execution) }))]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
