use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
mod orders {}

fn main() {}
