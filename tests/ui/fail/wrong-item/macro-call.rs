use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
thread_local! {}

fn main() {}
