use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h", on_replay = "mark")]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
