use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile())]
async fn refund(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile("ask"))]
async fn ship(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", on_abandoned = reconcile(ask, ask))]
async fn close(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
