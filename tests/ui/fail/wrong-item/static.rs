use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
static LIMIT: u64 = 1;

fn main() {}
