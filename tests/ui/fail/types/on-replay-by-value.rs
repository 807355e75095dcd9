use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_replay = |length: usize| length + 1)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
