use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
type Order = u64;

fn main() {}
