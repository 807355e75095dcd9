use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
const fn charge(order: u64) -> Result<u64, u64> {
    Ok(order)
}

fn main() {}
