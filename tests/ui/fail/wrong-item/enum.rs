use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
enum Order {}

fn main() {}
