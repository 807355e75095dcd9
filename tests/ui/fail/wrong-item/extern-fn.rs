use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
pub extern "C" fn charge(order: u64) -> u64 {
    order
}

fn main() {}
