use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(|| ask()))]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(|event| ask(event)))]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(async |a, b, c| ask(a, b, c).await))]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
