use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
async unsafe fn charge(order: u64) -> Result<u64, idem_lambda::Error> {
    Ok(order)
}

fn main() {}
