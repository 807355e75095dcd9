use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
const LIMIT: fn() = main;

fn main() {}
