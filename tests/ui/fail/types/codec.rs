use idem_lambda::{Error, idempotent};

static SEALED: u64 = 7;

#[idempotent(key = "$", ttl = "1h", codec = SEALED)]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
